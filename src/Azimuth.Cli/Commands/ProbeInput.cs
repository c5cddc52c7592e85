using System.Globalization;
using Azimuth.Cli.CommandLine;
using Azimuth.Embeddings;

namespace Azimuth.Cli.Commands;

/// <summary>The labelled tokens of a file that are rows of a table, each row once.</summary>
/// <param name="Ids">Row numbers.</param>
/// <param name="Labels">What each was labelled with.</param>
/// <param name="OutOfVocabulary">Tokens that are no row.</param>
/// <param name="Repeated">Lines that label a row again in the same way.</param>
internal sealed record ProbeInput(IReadOnlyList<int> Ids, IReadOnlyList<string> Labels, IReadOnlyList<string> OutOfVocabulary, int Repeated)
{
    public static ProbeInput Read(WordIndex words, IReadOnlyList<LabelledToken> lines, string file)
    {
        WordFormOption.Check(words, lines.Select(line => line.Token), $"LABELS: {file}");
        var labelOf = new Dictionary<int, LabelledToken>();
        List<int> ids = [];
        List<string> missing = [];
        int repeated = 0;
        foreach (LabelledToken line in lines)
        {
            if (words.FindOrId(line.Token) is not int id)
                missing.Add(line.Token);
            else if (labelOf.TryAdd(id, line))
                ids.Add(id);
            else if (labelOf[id].Label == line.Label)
                repeated++;
            else
            {
                throw new UsageException(FormattableString.Invariant(
                    $"LABELS: {file} line {line.Line}: \"{line.Token}\" is the row of line {labelOf[id].Line}, there labelled {labelOf[id].Label}, here {line.Label}; a token can have one label."));
            }
        }

        return new ProbeInput(ids, [.. ids.Select(id => labelOf[id].Label)], missing, repeated);
    }

    /// <summary>Warns about tokens that are left out.</summary>
    public void WarnOfMissing(Session session)
    {
        if (OutOfVocabulary.Count > 0)
            session.Warn(FormattableString.Invariant($"{Output.Plural.Of(OutOfVocabulary.Count, "labelled token is", "labelled tokens are")} out of vocabulary and left out: {string.Join(", ", OutOfVocabulary.Take(12))}{(OutOfVocabulary.Count > 12 ? ", …" : "")}"));
    }

    /// <summary>The labels as numbers.</summary>
    /// <exception cref="UsageException">One is none.</exception>
    public double[] Numbers(EmbeddingTable table, string file) =>
        [.. Labels.Select((label, i) => double.TryParse(label, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) ? value
            : throw new UsageException($"--target number: {file}: expected a number as the label of \"{table.Text(Ids[i])}\", found \"{label}\"."))];
}
