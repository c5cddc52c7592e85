using Azimuth.Cli.CommandLine;
using Azimuth.Embeddings;
using Azimuth.Geometry;

namespace Azimuth.Cli.Commands;

/// <summary>A direction by both methods and the words projected on it.</summary>
internal sealed record BiasReport(
    IReadOnlyList<TokenPair> Pairs, IReadOnlyList<string> PairsLeftOut, WordGroup Words, double Strictness, IReadOnlyList<BiasReport.Measured> Directions, double CosineBetweenTheTwoDirections)
{
    /// <summary>One method's direction.</summary>
    internal sealed record Measured(BiasMethod Method, double[] Vector, IReadOnlyList<double> ExplainedVarianceRatio, IReadOnlyList<TokenValue> Projections, double DirectBias, double MeanOfAllRows, double StandardDeviationOfAllRows);

    public static BiasReport Of(Session session, WordIndex index, IReadOnlyList<(string First, string Second)> named, IReadOnlyList<string> words, double strictness)
    {
        WordFormOption.Check(index, named.SelectMany(pair => new[] { pair.First, pair.Second }), "--pairs");
        WordFormOption.Check(index, words, "--words");
        var looked = named.Select(pair => (Pair: pair, Group: WordGroup.Of(index, [pair.First, pair.Second]))).ToList();
        List<(int, int)> pairs = [.. looked.Where(found => found.Group.Tokens.Count == 2).Select(found => (found.Group.Tokens[0].Id, found.Group.Tokens[1].Id))];
        var unusable = looked.Where(found => found.Group.Tokens.Count < 2).Select(found => (Name: $"{found.Pair.First} {found.Pair.Second}", found.Group)).ToList();
        string[] leftOut = [.. unusable.Select(found => found.Name)];
        if (pairs.Count == 0)
            throw new UsageException(FormattableString.Invariant($"--pairs: expected pairs of two different words of the table, found none among {named.Count}, beginning with {leftOut[0]}; see --word-form."));
        if (leftOut.Length > 0)
            session.Warn($"pairs not used: {string.Join("; ", unusable.Select(found => found.Group.LeftOut(found.Name)))}");
        WordGroup group = WordGroup.Of(index, words);
        if (group.Tokens.Count == 0)
            throw new UsageException(FormattableString.Invariant($"--words: expected words of the table, found none among {words.Count}, beginning with {words[0]}; see --word-form."));
        if (group.LeftOut("words") is string sentence)
            session.Warn(sentence);
        BiasDirection[] directions = [.. Enum.GetValues<BiasMethod>().Select(method => BiasDirection.Of(index.Table, pairs, method, session.Workers))];
        return new BiasReport(
            directions[0].Pairs, leftOut, group, strictness,
            [
                .. directions.Select(direction =>
                {
                    var (mean, deviation) = direction.OfAllRows(session.Workers, session.Cancel);
                    return new Measured(direction.Method, direction.Vector, direction.ExplainedVarianceRatio,
                        [.. group.Tokens.Select(token => new TokenValue(token.Id, token.Text, direction.Projection(token.Id)!.Value))], direction.DirectBias(group.Ids, strictness), mean, deviation);
                }),
            ],
            directions[0].Vector.Zip(directions[1].Vector, (a, b) => a * b).Sum());
    }
}

/// <summary>An association test and what became of its words.</summary>
internal sealed record WeatReport(string Name, WordAssociation Result, IReadOnlyList<string> LeftOut)
{
    public static WeatReport Of(Session session, WordIndex index, AssociationLists lists, int samples, int seed)
    {
        (string Name, IReadOnlyList<string> Words)[] named = [("X", lists.X), ("Y", lists.Y), ("A", lists.A), ("B", lists.B)];
        foreach (var list in named)
            WordFormOption.Check(index, list.Words, $"--weat: {list.Name}");
        WordGroup[] groups = Array.ConvertAll(named, list => WordGroup.Of(index, list.Words));
        for (int i = 0; i < groups.Length; i++)
        {
            if (groups[i].Tokens.Count == 0)
                throw new UsageException(FormattableString.Invariant($"--weat: {named[i].Name}: expected words of the table, found none among {named[i].Words.Count}, beginning with {named[i].Words[0]}; see --word-form."));
        }

        WarnOfShared(session, "X and Y", groups[0], groups[1]);
        WarnOfShared(session, "A and B", groups[2], groups[3]);
        session.Progress.Say("counting partitions");
        var result = WordAssociation.Of(index.Table, groups[0].Ids, groups[1].Ids, groups[2].Ids, groups[3].Ids, samples, (ulong)seed, session.Cancel);
        string[] leftOut = [.. groups.Select((group, i) => group.LeftOut(named[i].Name)).OfType<string>()];
        foreach (string sentence in leftOut)
            session.Warn(sentence);
        return new WeatReport(lists.Name, result, leftOut);
    }

    /// <summary>A word in both lists pulls neither way: the two are compared with what they share.</summary>
    private static void WarnOfShared(Session session, string names, WordGroup first, WordGroup second)
    {
        string[] shared = [.. first.Tokens.Intersect(second.Tokens).Select(token => token.Text.TrimStart())];
        if (shared.Length > 0)
            session.Warn($"--weat: {names} both hold {string.Join(", ", shared.Take(8))}{(shared.Length > 8 ? ", …" : "")}; lists that are to be told apart should share no word");
    }
}
