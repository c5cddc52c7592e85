using System.CommandLine;
using System.Globalization;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.WordVectors;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Conversion;
using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Transformers;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth convert</c>: a model or a file of vectors in another format.</summary>
internal static class ConvertCommand
{
    private const string Endings = ".gguf, a folder's name without ending, or for vectors .vec .bin .txt .npy .npz .tsv .jsonl .csv";
    private static readonly Argument<string?> In = Options.Argument("IN", "a model folder (safetensors or PyTorch), a checkpoint, a .gguf file, a known name, or a file of vectors");
    private static readonly Argument<string?> Out = Options.Argument("OUT", $"what to write; its name says the format: {Endings}");
    private static readonly Option<string?> Type = Options.Text("--dtype", "TYPE", "how weights are stored: f32, f16, bf16; for .gguf also q8_0, q4_1, q4_0 (default: as they are, where the format has the type)");
    private static readonly Option<string?> Shards = Options.Text("--max-shard-size", "SIZE", "the most bytes of one safetensors file, as in 5GB or 200MB (default: one file)");

    public static Verb Create() => Verb.Create(
        "convert",
        "Writes a model in another format: a folder as GGUF, a GGUF file as a folder of safetensors, PyTorch's pickled weights as safetensors, with config and tokenizer, in any type; or a file of vectors in another of its formats. What a format cannot say is refused before anything is written.",
        [In, Out, Type, Shards],
        Run,
        new("azimuth convert novels-gpt novels.gguf", "a folder as GGUF, in the types it has"),
        new("azimuth convert SmolLM2-135M-Instruct smollm2 --dtype bf16 --max-shard-size 100MB", "a GGUF file as a folder of shards"),
        new("azimuth convert tests/fixtures/word-vectors/fasttext.bin vectors.npz", "word vectors in NumPy's archive")).WithoutModel("since IN names what is converted");

    private static Task<int> Run(Session session)
    {
        string from = session.Value(In) ?? throw new UsageException("azimuth convert: expected IN and OUT, found neither.");
        string to = session.Value(Out) ?? throw new UsageException($"azimuth convert: expected OUT behind {from}, found none; its name says the format: {Endings}.");
        if (from.Length == 0 || to.Length == 0)
            throw new UsageException($"{(from.Length == 0 ? "IN" : "OUT")}: expected a file or folder, found an empty text.");
        string path = KnownModels.Resolve(from);
        return TableFile.IsTableFile(path) && File.Exists(path) ? ConvertTable(session, path, to) : ConvertModel(session, path, to);
    }

    private static Task<int> ConvertTable(Session session, string path, string to)
    {
        TableFormat format = TableFormats.OfEnding(to)
            ?? throw new UsageException($"OUT: {path} is taken for a file of vectors by its ending; expected a name ending in .vec, .bin, .txt, .npy, .npz, .tsv, .jsonl or .csv, found {to}.");
        if (session.IsGiven(Type) || session.IsGiven(Shards))
            throw new UsageException($"{(session.IsGiven(Type) ? "--dtype" : "--max-shard-size")}: expected a model, found {path}, a file of vectors, which is written as 32-bit floats.");
        session.Outputs.CheckTable(to, "OUT", format);
        OpenedTable opened = session.OpenTable(path);
        var progress = new ShareProgress(session.Progress, "writing " + Path.GetFileName(to));
        TableExport export = TableWriter.Save(to, opened.Input, new TableExportOptions { Format = format }, session.Workers, progress, session.Cancel);
        return Show(session, opened.Name, new ConversionResult(Path.GetFullPath(to), export.Format, export.SizeBytes, [new StoredType("F32", 1)], [.. export.Warnings, .. opened.LostSubwords is string lost ? [lost] : Array.Empty<string>()])
        {
            MetadataPath = export.MetadataPath,
        });
    }

    private static Task<int> ConvertModel(Session session, string path, string to)
    {
        bool isGguf = to.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);
        if (!isGguf && (TableFormats.OfEnding(to) is not null || to.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)))
            throw new UsageException($"OUT: {path} is a model; expected a name ending in .gguf or a folder's name, found {to}. azimuth export writes its token table alone.");
        var options = new ConversionOptions { Type = TypeOf(session.Value(Type), isGguf), MaximumShardBytes = SizeOf(session.Value(Shards)) };
        if (isGguf && options.MaximumShardBytes is not null)
            throw new UsageException("--max-shard-size: expected a folder to write, found a .gguf file, which is written whole.");
        var progress = new ShareProgress(session.Progress, $"writing {Path.GetFileName(Path.TrimEndingDirectorySeparator(to))}");
        if (isGguf)
        {
            session.Outputs.Check(to, "OUT", ".gguf");
            LanguageModel model = session.OpenTable(path).Model!;
            return Show(session, model.Name, ModelConverter.ToGguf(model, options, to, progress, session.Cancel));
        }

        try
        {
            AtomicFolder.Check(to);
        }
        catch (IOException problem)
        {
            throw new UsageException($"OUT: {problem.Message}.");
        }

        session.Progress.Say($"opening {Path.GetFileName(path)}");
        ModelFolder source = ModelFolder.Open(path);
        foreach (string warning in source.Warnings)
            session.Warn(warning);
        return Show(session, source.Name, ModelConverter.ToFolder(source, options, to, session.Workers, progress, session.Cancel));
    }

    private static Task<int> Show(Session session, string name, ConversionResult result)
    {
        foreach (string remark in result.Remarks)
            session.Warn(remark);
        return session.Show(name, new Conventions { StoredType = string.Join(", ", result.Types.Select(stored => stored.Type)) }, result, screen =>
        {
            screen.Heading($"{name} as {(result.Format.EndsWith("folder", StringComparison.Ordinal) ? "a " : "")}{result.Format}");
            List<(string, string)> facts = [("written", $"{result.Path} ({Numbers.Bytes(result.SizeBytes)}{(result.MetadataPath is null ? "" : " with its metadata")})")];
            if (result.MetadataPath is not null)
                facts.Add(("metadata", result.MetadataPath));
            facts.Add(("stored types", string.Join(", ", result.Types.Select(stored => $"{stored.Type} ({Plural.Of(stored.Tensors, "tensor")})"))));
            screen.Facts(facts);
        });
    }

    private static TensorType? TypeOf(string? name, bool isGguf)
    {
        if (name is null)
            return null;
        TensorType[] known = [.. ModelConverter.Types.Where(type => isGguf || type.BlockLength() == 1)];
        int index = Array.FindIndex(known, type => type.ToString().Equals(name, StringComparison.OrdinalIgnoreCase));
        return index >= 0
            ? known[index]
            : throw new UsageException($"--dtype: expected {string.Join(", ", known.SkipLast(1)).ToLowerInvariant()} or {known[^1].ToString().ToLowerInvariant()} for {(isGguf ? "a .gguf file" : "a folder of safetensors")}, found \"{name}\".");
    }

    /// <summary>Decimal units, as the reference library counts them.</summary>
    private static long? SizeOf(string? text)
    {
        if (text is null)
            return null;
        (string Ending, long Bytes)[] units = [("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1000), ("", 1)];
        var (ending, bytes) = units.First(unit => text.EndsWith(unit.Ending, StringComparison.OrdinalIgnoreCase));
        return long.TryParse(text[..^ending.Length], NumberStyles.None, CultureInfo.InvariantCulture, out long count) && count is > 0 and < 1_000_000_000
            ? count * bytes
            : throw new UsageException($"--max-shard-size: expected a number of bytes such as 5GB, 200MB or 100000, found \"{text}\".");
    }
}
