using System.CommandLine;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.WordVectors;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Hub;
using Azimuth.Numerics;
using Azimuth.Transformers;

namespace Azimuth.Cli.CommandLine;

/// <summary>One run of one command: its options, where its output goes, its threads. Belongs to one thread; disposed when the command ends.</summary>
internal sealed class Session : IDisposable
{
    private readonly ParseResult _parsed;
    private readonly CommonOptions _common;
    private readonly TextWriter _output;
    private readonly TextWriter _error;
    private Workers? _workers;

    public Session(ParseResult parsed, CommonOptions common, string command, TextWriter output, TextWriter error, CancellationToken cancel)
    {
        (_parsed, _common, Command, _output, _error, Cancel) = (parsed, common, command, output, error, cancel);
        bool color = !parsed.GetValue(common.NoColor) && !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        Screen = new Screen(output, color);
        Quiet = parsed.GetValue(common.Quiet);
        Progress = new ProgressLine(error, shown: !Quiet && !Console.IsErrorRedirected);
    }

    /// <summary>The command's name as typed: "eval perplexity".</summary>
    public string Command { get; }

    /// <summary>Cancelled by Ctrl-C and SIGTERM.</summary>
    public CancellationToken Cancel { get; }

    /// <summary>Standard output for people.</summary>
    public Screen Screen { get; }

    /// <summary>The line on standard error that says how far the work is.</summary>
    public ProgressLine Progress { get; }

    /// <summary>One JSON document instead of a screen.</summary>
    public bool Json => _parsed.GetValue(_common.Json);

    /// <summary>No progress, no warnings.</summary>
    public bool Quiet { get; }

    /// <summary>All that was asked for stands on the disk: a Ctrl-C that comes later interrupts nothing.</summary>
    public bool IsResultWritten { get; set; }

    /// <summary>The files that the command will write.</summary>
    public OutputFiles Outputs { get; } = new();

    /// <summary>Threads to compute with, made when first asked for.</summary>
    public Workers Workers => _workers ??= new Workers(_parsed.GetValue(_common.Threads) ?? 0);

    /// <summary>What <c>--model</c> says, or null.</summary>
    /// <exception cref="UsageException">It says nothing, as an unset variable of a script does; the bundled model would be an answer about another one.</exception>
    public string? ModelName => _parsed.GetValue(_common.Model) is "" ? throw new UsageException("--model: expected a folder, a file or a known name, found an empty text.") : _parsed.GetValue(_common.Model);

    /// <summary>Opens the model that <c>--model</c> names, or the bundled one.</summary>
    public LanguageModel OpenModel() => OpenModel(KnownModels.Resolve(ModelName));

    private LanguageModel OpenModel(string path)
    {
        if (TableFile.IsTableFile(path) && File.Exists(path))
            throw new UsageException($"--model: azimuth {Command} runs a model, found {path}, a file of vectors; name a model's folder or file.");
        Progress.Say($"opening {HubCache.NameOfSnapshot(path) ?? Path.GetFileName(path)}");
        LanguageModel model = LanguageModel.Load(path, Workers);
        Outputs.Opened(model.Files);
        Cancel.ThrowIfCancellationRequested();
        foreach (string warning in model.Warnings)
            Warn(warning);
        return model;
    }

    /// <summary>The same for commands about next tokens.</summary>
    /// <exception cref="UsageException">The model is an encoder.</exception>
    public LanguageModel OpenDecoder()
    {
        LanguageModel model = OpenModel();
        return model.Config.IsCausal ? model : throw new UsageException(
            $"azimuth {Command}: expected a model that predicts the next token, found {model.Name}, an encoder{(model.Name == model.Config.Architecture ? "" : $" ({model.Config.Architecture})")}. Name a decoder; inspect, sizes, check, neighbors, geometry and the other commands about tables take encoders.");
    }

    /// <summary>Opens the tables of what <c>--model</c> names: a model, or a file of vectors.</summary>
    public OpenedTable OpenTable() => OpenTable(KnownModels.Resolve(ModelName));

    /// <summary>The same for words that the command asks about: fastText's files make vectors from n-grams for those they do not have.</summary>
    public OpenedTable OpenTableFor(params IReadOnlyList<string?> words) => OpenTable(KnownModels.Resolve(ModelName), words);

    /// <summary>Opens the tables of a model or file of vectors that an argument names.</summary>
    public OpenedTable OpenTable(string path, IReadOnlyList<string?>? words = null)
    {
        if (!TableFile.IsTableFile(path))
            return OpenedTable.Of(OpenModel(path));
        Outputs.Opened(TableFormats.OfEnding(path) is { } format && TableWriter.MetadataPath(path, format) is string second ? [path, second] : [path]);
        TableFile file = TableFile.Load(path, Workers, new ShareProgress(Progress, "reading " + Path.GetFileName(path)), Cancel);
        foreach (string warning in file.Warnings)
            Warn($"{Path.GetFileName(path)}: {warning}");
        EmbeddingTable table = file.FastText is { MaxN: > 0 } model && words is not null ? WithUnknown(model, words) : file.Table;
        return new OpenedTable(Path.GetFileName(path), table, table, null)
        {
            LostSubwords = file.FastText is { MaxN: > 0 } ? $"the n-grams of {Path.GetFileName(path)} are not in it, so a word that the table lacks has no vector there" : null,
        };
    }

    private EmbeddingTable WithUnknown(FastTextModel model, IReadOnlyList<string?> words)
    {
        string[] unknown = [.. words.OfType<string>().Where(word => word.Length > 0 && !word.StartsWith("id:", StringComparison.Ordinal) && !model.Contains(word)).Distinct()];
        foreach (string word in unknown)
            Warn($"\"{word}\" is no word of {Path.GetFileName(model.Path)}: its vector is the mean of its {model.SubwordsOf(word).Count} n-grams, in a row behind the table's");
        return model.TableWith(unknown);
    }

    /// <summary>Opens the tokenizer of the model that <c>--model</c> names, or of the bundled one; weights are not looked at.</summary>
    public ModelTokenizer OpenTokenizer() => ModelTokenizer.Open(KnownModels.Resolve(ModelName));

    /// <summary>The token that a required argument names.</summary>
    /// <exception cref="UsageException">It was left out, or is no token of the table.</exception>
    public int Token(OpenedTable opened, EmbeddingTable table, Argument<string?> argument)
    {
        string typed = Value(argument)
            ?? throw new UsageException($"azimuth {Command}: expected a {argument.Name} such as \" next\" or id:1867, found none.");
        return TokenArgument.Resolve(opened, table, typed, argument.Name);
    }

    public T? Value<T>(Option<T> option) => _parsed.GetValue(option);

    /// <summary>A list that was typed; null when the option was left out, for which the parser would give an empty one.</summary>
    public T[]? List<T>(Option<T[]?> option) => IsGiven(option) ? _parsed.GetValue(option) : null;

    public T? Value<T>(Argument<T> argument) => _parsed.GetValue(argument);

    /// <summary>True when the option was typed, false when its default holds.</summary>
    public bool IsGiven(Option option) => _parsed.GetResult(option) is { Implicit: false };

    /// <summary>A remark on standard error that does not stop the work.</summary>
    public void Warn(string sentence)
    {
        if (Quiet)
            return;
        Progress.Clear();
        _error.WriteLine(ErrorText.Of("warning: " + Tokens.OneLine(sentence)));
    }

    /// <summary>A remark on standard error about how the work went, such as its rate.</summary>
    public void Note(string text)
    {
        if (Quiet)
            return;
        Progress.Clear();
        _error.WriteLine(text);
    }

    /// <summary>Standard output as a stream of text, flushed after each piece: for texts that appear as they are made.</summary>
    public void Stream(string text)
    {
        _output.Write(text);
        _output.Flush();
    }

    /// <summary>Ends the command with its result: the JSON document, or the picture on the screen with its line of conventions.</summary>
    /// <param name="model">The model's name, null for commands without one.</param>
    /// <param name="conventions">What the numbers depend on.</param>
    /// <param name="result">A record whose members are the document's keys in camelCase.</param>
    /// <param name="draw">Shows the same on the screen.</param>
    /// <param name="exit">The exit code.</param>
    public Task<int> Show(string? model, Conventions conventions, object result, Action<Screen> draw, int exit = ExitCode.Done)
    {
        Progress.Clear();
        if (Json)
        {
            JsonDocumentWriter.Write(_output, Command, model, conventions, result);
            return Task.FromResult(exit);
        }

        draw(Screen);
        Screen.Conventions(conventions);
        return Task.FromResult(exit);
    }

    public void Dispose()
    {
        Progress.Clear();
        _workers?.Dispose();
    }
}
