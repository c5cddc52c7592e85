using System.CommandLine;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Geometry;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth subspace</c>: the directions that a group of tokens spans, and what else lies in them.</summary>
internal static class SubspaceCommand
{
    private const int MostTokens = 1_000;
    private const int MostLeftOut = 60;
    private static readonly Argument<string[]> Words = Options.Arguments("TOKENS", "the group's tokens or words");
    private static readonly Option<string?> List = Options.Text("--file", "FILE", "more of them, one a line");
    private static readonly Option<string?> Versus = Options.Text("--versus", "FILE", "a second group, one a line: the principal angles between the two subspaces");
    private static readonly Option<int?> Components = Options.WholeNumber("--components", "K", "the first K directions only; all that the group spans when left out", 1, MostTokens);
    private static readonly Option<string> Centre = Options.Choice("--centre", "what is subtracted from every row first: nothing, the group's mean (principal components), or the table's mean", "none", "group", "table");
    private static readonly Option<int> Top = Options.WholeNumber("--top", "N", "how many other tokens", 1, 10_000, 10);
    private static readonly Option<string> Form = WordFormOption.Create();
    private static readonly Option<string> Table = TableOption.Create();

    public static Verb Create() => Verb.Create(
        "subspace",
        "Finds an orthonormal basis of the rows of a group of tokens, the share of each row that lies inside, and the other tokens that lie in it most. Measures principal angles to a second group.",
        [Words, List, Versus, Components, Centre, Top, Form, Table],
        RunAsync,
        new("azimuth subspace Monday Tuesday Wednesday Thursday Friday --top 5", "what else is a weekday"),
        new("azimuth subspace red green blue white -m novels-gpt --centre table --components 2", "two directions, less what all tokens share"),
        new("azimuth subspace he him his --versus samples/data/verbs.txt --json", "angles between two groups, for scripts"));

    private static Task<int> RunAsync(Session session)
    {
        List<string> typed = [.. session.Value(Words) ?? []];
        if (session.Value(List) is string file)
            typed.AddRange(WordLists.Words(InputFile.ReadText(file, "--file"), file));
        if (typed.Count == 0)
            throw new UsageException("azimuth subspace: expected TOKENS or --file FILE, found neither.");
        IReadOnlyList<string>? other = session.Value(Versus) is string versus ? WordLists.Words(InputFile.ReadText(versus, "--versus"), versus) : null;
        OpenedTable opened = session.OpenTable();
        EmbeddingTable table = TableOption.Of(opened, session, Table);
        var words = new WordIndex(table, WordFormOption.Of(session, Form));
        SubspaceCentre centre = Enum.Parse<SubspaceCentre>(session.Value(Centre)!, ignoreCase: true);
        session.Progress.Say("finding the subspace");
        WordGroup group = Group(session, words, typed, "TOKENS");
        TokenSubspace subspace = Subspace(session, table, group, centre, "TOKENS");
        if (session.Value(Components) is int most && most > subspace.Dimension)
            session.Warn($"--components: the group spans {Plural.Of(subspace.Dimension, "dimension")} only, all of which are taken; {most} were asked for");
        WordGroup? second = other is null ? null : Group(session, words, other, "--versus");
        double[]? angles = second is null ? null : subspace.PrincipalAnglesDegrees(Subspace(session, table, second, centre, "--versus"), session.Workers);
        bool leaveOut = group.Tokens.Count <= MostLeftOut;
        IReadOnlyList<TokenShare> members = leaveOut ? subspace.Members(session.Workers, session.Cancel)
            : [.. group.Tokens.Select(token => new TokenShare(token.Id, token.Text, subspace.Inside(token.Id) ?? double.NaN, null))];
        IReadOnlyList<TokenShare> nearest = subspace.Nearest(session.Value(Top), session.Workers, session.Cancel);
        string[] notes =
        [
            "share inside = |P x| / |x|, the cosine of the angle to the subspace", Centred(centre), words.Convention,
            .. leaveOut ? Array.Empty<string>() : [$"no left-out shares: the group has more than {MostLeftOut} tokens"],
        ];
        var conventions = new Conventions { Table = table.Name, Tied = opened.Tied, StoredType = table.Rows.Type.ToString(), Angles = angles is null ? null : "degrees", Notes = notes };
        var document = new
        {
            Table = table.Name,
            Centre = centre,
            subspace.Dimension,
            subspace.ExplainedVarianceRatio,
            subspace.ShareByChance,
            subspace.Basis,
            Members = members,
            Nearest = nearest,
            group.Missing,
            Versus = second?.Tokens,
            PrincipalAnglesDegrees = angles,
        };
        return session.Show(opened.Name, conventions, document, screen => Draw(screen, subspace, members, nearest, second, angles));
    }

    private static WordGroup Group(Session session, WordIndex words, IReadOnlyList<string> typed, string where)
    {
        WordFormOption.Check(words, typed, where);
        WordGroup group = WordGroup.Of(words, typed);
        if (group.Tokens.Count == 0 && group.Missing.Count < typed.Count)
            throw new UsageException($"{where}: expected tokens whose rows have a direction, found none: {string.Join("; ", [.. Rows(group.WithoutDirection, "a row of zeros"), .. Rows(group.NotFinite, "not finite"), .. Rows(group.Missing, "out of vocabulary")])}.");
        if (group.Tokens.Count == 0)
            throw new UsageException(FormattableString.Invariant($"{where}: expected tokens of the table, found none among {typed.Count}, beginning with \"{typed[0]}\"; see --word-form, and id:N names any row."));
        if (group.Tokens.Count > MostTokens)
            throw new UsageException(FormattableString.Invariant($"{where}: expected at most {MostTokens} tokens, found {group.Tokens.Count}; give fewer."));
        if (group.LeftOut(where) is string sentence)
            session.Warn(sentence);
        return group;
    }

    private static IEnumerable<string> Rows(IReadOnlyList<string> words, string what) =>
        words.Count == 0 ? [] : [$"{string.Join(", ", words.Take(8))}{(words.Count > 8 ? ", …" : "")} ({what})"];

    private static TokenSubspace Subspace(Session session, EmbeddingTable table, WordGroup group, SubspaceCentre centre, string where)
    {
        if (centre == SubspaceCentre.Group && group.Tokens.Count < 2)
            throw new UsageException($"--centre group: expected at least two tokens in {where}, found one; less their own mean nothing is left of it.");
        return TokenSubspace.Of(table, group.Ids, centre, session.Value(Components), session.Workers);
    }

    private static void Draw(
        Screen screen, TokenSubspace subspace, IReadOnlyList<TokenShare> members, IReadOnlyList<TokenShare> nearest, WordGroup? second, double[]? angles)
    {
        screen.Heading($"Subspace of {Plural.Of(members.Count, "token")}: {Numbers.Count(subspace.Dimension)} of {Plural.Of(subspace.Basis[0].Length, "dimension")}");
        screen.Facts(
            ("share along each direction", string.Join("  ", subspace.ExplainedVarianceRatio.Take(8).Select(Numbers.Percent)) + (subspace.ExplainedVarianceRatio.Count > 8 ? "  …" : "")),
            ("inside by chance", $"{Numbers.Three(subspace.ShareByChance)}, for a row of random direction"));
        screen.Heading("The group");
        screen.Table([new("token"), new("id", Side.Right), new("inside", Side.Right), new("inside the others' subspace", Side.Right)],
            [.. members.Take(40).Select(Cell[] (m) => [Tokens.Show(m.Text), Numbers.Id(m.Id), Numbers.Fixed(m.Inside, 3), Numbers.Cosine(m.LeftOut)])]);
        if (members.Count > 40)
            screen.Dim($"40 of {Numbers.Count(members.Count)}");
        screen.Heading("Other tokens with most inside");
        screen.Table([new("#", Side.Right), new("token"), new("id", Side.Right), new("inside", Side.Right)],
            [.. nearest.Select(Cell[] (n, i) => [Numbers.Count(i + 1), Tokens.Show(n.Text), Numbers.Id(n.Id), Numbers.Fixed(n.Inside, 3)])]);
        if (angles is null)
            return;
        screen.Heading($"Principal angles to the subspace of {Plural.Of(second!.Tokens.Count, "other token")}");
        screen.Line(string.Join("  ", angles.Take(12).Select(angle => Numbers.Angle(angle))) + (angles.Length > 12 ? "  …" : ""));
    }

    private static string Centred(SubspaceCentre centre) => centre switch
    {
        SubspaceCentre.Group => "the group's mean row is subtracted first",
        SubspaceCentre.Table => "the table's mean row is subtracted first",
        _ => "nothing is subtracted from the rows",
    };
}
