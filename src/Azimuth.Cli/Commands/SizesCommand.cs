using System.CommandLine;
using Azimuth.Checkpoints;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Transformers;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth sizes</c>: exact parameter counts by part, bytes by storage, the cache of a run.</summary>
internal static class SizesCommand
{
    private const int ShownNames = 5;
    private static readonly Argument<string?> File = Options.Argument("FILE", "a model folder, a checkpoint, a config.json alone, or a known name; the model of --model when left out");

    public static Verb Create() => Verb.Create(
        "sizes",
        "Counts a model's parameters exactly, part by part, tied and untied, with the bytes they take in each storage and the cache a run keeps. A config.json is enough; a checkpoint's tensors are compared with it.",
        [File],
        Run,
        new("azimuth sizes", "the bundled model"),
        new("azimuth sizes models/novels-gpt/config.json", "a config alone, before anything is downloaded"),
        new("azimuth sizes novels-gpt --json", "every number, for scripts"));

    private static Task<int> Run(Session session)
    {
        string? named = session.Value(File);
        if (named is not null && session.ModelName is not null)
            throw new UsageException("azimuth sizes: expected FILE or --model, found both.");
        if (named is "")
            throw new UsageException("FILE: expected a folder, a file or a known name, found an empty text.");
        ModelSizes sizes = ModelSizes.Of(KnownModels.Resolve(named ?? session.ModelName));
        Conventions conventions = new()
        {
            Tied = sizes.Tied,
            Notes =
            [
                sizes.Checkpoint is null ? "counted from config.json alone" : "counted from the configuration",
                "int8 is Q8_0: 34 bytes for 32 values of a row; fourBit is Q4_0: 18 bytes; vectors stay F32, rows that are no multiple of 32 stay F16",
            ],
        };
        return session.Show(sizes.Name, conventions, sizes, screen => Draw(screen, sizes));
    }

    private static void Draw(Screen screen, ModelSizes sizes)
    {
        screen.Heading($"{sizes.Name}: {Numbers.Count(sizes.Parameters)} parameters");
        screen.Facts(
            ("architecture", $"{sizes.Architecture}, {Numbers.Count(sizes.Layers)} layers of {Numbers.Count(sizes.ModelDim)}, {Numbers.Count(sizes.VocabSize)} rows"),
            ("tied", $"{Numbers.Count(sizes.ParametersTied)}{(sizes.Tied ? " (this model)" : "")}"),
            ("untied", $"{Numbers.Count(sizes.ParametersUntied)}{(sizes.Tied ? "" : " (this model)")}"),
            ("without tables", Numbers.Count(sizes.ParametersWithoutTables)));
        screen.Heading("By part");
        bool stored = sizes.Checkpoint is not null;
        Column[] columns = [new("part"), new("tensors", Side.Right), new("parameters", Side.Right), new("share", Side.Right), new(stored ? "as stored" : "", Side.Right)];
        screen.Table(columns,
        [
            .. sizes.Parts.Select(Cell[] (part) =>
            [
                Name(part.Part), Numbers.Count(part.Tensors), Numbers.Count(part.Parameters), Numbers.Percent(part.Share), part.StoredBytes is long bytes ? Numbers.Bytes(bytes) : "",
            ]),
        ]);
        screen.Heading("By storage");
        IReadOnlyList<(string, string)> storage =
        [
            ("F32", Numbers.Bytes(sizes.Bytes.F32)), ("F16 or BF16", Numbers.Bytes(sizes.Bytes.F16)), ("int8 (Q8_0)", Numbers.Bytes(sizes.Bytes.Int8)),
            ("4-bit (Q4_0)", Numbers.Bytes(sizes.Bytes.FourBit)),
        ];
        screen.Facts(sizes.Checkpoint is { } file ? [("as stored", $"{Numbers.Bytes(file.Bytes)} in {file.Format}"), .. storage] : storage);
        DrawCache(screen, sizes.Cache);
        if (sizes.Checkpoint is { } checkpoint)
            DrawCheckpoint(screen, checkpoint, sizes.Parameters);
    }

    private static void DrawCache(Screen screen, CacheSize cache)
    {
        if (cache.ValuesPerToken == 0)
            return; // an encoder keeps nothing of a text
        screen.Heading("Keys and values kept in a run");
        string windows = cache.WindowedLayers == 0 ? "" : $" ({Numbers.Count(cache.WindowedLayers)} layers keep only their window)";
        screen.Facts(
            ("per token", $"{Numbers.Count(cache.ValuesPerToken)} values: {Numbers.Bytes(cache.BytesPerTokenF32)} in F32, {Numbers.Bytes(cache.BytesPerTokenF16)} in F16"),
            ("whole context", $"{Numbers.Count(cache.ContextLength)} tokens: {Numbers.Bytes(cache.BytesAtContextF32)} in F32, {Numbers.Bytes(cache.BytesAtContextF16)} in F16{windows}"));
    }

    private static void DrawCheckpoint(Screen screen, StoredSize checkpoint, long parameters)
    {
        screen.Heading("Compared with the checkpoint");
        screen.Line(checkpoint.Agrees
            ? $"The {Numbers.Count(checkpoint.Tensors - checkpoint.Unused.Count)} tensors the configuration asks for are there and have {Numbers.Count(checkpoint.AskedValues)} values, as counted."
            : $"The checkpoint does not agree: {Numbers.Count(checkpoint.AskedValues)} values found of {Numbers.Count(parameters)}. Run azimuth check.");
        foreach ((string what, IReadOnlyList<string> names) in new[] { ("missing", checkpoint.Missing), ("of another shape", checkpoint.Misshapen), ("not asked for", checkpoint.Unused) })
        {
            if (names.Count > 0)
                screen.Line($"{Numbers.Count(names.Count)} {what}: {string.Join(", ", names.Take(ShownNames).Select(n => Tokens.OneLine(n, 60)))}{(names.Count > ShownNames ? ", …" : "")}");
        }
    }

    private static string Name(ModelPart part) => part switch
    {
        ModelPart.TokenTable => "token table",
        ModelPart.Mlp => "MLP",
        ModelPart.Output => "output",
        ModelPart.TokenTypes => "token types",
        _ => part.ToString().ToLowerInvariant(),
    };
}
