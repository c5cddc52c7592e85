using Azimuth.Checkpoints.WordVectors;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth inspect</c> of a file of vectors: what its beginning tells.</summary>
internal static class TableInspectionView
{
    public static Task<int> Show(Session session, string path)
    {
        TableInspection found = TableInspection.Of(path, session.Cancel);
        foreach (string warning in found.Warnings)
            session.Warn(warning);
        string name = Path.GetFileName(path);
        Conventions conventions = new() { Notes = ["the beginning only, rows not read", "shapes slowest dimension first"] };
        return session.Show(name, conventions, found, screen =>
        {
            screen.Heading(name);
            List<(string, string)> facts =
            [
                ("file", found.Path),
                ("format", $"{found.Format}, {Numbers.Bytes(found.FileBytes)}"),
                ("rows", found.Rows is long rows ? Numbers.Count(rows) : found.EstimatedRows is long about ? $"about {Numbers.Count(about)}, by the length of the first" : found.Arrays.Count > 0 ? "no array of two axes" : "known only after reading"),
            ];
            if (found.ModelDim is int dimension)
                facts.Add(("numbers in a row", Numbers.Count(dimension)));
            facts.AddRange(found.Details.Select(d => (Words(d.Key), d.Value)));
            if (found.FirstTokens.Count > 0)
                facts.Add(("first words", string.Join(' ', found.FirstTokens.Select(token => Tokens.Show(token, 16)))));
            screen.Facts(facts);
            if (found.Arrays.Count == 0)
                return;
            screen.Heading("Arrays");
            screen.Table([new("name"), new("type"), new("shape")],
                [.. found.Arrays.Select(Cell[] (a) => [a.Name.Length == 0 ? "–" : Tokens.OneLine(a.Name, 40), a.Type, $"[{string.Join(", ", a.Shape)}]"])]);
        });
    }

    /// <summary>A key of the document as words: "trainedTokens" is "trained tokens".</summary>
    private static string Words(string key) => string.Concat(key.Select(c => char.IsUpper(c) ? " " + char.ToLowerInvariant(c) : c.ToString()));
}
