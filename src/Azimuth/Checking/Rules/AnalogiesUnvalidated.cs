using Azimuth.Numerics;

namespace Azimuth.Checking.Rules;

/// <summary>
/// One analogy that comes out right proves nothing: how many of all that a short list of pairs makes do, by 3CosAdd (Mikolov et al. 2013) with the three words left out, and how many by
/// taking the word nearest to the third.
/// </summary>
internal static class AnalogiesUnvalidated
{
    private const int FewestPairs = 4;
    private const double Reliable = 0.9;

    private static readonly (string, string)[] Pairs =
    [
        ("man", "woman"), ("king", "queen"), ("father", "mother"), ("son", "daughter"), ("brother", "sister"), ("boy", "girl"), ("he", "she"), ("his", "her"), ("uncle", "aunt"),
        ("husband", "wife"),
    ];

    public static CheckRule Rule { get; } = new("AZ907", "Analogies in this table are not reliable", Severity.Advice, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Input.Value is not { } table)
            return RuleVerdict.CannotRun(subject.Input.Reason("token table"));
        Dictionary<string, int> ids = Ids(subject, table);
        (int A, int B)[] pairs = [.. Pairs.Where(p => ids.ContainsKey(p.Item1) && ids.ContainsKey(p.Item2)).Select(p => (ids[p.Item1], ids[p.Item2]))];
        if (pairs.Length < FewestPairs)
            return RuleVerdict.CannotRun($"fewer than {FewestPairs} pairs of the built-in list have rows of their own");
        var questions = pairs.SelectMany(p => pairs.Where(q => q != p).Select(q => (p.A, p.B, C: q.A, D: q.B))).ToArray();
        int right = Right(subject, table, [.. questions.Select(q => (q.A, q.B, q.C, q.D, Query(table, q.A, q.B, q.C)))]);
        int nearest = Right(subject, table, [.. questions.Select(q => (q.A, q.B, q.C, q.D, Unit(table, q.C)))]);
        double share = (double)right / questions.Length;
        return share >= Reliable ? RuleVerdict.Nothing : Rule.Find(
            $"{Words.Count(right)} of {Words.Count(questions.Length)} analogies from {pairs.Length} pairs of words (man is to woman as king to queen) come out; taking the word nearest to the third gives {Words.Count(nearest)}.",
            "Report an accuracy over many relations beside such a control, never a single example.",
            evidence: [("questions", questions.Length), ("right", right), ("rightByNearest", nearest), ("accuracy", share), ("pairs", pairs.Length)]);
    }

    /// <summary>The words' rows: a word by itself in a file of words, after a blank in a language model.</summary>
    private static Dictionary<string, int> Ids(CheckSubject subject, TableRows table)
    {
        HashSet<string> wanted = [.. Pairs.SelectMany(p => new[] { p.Item1, p.Item2 })];
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int id = 0; id < table.Count; id++)
        {
            string text = subject.Text(id);
            if (text.Length < 12 && (subject.IsTable ? text : text.StartsWith(' ') ? text[1..] : "") is { Length: > 0 } word && wanted.Contains(word) && table.Norms[id] > 0 && double.IsFinite(table.Norms[id]))
                ids.TryAdd(word, id);
        }

        return ids;
    }

    private static int Right(CheckSubject subject, TableRows table, (int A, int B, int C, int D, float[] Query)[] questions)
    {
        float[] scales = [.. table.Norms.Select(n => n > 0 && double.IsFinite(n) ? (float)(1 / n) : float.NaN)];
        Scored[][] best = RowScores.Largest(questions.SelectMany(q => q.Query).ToArray(), questions.Length, table.Matrix, 4, subject.Workers, scales);
        return questions.Zip(best).Count(pair => pair.Second.Select(s => s.Index).First(i => i != pair.First.A && i != pair.First.B && i != pair.First.C) == pair.First.D);
    }

    private static float[] Query(TableRows table, int a, int b, int c)
    {
        float[] from = Unit(table, a), to = Unit(table, b), at = Unit(table, c);
        return [.. to.Select((v, i) => v - from[i] + at[i])];
    }

    private static float[] Unit(TableRows table, int id) => Array.ConvertAll(table.Matrix.Row(id), v => (float)(v / table.Norms[id]));
}
