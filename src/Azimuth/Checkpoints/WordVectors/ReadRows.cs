using Azimuth.Numerics;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>What a reader of one format found.</summary>
/// <param name="Format">The format.</param>
/// <param name="Rows">[words, dimension].</param>
/// <param name="Words">One for each row; null where the format has none and rows are called by their number.</param>
/// <param name="Warnings">Remarks that did not stop the reading.</param>
internal sealed record ReadRows(TableFormat Format, StoredMatrix Rows, WordList? Words, IReadOnlyList<string> Warnings)
{
    /// <summary>The model that can also give vectors to words that are not in the table.</summary>
    public FastTextModel? FastText { get; init; }
}
