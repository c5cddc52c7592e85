namespace Azimuth.Tests.Training.Word2Vec;

/// <summary>The updates of word2vec in double, one target after the other: what the fast ones are compared with.</summary>
internal static class PlainUpdates
{
    /// <summary>Each of the input rows takes the error of their mean; one row alone is skip-gram.</summary>
    /// <param name="input">[words][dimensions]</param>
    /// <param name="output">[words or inner nodes][dimensions]</param>
    /// <param name="contexts">Input rows.</param>
    /// <param name="targets">2·row + label.</param>
    /// <param name="rate">Learning rate.</param>
    public static void Learn(double[][] input, double[][] output, IReadOnlyList<int> contexts, IEnumerable<int> targets, double rate)
    {
        int d = input[0].Length;
        double[] h = [.. Enumerable.Range(0, d).Select(i => contexts.Sum(c => input[c][i]) / contexts.Count)];
        var error = new double[d];
        foreach (int target in targets)
        {
            double[] o = output[target >> 1];
            double product = 0;
            for (int i = 0; i < d; i++)
                product += h[i] * o[i];
            double g = ((target & 1) - 1 / (1 + Math.Exp(-product))) * rate;
            for (int i = 0; i < d; i++)
            {
                error[i] += g * o[i];
                o[i] += g * h[i];
            }
        }

        foreach (int context in contexts)
        {
            for (int i = 0; i < d; i++)
                input[context][i] += error[i];
        }
    }

    /// <summary>Several input rows that predict the same targets, all from the rows as they were before.</summary>
    /// <inheritdoc cref="Learn"/>
    public static void LearnTogether(double[][] input, double[][] output, IReadOnlyList<int> contexts, IReadOnlyList<int> targets, double rate)
    {
        double[][] h = [.. contexts.Select(context => (double[])input[context].Clone())], o = [.. targets.Select(target => (double[])output[target >> 1].Clone())];
        for (int c = 0; c < h.Length; c++)
        {
            for (int t = 0; t < o.Length; t++)
            {
                double g = ((targets[t] & 1) - 1 / (1 + Math.Exp(-h[c].Zip(o[t], (x, y) => x * y).Sum()))) * rate;
                for (int i = 0; i < h[c].Length; i++)
                {
                    input[contexts[c]][i] += g * o[t][i];
                    output[targets[t] >> 1][i] += g * h[c][i];
                }
            }
        }
    }
}
