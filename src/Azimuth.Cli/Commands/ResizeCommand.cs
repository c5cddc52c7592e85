using System.CommandLine;
using Azimuth.Checkpoints;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Transformers;
using Azimuth.Vocabulary.Resizing;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth resize</c>: a copy of a model with other tokens or another number of rows.</summary>
internal static class ResizeCommand
{
    private static readonly Option<string?> Out = Options.Text("--output", "OUT", "the folder to make; it must not exist yet, or be empty", "-o");
    private static readonly Option<string[]> Add = Several("--add", "TEXT", "a new token, found in texts literally; may be repeated");
    private static readonly Option<string?> AddFile = Options.Text("--add-file", "FILE", "new tokens, one a line of a UTF-8 file; empty lines are passed over");
    private static readonly Option<bool> Special = Options.Flag("--special", "new tokens are markers such as chat roles");
    private static readonly Option<string[]> Remove = Several("--remove", "TOKEN", "a token that goes, as text or id:1867; the ids above it move down; may be repeated");
    private static readonly Option<int?> Rows = Options.WholeNumber("--rows", "N", "rows the tables shall have", 1, 1 << 24);
    private static readonly Option<int?> Pad = Options.WholeNumber("--pad-to-multiple", "N", "fill rows up to a multiple of this", 1, 1 << 20);
    private static readonly Option<string> Init = new("--init")
    {
        Description = "what new rows hold: mean, mean+covariance, subtoken-mean, copy:TOKEN or zero (default mean)",
        HelpName = "HOW",
        DefaultValueFactory = _ => "mean",
    };

    private static readonly Option<int> Seed = Options.WholeNumber("--seed", "S", "seed of mean+covariance", 0, int.MaxValue, 1);

    public static Verb Create() => Verb.Create(
        "resize",
        "Writes a copy of a model with tokens added or removed or its rows filled up. Input table, output table, bias, tokenizer and configuration change together. Before the copy gets its name it is compared with the original: every kept row and every kept logit on several prompts has the same bits.",
        [Out, Add, AddFile, Special, Remove, Rows, Pad, Init, Seed],
        Run,
        new("azimuth resize -m novels-gpt -o novels-chat --add \"<|user|>\" --add \"<|novelist|>\" --special --pad-to-multiple 8", "two chat markers, rows in eights"),
        new("azimuth resize -m novels-gpt -o novels-small --remove \" crying\" --json", "one token less, and where the others went"));

    private static Task<int> Run(Session session)
    {
        string path = session.Value(Out) ?? throw new UsageException("azimuth resize: expected --output OUT, a folder to make, found none.");
        if (path.Length == 0)
            throw new UsageException("--output: expected a folder to make, found an empty text.");
        LanguageModel model = session.OpenModel();
        (RowInitialization how, int copyFrom) = Initialization(session, model);
        ResizeOptions options = new()
        {
            Add = [.. session.Value(Add) ?? [], .. Lines(session.Value(AddFile))],
            Special = session.Value(Special),
            Remove = [.. (session.Value(Remove) ?? []).Select(token => Id(model, token, "--remove"))],
            Rows = session.Value(Rows),
            PadToMultiple = session.Value(Pad),
            Initialization = how,
            CopyFrom = copyFrom,
            Seed = (ulong)session.Value(Seed),
        };
        ShareProgress progress = new(session.Progress, $"resizing {model.Name}");
        ResizeResult result;
        try
        {
            result = Resizer.Run(model, options, path, progress, session.Cancel);
        }
        catch (IOException problem)
        {
            throw new UsageException($"--output: {problem.Message.TrimEnd('.')}.");
        }
        catch (InvalidOperationException problem)
        {
            throw new UsageException(problem.Message.TrimEnd('.') + ".");
        }

        foreach (string name in result.LeftOut)
            session.Warn($"not copied: {name}");
        Conventions conventions = new() { Tied = model.IsTied, StoredType = model.TokenEmbedding.Rows.Type.ToString(), Notes = result.Added.Count + result.PaddingRows == 0 ? [] : [$"new rows: {Describe(how, session)}"] };
        return session.Show(model.Name, conventions, result, screen => Draw(screen, model, result, path));
    }

    private static string Describe(RowInitialization how, Session session) => how switch
    {
        RowInitialization.Mean => "the mean of the tokens' rows",
        RowInitialization.MeanCovariance => FormattableString.Invariant($"drawn from N(mean, 1e-5 covariance), seed {session.Value(Seed)}"),
        RowInitialization.SubtokenMean => "the mean of the rows of what the text was made of",
        RowInitialization.Copy => $"a copy of {session.Value(Init)!["copy:".Length..]}",
        _ => "zeros",
    };

    private static (RowInitialization, int) Initialization(Session session, LanguageModel model) => session.Value(Init) switch
    {
        "mean" => (RowInitialization.Mean, 0),
        "mean+covariance" => (RowInitialization.MeanCovariance, 0),
        "subtoken-mean" => (RowInitialization.SubtokenMean, 0),
        "zero" => (RowInitialization.Zero, 0),
        { } copy when copy.StartsWith("copy:", StringComparison.Ordinal) && copy.Length > "copy:".Length => (RowInitialization.Copy, Id(model, copy["copy:".Length..], "--init copy")),
        var other => throw new UsageException($"--init: expected mean, mean+covariance, subtoken-mean, copy:TOKEN or zero, found \"{other}\"."),
    };

    private static int Id(LanguageModel model, string token, string where) => TokenArgument.Resolve(OpenedTable.Of(model), model.TokenEmbedding, token, where);

    private static IEnumerable<string> Lines(string? file) => file is null ? [] : InputFile.ReadText(file, "--add-file").TrimStart('\uFEFF').Split('\n').Select(line => line.TrimEnd('\r')).Where(line => line.Length > 0);

    private static Option<string[]> Several(string name, string helpName, string description) => new(name) { Description = description, HelpName = helpName, AllowMultipleArgumentsPerToken = false };

    private static void Draw(Screen screen, LanguageModel model, ResizeResult result, string path)
    {
        screen.Heading($"{model.Name}, {Numbers.Count(result.RowsBefore)} rows before, {Numbers.Count(result.RowsAfter)} now");
        List<(string, string)> facts = [("written", path)];
        if (result.Added.Count > 0)
            facts.Add(("added", Few(result.Added)));
        if (result.Removed.Count > 0)
            facts.Add(("removed", Few(result.Removed)));
        if (result.PaddingRows > 0)
            facts.Add(("rows without a token", $"{Numbers.Count(result.PaddingRows)} new"));
        if (result.RowsTakenOver > 0)
            facts.Add(("rows taken over", $"{Numbers.Count(result.RowsTakenOver)} that had no token"));
        if (result.IsRenumbered)
            facts.Add(("old ids", "moved; id-map.json lists where to"));
        facts.Add(("files changed", string.Join(", ", result.ChangedFiles)));
        screen.Facts(facts);
        screen.Heading("Tensors");
        screen.Table([new("tensor"), new("stored as"), new("before", Side.Right), new("now", Side.Right)],
            [.. result.Tensors.Select(Cell[] (tensor) => [tensor.Name, tensor.Type, tensor.Before, tensor.After])]);
        ResizeProof proof = result.Proof;
        screen.Heading("Compared with the original before it got its name");
        screen.Line($"{Numbers.Count((int)proof.RowsCompared)} kept rows have the same bytes.");
        screen.Line($"{Numbers.Count((int)Math.Min(int.MaxValue, proof.LogitsCompared))} logits of kept ids have the same bits, at {Numbers.Count(proof.Positions)} positions of {Numbers.Count(proof.Prompts)} prompts.");
        if (proof.TextsCompared > 0)
            screen.Line($"{Numbers.Count(proof.TextsCompared)} texts are encoded to the same tokens.");
        if (proof.LargestNewProbability is { } probability)
            screen.Line($"A new row's probability was at most {Numbers.Probability(probability)} there.");
    }

    private static string Few(IReadOnlyList<TokenRef> tokens) =>
        string.Join(", ", tokens.Take(6).Select(token => $"{Tokens.Show(token.Text)} ({Numbers.Id(token.Id)})")) + (tokens.Count > 6 ? $" and {Numbers.Count(tokens.Count - 6)} more" : "");
}
