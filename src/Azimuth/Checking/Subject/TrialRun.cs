using Azimuth.Numerics;
using Azimuth.Tokenization;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Checking;

/// <summary>A short text's loss, and its loss with every id replaced by another one, the same wherever it stands.</summary>
/// <param name="Name">Which text.</param>
/// <param name="Tokens">How many were run.</param>
/// <param name="LossNats">Mean loss of the text as the tokenizer reads it.</param>
/// <param name="ShuffledLossNats">Mean loss over permutations of the vocabulary.</param>
internal sealed record TextTrial(string Name, int Tokens, double LossNats, double ShuffledLossNats);

/// <summary>What running the model on two short texts shows.</summary>
/// <param name="Texts">English prose and program text.</param>
/// <param name="UniformLossNats">ln of the vocabulary's size: the loss of knowing nothing.</param>
/// <param name="EntropyNats">Mean entropy of the predictions.</param>
/// <param name="LargestActivation">The largest |value| of the residual stream.</param>
/// <param name="LargestActivationLayer">After which layer.</param>
/// <param name="TurnDegrees">Mean angle from a position's embedding to its final residual stream.</param>
internal sealed record TrialRun(
    IReadOnlyList<TextTrial> Texts, double UniformLossNats, double EntropyNats, double LargestActivation, int LargestActivationLayer, double TurnDegrees)
{
    private const int LongestText = 96, Permutations = 2;

    private static readonly (string Name, string Text)[] Samples =
    [
        ("English prose", "It was late in the afternoon when the old man came down to the river. He sat on a stone, took a piece of bread out of his pocket, "
            + "and looked at the water for a long time. \"You have come back,\" said the girl, \"and I thought that you had forgotten us.\" He smiled and shook his head."),
        ("program text", "def total(values):\n    result = 0\n    for value in values:\n        if value > 0:\n            result += value\n    return result\n\nprint(total([1, 2, 3]))\n"),
    ];

    /// <summary>Why the model is not run, or null when it is.</summary>
    public static string? WhyNot(CheckSubject subject)
    {
        if (subject.IsTable)
            return "a table is not run";
        if (subject.Options.Run == TrialRuns.Never)
            return "the model was not to be run";
        if (subject.Weights.Value is not { } weights)
            return "the weights cannot be read";
        if (subject.Read.Value is not { } read)
            return "the configuration cannot be read";
        if (!read.Config.IsCausal)
            return "an encoder predicts no next token";
        if (subject.Tokenizer.Value is null)
            return subject.Tokenizer.Reason("tokenizer");
        long parameters = read.Plan.Sum(t => t.Values);
        return subject.Options.Run == TrialRuns.Auto && parameters > CheckOptions.AutomaticRunParameters
            ? $"{Words.Count(parameters)} parameters are run only on request, from {Words.Count(CheckOptions.AutomaticRunParameters)} on"
            : null;
    }

    public static TrialRun? Of(CheckSubject subject)
    {
        if (WhyNot(subject) is not null)
            return null;
        LanguageModel model = LanguageModel.Load(subject.Path, subject.Workers);
        Tokenizer tokenizer = subject.Tokenizer.Value!;
        int vocab = model.Config.VocabSize;
        int[][] permutations = [.. Enumerable.Range(1, Permutations).Select(seed => Permutation(vocab, (ulong)seed))];
        var sums = new Sums();
        var texts = new List<TextTrial>();
        foreach ((string name, string text) in Samples)
        {
            subject.Say("running " + name, (double)texts.Count / Samples.Length);
            int[] ids = [.. tokenizer.EncodeIds(text).Where(id => id < vocab).Take(Math.Min(LongestText, model.Config.LongestRun))];
            if (ids.Length < 2)
                continue;
            double loss = Own(model, ids, sums, subject.Cancellation);
            double shuffled = permutations.Average(map => Loss(model, Replaced(ids, map, tokenizer.TokensBefore.Count), null, subject.Cancellation));
            texts.Add(new TextTrial(name, ids.Length, loss, shuffled));
        }

        return new TrialRun(
            texts, Math.Log(vocab), sums.Entropy / Math.Max(1, sums.Rows), sums.Largest, sums.LargestLayer, sums.Turn / Math.Max(1, sums.Turned));
    }

    private static int[] Replaced(int[] ids, int[] map, int kept) => [.. ids.Select((id, at) => at < kept ? id : map[id])];

    private static int[] Permutation(int count, ulong seed)
    {
        var random = new SeededRandom(seed);
        int[] map = [.. Enumerable.Range(0, count)];
        for (int i = count - 1; i > 0; i--)
        {
            int j = random.NextInt32(i + 1);
            (map[i], map[j]) = (map[j], map[i]);
        }

        return map;
    }

    private static double Own(LanguageModel model, int[] ids, Sums sums, CancellationToken cancellation)
    {
        Trace trace = model.Trace(ids, TraceSites.Embedding | TraceSites.ResidPost, cancellation);
        for (int layer = 0; layer < trace.LayerCount; layer++)
            sums.AddActivations(trace.Residual(TraceSites.ResidPost, layer), layer);
        Matrix first = trace.Embedding, last = trace.Residual(TraceSites.ResidPost, trace.LayerCount - 1);
        // The first position's stream is a resting place for attention in many models and says nothing of its token.
        for (int position = 1; position < ids.Length; position++)
            sums.AddTurn(Vectors.AngleDegrees(first.Row(position), last.Row(position)));
        return Loss(model, ids, sums, cancellation);
    }

    /// <summary>Mean −ln p of the tokens after the first; a few rows of logits at a time.</summary>
    private static double Loss(LanguageModel model, int[] ids, Sums? sums, CancellationToken cancellation)
    {
        const int RowsAtOnce = 16;
        Matrix finished = model.Trace(ids, TraceSites.FinalNorm, cancellation).FinalNorm;
        int width = finished.Columns;
        double loss = 0;
        for (int from = 0; from < ids.Length - 1; from += RowsAtOnce)
        {
            int count = Math.Min(RowsAtOnce, ids.Length - 1 - from);
            Matrix logits = model.Parts.Logits(new Matrix(count, width, finished.Values[(from * width)..((from + count) * width)]));
            model.RequireFinite(logits.Values);
            for (int i = 0; i < count; i++)
            {
                double total = Softmax.LogSumExp(logits.Row(i));
                loss += total - logits[i, ids[from + i + 1]];
                sums?.AddPrediction(logits.Row(i), total);
            }
        }

        return loss / (ids.Length - 1);
    }

    /// <summary>Running sums over the unshuffled runs.</summary>
    private sealed class Sums
    {
        public double Entropy { get; private set; }

        public int Rows { get; private set; }

        public double Largest { get; private set; }

        public int LargestLayer { get; private set; }

        public double Turn { get; private set; }

        public int Turned { get; private set; }

        public void AddActivations(Matrix rows, int layer)
        {
            foreach (float value in rows.Values)
            {
                if (Math.Abs(value) > Largest)
                    (Largest, LargestLayer) = (Math.Abs(value), layer);
            }
        }

        public void AddTurn(double? degrees)
        {
            if (degrees is not { } angle)
                return;
            Turn += angle;
            Turned++;
        }

        public void AddPrediction(ReadOnlySpan<float> logits, double logSum)
        {
            for (int id = 0; id < logits.Length; id++)
            {
                double log = logits[id] - logSum;
                Entropy -= Math.Exp(log) * log;
            }

            Rows++;
        }
    }
}
