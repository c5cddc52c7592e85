using System.CommandLine;
using System.Text;
using Azimuth.Checkpoints;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Geometry.Maps;
using Azimuth.Studio.Pictures;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth map</c>: a table as a picture that says what it hides.</summary>
internal static class MapCommand
{
    private static readonly string[] Endings = [".svg", ".csv", ".json"];
    private static readonly Option<string> Table = TableOption.Create();

    private static readonly Option<string> Projection = Options.Choice(
        "--projection", "directions on a sphere (equal-area disk), or the plane of the rows' first two principal axes", "sphere", "plane");

    private static readonly Option<bool> Uncentred = Options.Flag("--uncentred", "directions of the rows as stored; otherwise the mean row is subtracted first");
    private static readonly Option<string[]> Label = Options.Texts("--label", "TOKEN", "tokens to name on the picture, one or more: literals such as \" king\", or id:1867");
    private static readonly Option<int> Neighbors = Options.WholeNumber("--neighbors", "K", "also name each labelled token's K true neighbours and draw lines to them", 0, 20, 0);
    private static readonly Option<int> LandmarkCount = Options.WholeNumber("--landmarks", "N", "how many other tokens are named to find one's way", 0, 200, 32);
    private static readonly Option<string?> File = Options.Text("--output", "FILE", "the picture (F.svg), or every token's coordinates (F.csv, F.json)", "-o");

    public static Verb Create() => Verb.Create(
        "map",
        "Draws a table as a map: directions on a sphere along their first three principal axes, on an equal-area disk. Prints how much variance the picture shows and how many true neighbours it keeps; both stand in the picture too.",
        [Table, Projection, Uncentred, Label, Neighbors, LandmarkCount, File],
        Run,
        new("azimuth map -m novels-gpt --label \" king\" \" night\" --neighbors 3 -o map.svg", "a picture with two tokens and their true neighbours named"),
        new("azimuth map -m novels-gpt --projection plane -o map.csv", "the plane of the first two principal axes, every token's coordinates"),
        new("azimuth map -m novels-gpt --uncentred --json", "only what the picture would show and hide, for scripts"));

    private static Task<int> Run(Session session)
    {
        string? file = session.Value(File);
        if (file is not null)
            session.Outputs.Check(file, File.Name, Endings);
        bool plane = session.Value(Projection) == "plane";
        if (plane && session.Value(Uncentred))
            throw new UsageException("--uncentred: expected --projection sphere, since principal axes of a plane are those of the centred rows.");
        if (session.IsGiven(Neighbors) && !session.IsGiven(Label))
            throw new UsageException("--neighbors: expected with --label only, whose tokens' neighbours are named, found without it.");
        OpenedTable opened = session.OpenTable();
        EmbeddingTable table = TableOption.Of(opened, session, Table);
        int[] asked = [.. (session.Value(Label) ?? []).Select(typed => TokenArgument.Resolve(opened, table, typed, Label.Name)).Distinct()];
        TableMap map = plane
            ? TableMapper.Plane(table, session.Workers, TwoTables.Steps(session), session.Cancel)
            : TableMapper.Sphere(table, !session.Value(Uncentred), session.Workers, TwoTables.Steps(session), session.Cancel);
        MapTokens tokens = MapTokens.Of(map, table, asked, session.Value(Neighbors), session.Value(LandmarkCount), session.Workers, session.Cancel);
        foreach (MapToken lost in tokens.Asked.Where(token => token.X is null))
            session.Warn($"{TokenArgument.Describe(new TokenRef(lost.Id, lost.Text))} has no direction and no point on the map.");
        if (file is not null)
        {
            session.Progress.Say("writing the file");
            Write(file, opened.Name, table, map, tokens);
        }

        var document = new { Map = map, Labels = tokens.Asked, Landmarks = tokens.Landmarks.Select(id => new TokenRef(id, table.Text(id))), File = file };
        return session.Show(opened.Name, map.Conventions with { Tied = opened.Tied }, document, screen => Draw(screen, opened.Name, map, tokens, file));
    }

    private static void Write(string file, string model, EmbeddingTable table, TableMap map, MapTokens tokens)
    {
        switch (Path.GetExtension(file).ToLowerInvariant())
        {
            case ".svg":
                AtomicFile.Write(file, stream => stream.Write(Encoding.UTF8.GetBytes(MapSvg.Render(map, tokens.Picture(model, table)))));
                break;
            case ".csv":
                MapFile.WriteCsv(file, table, map);
                break;
            default:
                MapFile.WriteJson(file, model, table, map);
                break;
        }
    }

    private static void Draw(Screen screen, string model, TableMap map, MapTokens tokens, string? file)
    {
        screen.Heading($"{MapCaption.Title(map)}, {model}, {map.Table}: {MapCaption.Subtitle(map)}");
        foreach (string line in MapGlimpse.Lines(map))
            screen.Dim(line);
        foreach (string sentence in MapCaption.Sentences(map).Where(sentence => file is not null || !sentence.StartsWith("Hollow", StringComparison.Ordinal)))
            screen.Line(sentence);
        if (map.Trustworthiness10 is double trust)
            screen.Line($"Trustworthiness {Numbers.Three(trust)}: 1 when near points are near rows. Of the ten nearest by Euclidean distance {Numbers.Percent(map.KeptEuclideanNeighbours10 ?? 0)} are kept.");
        if (tokens.Asked.Count > 0)
            DrawTokens(screen, tokens.Asked);
        if (file is not null)
            screen.Line(file.EndsWith(".svg", StringComparison.OrdinalIgnoreCase) ? $"The picture is {file}: open it in a browser." : $"Every token's coordinates are in {file}.");
    }

    private static void DrawTokens(Screen screen, IReadOnlyList<MapToken> asked)
    {
        screen.Heading("The tokens asked about");
        screen.Table([new("token"), new("id", Side.Right), new("x", Side.Right), new("y", Side.Right), new("of its length shown", Side.Right), new("true nearest by cosine")],
        [
            .. asked.Select(Cell[] (token) =>
            [
                new Cell(Tokens.Show(token.Text, 20), Role.Query), Numbers.Id(token.Id), token.X is double x ? Numbers.Fixed(x, 3) : "–", token.Y is double y ? Numbers.Fixed(y, 3) : "–",
                token.Shown is double shown ? Numbers.Percent(shown) : "–", string.Join(' ', token.Nearest.Take(4).Select(near => Tokens.Show(near.Text, 12))),
            ]),
        ]);
    }
}
