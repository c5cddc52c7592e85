using System.Text;
using Azimuth.Checkpoints.Npy;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>Tables in NumPy's files: one matrix, and in an archive the words beside it.</summary>
internal static class ArrayTable
{
    private static readonly string[] MatrixNames = ["vectors", "embeddings", "embedding", "weights", "weight", "W"];
    private static readonly string[] WordNames = ["words", "tokens", "vocab", "labels", "keys"];

    public static ReadRows OfNpy(TableInput input)
    {
        NpyArray array = NpyArray.FromBytes(input.Whole(), input.Path);
        StoredMatrix rows = Matrix(array, input);
        return new ReadRows(TableFormat.Npy, rows, null, [.. array.Warnings, .. NotFinite(rows)]);
    }

    public static ReadRows OfNpz(TableInput input)
    {
        NpzArchive archive = NpzArchive.FromBytes(input.Whole(), input.Path);
        string name = MatrixName(archive, input);
        NpyArray array = archive.Read(name, input.Cancellation);
        StoredMatrix rows = Matrix(array, input);
        List<string> warnings = [.. array.Warnings, .. NotFinite(rows)];
        WordList? words = null;
        if (WordNames.FirstOrDefault(archive.Names.Contains) is string wordName)
            words = Words(archive, wordName, rows.Rows, input, warnings);
        return new ReadRows(TableFormat.Npz, rows, words, warnings);
    }

    /// <summary>Which of an archive's arrays is the table; null when that is not plain.</summary>
    public static string? MatrixNameOf(IReadOnlyList<string> names) => MatrixNames.FirstOrDefault(names.Contains) ?? (names is [var only] ? only : null);

    private static string MatrixName(NpzArchive archive, TableInput input)
    {
        return MatrixNameOf(archive.Names) ?? throw input.Error(
            $"expected an array called {string.Join(", ", MatrixNames[..3])} or only one array, found {string.Join(", ", archive.Names.Take(8))}. Save the table under one of those names", kind: "UnknownFormat");
    }

    private static StoredMatrix Matrix(NpyArray array, TableInput input)
    {
        StoredMatrix rows = array.ToMatrix(input.Cancellation);
        return rows.Rows is >= 1 and <= int.MaxValue ? rows
            : throw input.Error(FormattableString.Invariant($"expected 1 to {int.MaxValue} rows, found {rows.Rows}. There is nothing to look at"), kind: "BadShape");
    }

    /// <summary>NumPy's format allows NaN and infinities: they are announced, and commands that need a direction stop at their rows.</summary>
    private static IEnumerable<string> NotFinite(StoredMatrix rows)
    {
        using Workers one = new(1);
        if (NonFinite.Find(rows, one) is not { } found)
            yield break;
        long row = found.FirstIndex / rows.Columns;
        int column = (int)(found.FirstIndex % rows.Columns);
        // A double can be finite and yet too large for the floats that are computed with.
        string how = rows.Type == TensorType.F64 ? FormattableString.Invariant($"not finite as 32-bit floats, the first, {Embeddings.TableScan.StoredDouble(rows, row, column):0.###e0},") : "not finite, the first";
        yield return FormattableString.Invariant($"{found.Count:N0} {(found.Count == 1 ? "value is" : "values are")} {how} in row {row}, column {column}");
    }

    private static WordList? Words(NpzArchive archive, string name, long rows, TableInput input, List<string> warnings)
    {
        NpyArray array;
        try
        {
            array = archive.Read(name, input.Cancellation);
        }
        catch (CheckpointFormatException e) when (e.Kind == "UnsupportedType")
        {
            warnings.Add($"the array {name} is no array of Unicode texts, so rows are called by their number");
            return null;
        }

        if (!array.IsText)
            return null;
        if (array.Count != rows)
            throw input.Error(FormattableString.Invariant($"expected {rows} texts in {name}, one a row, found {array.Count}. Save both from the same table"), kind: "WrongRowCount");
        WordList words = new();
        foreach (string word in array.ToTexts())
            words.Add(Encoding.UTF8.GetBytes(word));
        return words;
    }
}
