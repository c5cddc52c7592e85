using Azimuth.Numerics;
using Azimuth.Tokenization;
using Azimuth.Transformers;

namespace Azimuth.Vocabulary;

/// <summary>How well the model repeats one token when a prompt asks it to.</summary>
/// <param name="Id">The token.</param>
/// <param name="Text">Decoded text, blanks as they are.</param>
/// <param name="Probabilities">Its probability where it should come back, one for each prompt.</param>
/// <param name="MaxProbability">The largest of them.</param>
/// <param name="Repeated">Whether it is the most probable token after at least one prompt.</param>
public sealed record RepetitionResult(int Id, string Text, IReadOnlyList<double> Probabilities, double MaxProbability, bool Repeated);

/// <summary>Suspects and ordinary tokens asked in the same way.</summary>
public sealed record RepetitionReport
{
    /// <summary>The prompts' texts, ⟨token⟩ in the places where the token stands.</summary>
    public required IReadOnlyList<string> Prompts { get; init; }

    /// <summary>A token whose probability stays below this after every prompt counts as one the model cannot repeat.</summary>
    public required double Threshold { get; init; }

    /// <summary>The suspects, in the order given.</summary>
    public required IReadOnlyList<RepetitionResult> Candidates { get; init; }

    /// <summary>The ordinary tokens, in the order given.</summary>
    public required IReadOnlyList<RepetitionResult> Control { get; init; }

    /// <summary>Suspects that the model cannot repeat.</summary>
    public int CandidatesNotRepeated => Candidates.Count(result => result.MaxProbability < Threshold);

    /// <summary>Ordinary tokens that the model cannot repeat.</summary>
    public int ControlNotRepeated => Control.Count(result => result.MaxProbability < Threshold);

    /// <summary>Suspects that come back as the most probable token.</summary>
    public int CandidatesRepeated => Candidates.Count(result => result.Repeated);

    /// <summary>Ordinary tokens that come back as the most probable token.</summary>
    public int ControlRepeated => Control.Count(result => result.Repeated);

    /// <summary>Whether the model repeats most ordinary tokens; where it does not, failing to repeat a suspect proves nothing.</summary>
    public bool IsConclusive => Control.Count > 0 && 2 * ControlRepeated > Control.Count;
}

/// <summary>
/// Asks a model to repeat tokens (Land and Bartolo 2024, §3.3). What it has never been trained on it can neither read nor say. The token's id itself is put into
/// prompts that work for base and instruct models alike, so tokens that no text encodes to can be asked for too.
/// </summary>
public static class RepetitionTest
{
    /// <summary>The probability below which a token counts as not repeated.</summary>
    public const double DefaultThreshold = 0.01;

    private const string Token = "⟨token⟩";

    /// <summary>A part that all tokens share, which is run once, and one in which the token stands.</summary>
    private static readonly (string Shared, string Own)[] Prompts =
    [
        ("This device repeats its input exactly, as shown in these trials.\nInput: «river»\nOutput: «river»\nInput: « seven»\nOutput: « seven»",
            $"\nInput: «{Token}»\nOutput: «{Token}»\nInput: «{Token}»\nOutput: «{Token}»\nInput: «{Token}»\nOutput: «"),
        ("This helpful assistant explains what a word means.\nUser: What does 'window' mean?\nAssistant: 'window' means an opening in a wall.",
            $"\nUser: What does '{Token}' mean?\nAssistant: '"),
        ("Below is the same word, repeated over and over without end:\n", $"{Token}{Token}{Token}{Token}{Token}{Token}{Token}{Token}"),
    ];

    /// <summary>
    /// Runs the prompts for suspects and for ordinary tokens. Prompts that are longer than the model's context are left out.
    /// </summary>
    /// <param name="model">A model with a tokenizer.</param>
    /// <param name="candidates">The suspects' ids.</param>
    /// <param name="control">Ordinary tokens' ids; <see cref="ControlSample"/> chooses some.</param>
    /// <param name="progress">Told the share of the tokens done, 0 to 1.</param>
    /// <param name="cancellation">Checked between runs.</param>
    /// <exception cref="ArgumentException">No tokenizer, a context too short for any prompt, or an id outside the table.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">The logits are not finite.</exception>
    public static RepetitionReport Run(
        LanguageModel model, IReadOnlyList<int> candidates, IReadOnlyList<int> control, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.RequireCausal();
        ArgumentNullException.ThrowIfNull(candidates);
        ArgumentNullException.ThrowIfNull(control);
        Tokenizer tokenizer = model.Tokenizer ?? throw new ArgumentException($"{model.Name} has no tokenizer, so it cannot be asked to repeat tokens");
        Prompt[] prompts = [.. Prompts.Select(prompt => Encode(tokenizer, prompt.Shared, prompt.Own)).Where(prompt => prompt.Length <= model.Config.LongestRun)];
        if (prompts.Length == 0)
            throw new ArgumentException(FormattableString.Invariant($"the context of {model.Name}, {model.Config.LongestRun} tokens, is too short to ask for a repetition"));
        int[] ids = [.. candidates, .. control];
        var probabilities = new double[ids.Length][];
        var best = new bool[ids.Length];
        for (int i = 0; i < ids.Length; i++)
            probabilities[i] = new double[prompts.Length];
        var logits = new float[model.Config.VocabSize];
        for (int p = 0; p < prompts.Length; p++)
        {
            KeyValueCache cache = model.CreateCache(prompts[p].Length);
            for (int i = 0; i < ids.Length; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                Ask(model, prompts[p], ids[i], cache, logits, cancellation);
                probabilities[i][p] = Math.Exp(logits[ids[i]] - Softmax.LogSumExp(logits));
                best[i] |= TopK.Rank(logits, ids[i]) == 1;
                progress?.Report((p + (i + 1.0) / ids.Length) / prompts.Length);
            }
        }

        RepetitionResult[] results =
            [.. ids.Select((id, i) => new RepetitionResult(id, model.TokenEmbedding.Text(id), probabilities[i], probabilities[i].Max(), best[i]))];
        return new RepetitionReport
        {
            Prompts = [.. prompts.Select(prompt => prompt.Text)],
            Threshold = DefaultThreshold,
            Candidates = results[..candidates.Count],
            Control = results[candidates.Count..],
        };
    }

    /// <summary>Ordinary tokens by chance: of class ok and above the threshold of suspicion, ascending ids.</summary>
    /// <param name="report">Who is ordinary.</param>
    /// <param name="count">How many; all when there are fewer.</param>
    /// <param name="seed">The same seed gives the same tokens.</param>
    public static int[] ControlSample(UnderTrainedReport report, int count, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        int[] ordinary = [.. Enumerable.Range(0, report.Rows).Where(id => report.Verdicts[id] == TrainingVerdict.Ordinary && (report.ClassOf.Count == 0 || report.ClassOf[id] == TokenClass.Ok))];
        count = Math.Min(count, ordinary.Length);
        new SeededRandom(seed).Shuffle(ordinary.AsSpan(), count);
        return [.. ordinary.Take(count).Order()];
    }

    private static void Ask(LanguageModel model, Prompt prompt, int id, KeyValueCache cache, float[] logits, CancellationToken cancellation)
    {
        if (cache.Length >= prompt.Shared.Length)
            cache.Truncate(prompt.Shared.Length);
        else
            model.NextLogits(prompt.Shared, cache, logits, cancellation);
        model.NextLogits([.. prompt.Own.Select(own => own ?? id)], cache, logits, cancellation);
        model.RequireFinite(logits);
    }

    private static Prompt Encode(Tokenizer tokenizer, string shared, string own)
    {
        string[] pieces = own.Split(Token);
        var ids = new List<int?>();
        for (int i = 0; i < pieces.Length; i++)
        {
            if (i > 0)
                ids.Add(null);
            ids.AddRange(tokenizer.EncodeIds(pieces[i], addSpecialTokens: false).Select(id => (int?)id));
        }

        return new Prompt(shared + own, tokenizer.EncodePrompt(shared), ids);
    }

    /// <summary>A prompt's ids; null where the token asked for stands.</summary>
    private sealed record Prompt(string Text, int[] Shared, IReadOnlyList<int?> Own)
    {
        public int Length => Shared.Length + Own.Count;
    }
}
