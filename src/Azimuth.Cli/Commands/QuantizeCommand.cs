using System.CommandLine;
using Azimuth.Checkpoints;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Quantization;
using Azimuth.Transformers;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth quantize</c>: what fewer bits do to a model, and the model in fewer bits.</summary>
internal static class QuantizeCommand
{
    private static readonly Option<string?> Type = Options.Text("--type", "TYPE", "q8_0, q4_1, q4_0, bf16, f16, int8 or int4; every one of them when left out, and then nothing is written");
    private static readonly Option<string?> Out = Options.Text("--output", "OUT", "what to write: a .gguf file; a folder for bf16 and f16; a .safetensors file of the tables alone for int8 and int4", "-o");
    private static readonly Option<string> Part = Options.Choice("--part", "which weights: all matrices, or the token tables only", "all", "tables");
    private static readonly Option<string?> TextFile = Options.Text("--text", "FILE", "the text on which next-token distributions are compared (default: a short one of its own)");
    private static readonly Option<int> Window = Options.WholeNumber("--window", "W", "tokens run at a time, or the model's context where that is shorter", 1, int.MaxValue, 512);
    private static readonly Option<int> Sample = Options.WholeNumber("--sample", "N", "rows whose neighbours are compared in a table of more than 4,096 rows", 1, 1_000_000, 1000);
    private static readonly Option<int> Seed = Options.WholeNumber("--seed", "S", "which rows are drawn", 0, int.MaxValue, 1);

    public static Verb Create() => Verb.Create(
        "quantize",
        "Shows what storing a model or a table in fewer bits does: size, errors, directions, neighbours kept, and how far next-token distributions move on a text. With --output it writes the result.",
        [Type, Out, Part, TextFile, Window, Sample, Seed],
        Run,
        new("azimuth quantize -m novels-gpt", "every type side by side"),
        new("azimuth quantize -m novels-gpt --type q8_0 -o novels-q8_0.gguf", "as GGUF, for llama.cpp and others too"),
        new("azimuth quantize -m novels-gpt --type int4 --part tables -o novels-table-int4.safetensors --json", "the table alone, two codes a byte"));

    private static Task<int> Run(Session session)
    {
        string? named = session.Value(Type), path = session.Value(Out);
        QuantizationType[] types = named is null ? [.. QuantizationTypes.All] : [QuantizationTypes.Find(named)
            ?? throw new UsageException($"--type: expected q8_0, q4_1, q4_0, bf16, f16, int8 or int4, found \"{named}\".")];
        if (path is not null && named is null)
            throw new UsageException("--output: expected --type beside it, found none; say how to store the weights.");
        // A .safetensors file holds the tables alone: then they alone are measured.
        bool tablesAlone = session.Value(Part) == "tables" || (!session.IsGiven(Part) && (path?.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) ?? false));
        QuantizedPart part = tablesAlone ? QuantizedPart.Tables : QuantizedPart.All;
        OpenedTable opened = session.OpenTable();
        if (opened.Model is null)
            RefuseWhatNeedsAModel(session, tablesAlone);
        if (path is not null)
            QuantizeOutput.Check(session, opened.Model, types[0], part, path, session.IsGiven(Part));
        TableQuantizationOptions tables = new() { Sample = session.Value(Sample), Seed = (ulong)session.Value(Seed) };
        if (opened.Model is { Config.IsCausal: false } && new Option[] { TextFile, Window }.FirstOrDefault(session.IsGiven) is { } given)
            throw new UsageException($"{given.Name}: {opened.Name} is an encoder, which predicts no next token to compare; leave it out.");
        int[] ids = opened.Model is { Config.IsCausal: true } model ? QuantizeText.Read(model, session.Value(TextFile), "--text") : [];
        List<ModelQuantization> measured = [];
        List<Impossible> impossible = [];
        foreach (QuantizationType type in types)
        {
            try
            {
                ModelQuantizationOptions options = new() { Part = part, Tables = tables, Window = session.Value(Window) };
                ShareProgress progress = new(session.Progress, $"measuring {type.Name()}");
                measured.Add(opened.Model is { } whole
                    ? ModelQuantizer.Measure(whole, type, options, ids, progress, session.Cancel)
                    : OfTable(opened.Input, type, tables, progress, session));
            }
            catch (Exception e) when (types.Length > 1 && e is ArgumentException or CheckpointFormatException { Kind: "OutOfRange" })
            {
                impossible.Add(new Impossible(type, e.Message));
            }
        }

        QuantizeOutput? written = path is null ? null : QuantizeOutput.Write(opened, types[0], part, path, session);
        foreach (string remark in written?.Remarks ?? [])
            session.Warn(remark);
        Conventions conventions = new()
        {
            Angles = "degrees",
            Tied = opened.Tied,
            StoredType = opened.Input.Rows.Type.ToString(),
            NaturalLog = ids.Length > 0 ? true : null,
            Notes = [.. measured.Take(1).Select(m => m.Tables[0].OverlapNote), .. Notes(opened, session.Value(TextFile), ids, measured)],
        };
        var document = new { Part = part, Types = measured, Impossible = impossible, Text = ids.Length == 0 ? null : new { File = session.Value(TextFile), Tokens = ids.Length }, Written = written };
        return session.Show(opened.Name, conventions, document, screen => QuantizeView.Draw(screen, opened.Name, measured, impossible, written, path));
    }

    private static void RefuseWhatNeedsAModel(Session session, bool tablesAlone)
    {
        Option[] given = [.. new Option[] { TextFile, Window }.Where(session.IsGiven)];
        if (given.Length > 0)
            throw new UsageException($"{given[0].Name}: a file of vectors runs no text; leave it out, or name a model.");
        if (session.IsGiven(Part) && !tablesAlone)
            throw new UsageException("--part: a file of vectors is one table; leave it out, or name a model.");
    }

    private static IEnumerable<string> Notes(OpenedTable opened, string? file, int[] ids, List<ModelQuantization> measured)
    {
        if (ids.Length == 0 || measured.Count == 0)
            yield break;
        string source = file is not null ? $"of {file}" : opened.Model!.Tokenizer is null ? "drawn with seed 1" : "of a text of its own";
        yield return FormattableString.Invariant($"{ids.Length} tokens {source}, windows of {measured[0].Divergence!.Window}");
    }

    private static ModelQuantization OfTable(EmbeddingTable table, QuantizationType type, TableQuantizationOptions options, ShareProgress progress, Session session)
    {
        TableQuantization measured = TableQuantization.Of(table, type, options, session.Workers, progress, session.Cancel);
        return new ModelQuantization
        {
            Type = type,
            Part = QuantizedPart.Tables,
            SizeBytesBefore = measured.SizeBytesBefore,
            SizeBytesAfter = measured.SizeBytesAfter,
            Tables = [measured],
            Matrices = null,
            StoredAsF16 = [],
            Divergence = null,
        };
    }
}

/// <summary>A type in which this model cannot be stored.</summary>
internal sealed record Impossible(QuantizationType Type, string Reason);
