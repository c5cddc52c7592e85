using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Transformers.Tracing;

/// <summary>
/// What the order of a prompt's tokens does to its last position, with the model's positions and without them
/// (<see cref="LanguageModel.WithoutPositions"/>): the earlier tokens are put in random orders, the last one stays.
/// </summary>
/// <remarks>
/// Without positions the first layer's attention at the last position is a sum over a set: its order cannot matter. Later layers of a causal model still see
/// order, because what an earlier token gathered depends on which tokens stood before it: the mask leaks the order.
/// </remarks>
public static class OrderTest
{
    private const TraceSites Kept = TraceSites.AttentionOut | TraceSites.ResidPost | TraceSites.FinalNorm;

    /// <summary>Runs the prompt and its permutations, with positions and without.</summary>
    /// <param name="model">The model.</param>
    /// <param name="ids">The prompt, the last token of which stays where it is.</param>
    /// <param name="options">How many orders, and which tokens stay.</param>
    /// <param name="progress">The share of runs done.</param>
    /// <param name="cancellation">Checked between the runs.</param>
    /// <exception cref="ArgumentException">Less than two different tokens that can change places, an id outside the table, or more than the context.</exception>
    public static OrderTestResult Run(
        LanguageModel model, ReadOnlySpan<int> ids, OrderTestOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.RequireCausal();
        options ??= new OrderTestOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Permutations, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(options.KeptInFront, nameof(options));
        int[][] orders = Orders(ids, options);
        double runs = 2 * (orders.Length + 1);
        int[] prompt = ids.ToArray();
        OrderEffect with = Measure(model, prompt, orders, done => progress?.Report(done / runs), cancellation);
        OrderEffect without = Measure(model.WithoutPositions(), prompt, orders, done => progress?.Report((done + orders.Length + 1) / runs), cancellation);
        bool allSeen = model.Config.Layers[0].Attention.Window is not { } window || window >= prompt.Length;
        return new OrderTestResult
        {
            Ids = prompt,
            Permutations = orders.Length,
            Seed = options.Seed,
            KeptInFront = options.KeptInFront,
            FirstLayerSeesAll = allSeen,
            WithPositions = with,
            WithoutPositions = without,
            Conventions = new Conventions
            {
                NaturalLog = true,
                FinalNormApplied = model.Config.FinalNorm is not null,
                Notes =
                [
                    FormattableString.Invariant($"{orders.Length} random orders, seed {options.Seed}"),
                    "measured at the last position, whose token stays; the tokens before it change places"
                        + (options.KeptInFront == 0 ? "" : FormattableString.Invariant($", but for the first {options.KeptInFront}")),
                    "change: |shuffled - original| / |original|; of the first layer's attention the largest over the orders, of the residual streams the mean; KL(original | shuffled)",
                    "without positions: position rows, rotation and ALiBi left out, the causal mask kept; a factor on rotary cosines stays",
                ],
            },
        };
    }

    private static OrderEffect Measure(LanguageModel model, int[] prompt, int[][] orders, Action<int> report, CancellationToken cancellation)
    {
        int layers = model.Config.LayerCount;
        Trace original = model.Trace(prompt, Kept, cancellation);
        report(1);
        float[] logits = LastLogits(model, original);
        double total = Softmax.LogSumExp(logits), attention = 0, divergence = 0, same = 0;
        Scored best = TopK.Largest(logits, 1)[0];
        var change = new double[layers];
        for (int i = 0; i < orders.Length; i++)
        {
            Trace shuffled = model.Trace(orders[i], Kept, cancellation);
            attention = Math.Max(attention, Change(original.AttentionOut(0), shuffled.AttentionOut(0)));
            for (int layer = 0; layer < layers; layer++)
                change[layer] += Change(original.Residual(TraceSites.ResidPost, layer), shuffled.Residual(TraceSites.ResidPost, layer)) / orders.Length;
            float[] others = LastLogits(model, shuffled);
            divergence += Predictions.Divergence(logits, others) / orders.Length;
            same += TopK.Largest(others, 1)[0].Index == best.Index ? 1.0 / orders.Length : 0;
            report(i + 2);
        }

        return new OrderEffect
        {
            FirstAttentionChange = attention,
            ResidualChange = change,
            KlNats = divergence,
            SameTopShare = same,
            Top = new TokenProbability(best.Index, Predictions.Text(model.Unembedding, best.Index), Math.Exp(best.Value - total)),
        };
    }

    private static float[] LastLogits(LanguageModel model, Trace trace)
    {
        Matrix final = trace.FinalNorm;
        return model.Parts.Logits(new Matrix(1, final.Columns, final.Row(final.Rows - 1).ToArray())).Values;
    }

    /// <summary>Of the last position; 0 where both are zero.</summary>
    private static double Change(Matrix original, Matrix shuffled)
    {
        int last = original.Rows - 1;
        double distance = Vectors.Distance(original.Row(last), shuffled.Row(last));
        return distance == 0 ? 0 : distance / Vectors.Norm(original.Row(last));
    }

    /// <summary>Random orders, none of them the prompt's own sequence of ids.</summary>
    private static int[][] Orders(ReadOnlySpan<int> ids, OrderTestOptions options)
    {
        int first = options.KeptInFront, movable = ids.Length - 1 - first;
        bool differ = false;
        for (int i = first + 1; i < ids.Length - 1; i++)
            differ |= ids[i] != ids[first];
        if (movable < 2 || !differ)
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"two different tokens before the last one are needed to change places, found {Math.Max(0, movable)} tokens that may move{(movable < 2 ? "" : ", all the same")}"), nameof(ids));
        }

        var random = new SeededRandom(options.Seed);
        var orders = new int[options.Permutations][];
        for (int n = 0; n < orders.Length; n++)
        {
            do
            {
                orders[n] = ids.ToArray();
                random.Shuffle(orders[n].AsSpan(first, movable), movable);
            }
            while (ids.SequenceEqual(orders[n]));
        }

        return orders;
    }
}

/// <summary>How a prompt is shuffled.</summary>
public sealed record OrderTestOptions
{
    /// <summary>How many random orders, 1 or more.</summary>
    public int Permutations { get; init; } = 8;

    /// <summary>Which random orders.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Tokens in front that stay, such as a begin token.</summary>
    public int KeptInFront { get; init; }
}

/// <summary>What shuffling does, with positions and without.</summary>
public sealed record OrderTestResult
{
    /// <summary>The prompt in its own order.</summary>
    public required IReadOnlyList<int> Ids { get; init; }

    /// <summary>Random orders run.</summary>
    public required int Permutations { get; init; }

    /// <summary>Which.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Tokens in front that stayed.</summary>
    public required int KeptInFront { get; init; }

    /// <summary>False where the first layer's window is shorter than the prompt: then which tokens the last one sees depends on the order, positions or not.</summary>
    public required bool FirstLayerSeesAll { get; init; }

    /// <summary>The model as it is.</summary>
    public required OrderEffect WithPositions { get; init; }

    /// <summary>The model without anything that tells positions apart.</summary>
    public required OrderEffect WithoutPositions { get; init; }

    /// <summary>What the numbers depend on.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public Conventions Conventions { get; init; } = new();
}

/// <summary>What shuffling does to the last position.</summary>
public sealed record OrderEffect
{
    /// <summary>|a′ − a|/|a| of what the first layer's attention adds, the largest over the orders.</summary>
    public required double FirstAttentionChange { get; init; }

    /// <summary>|x′ − x|/|x| of the residual stream after each layer, mean over the orders: [layer].</summary>
    public required IReadOnlyList<double> ResidualChange { get; init; }

    /// <summary>Kullback–Leibler divergence of the next-token distribution after a shuffled prompt from that after the original, mean over the orders.</summary>
    public required double KlNats { get; init; }

    /// <summary>Share of the orders after which the most probable next token is the same.</summary>
    public required double SameTopShare { get; init; }

    /// <summary>The most probable next token after the original prompt.</summary>
    public required TokenProbability Top { get; init; }
}
