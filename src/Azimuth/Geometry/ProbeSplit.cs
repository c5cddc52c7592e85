using Azimuth.Numerics;

namespace Azimuth.Geometry;

/// <summary>Which examples a probe learns from, which choose its settings, and which judge it. Positions in the list of examples; no two parts share one.</summary>
/// <param name="Train">Learned from.</param>
/// <param name="Validation">Settings are chosen on these; may be empty.</param>
/// <param name="Test">Looked at once.</param>
public sealed record ProbeSplit(IReadOnlyList<int> Train, IReadOnlyList<int> Validation, IReadOnlyList<int> Test)
{
    /// <summary>
    /// Splits each class by itself in the same shares, rounded so that a class of one is in train and a class of two or more in test, too; positions
    /// ascending.
    /// </summary>
    /// <param name="classes">The class of each example; all zero for one group.</param>
    /// <param name="validation">Share of the examples, 0 or more.</param>
    /// <param name="test">Share of the examples, 0 or more; both together below 1.</param>
    /// <param name="seed">Decides who goes where.</param>
    /// <exception cref="ArgumentOutOfRangeException">Shares that leave nothing to learn from.</exception>
    public static ProbeSplit Random(IReadOnlyList<int> classes, double validation, double test, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(classes);
        if (!(validation >= 0 && test >= 0 && validation + test < 1))
            throw new ArgumentOutOfRangeException(nameof(test), validation + test, "shares for validation and test of 0 or more and below 1 together expected");
        var random = new SeededRandom(seed);
        List<int> train = [], valid = [], tests = [];
        foreach (var group in Enumerable.Range(0, classes.Count).GroupBy(i => classes[i]).OrderBy(group => group.Key))
        {
            int[] members = [.. group];
            random.Shuffle(members.AsSpan(), members.Length);
            int testCount = test == 0 ? 0 : Math.Clamp((int)Math.Round(test * members.Length), members.Length > 1 ? 1 : 0, members.Length - 1);
            int validCount = Math.Clamp((int)Math.Round(validation * members.Length), 0, members.Length - 1 - testCount);
            tests.AddRange(members[..testCount]);
            valid.AddRange(members[testCount..(testCount + validCount)]);
            train.AddRange(members[(testCount + validCount)..]);
        }

        return new ProbeSplit([.. train.Order()], [.. valid.Order()], [.. tests.Order()]);
    }

    /// <summary>A random order of 0 … count − 1 (Fisher and Yates), for the shuffled-label control.</summary>
    public static int[] Permutation(int count, ulong seed)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        new SeededRandom(seed).Shuffle(order.AsSpan(), count);
        return order;
    }
}
