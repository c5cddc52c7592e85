using Azimuth.Vocabulary;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>What is told of each row in files that have room for more than words and numbers.</summary>
public enum TableColumn
{
    /// <summary>The row's number.</summary>
    Id,

    /// <summary>Its text.</summary>
    Token,

    /// <summary>Euclidean length of its row.</summary>
    Norm,

    /// <summary>What the tokenizer says it is: <see cref="TokenClass"/>.</summary>
    Class,

    /// <summary>Its rank by frequency, 1 for the most frequent, and its count where counts are given; without counts, its number + 1.</summary>
    Rank,

    /// <summary>The row whose direction is nearest, and the cosine.</summary>
    Neighbor,

    /// <summary>Coordinates on the table's first two or three principal components.</summary>
    Coordinates,

    /// <summary>Its numbers.</summary>
    Vector,
}

/// <summary>Which rows are written, how, and what is told of them.</summary>
public sealed record TableExportOptions
{
    /// <summary>The format; any but fastText's.</summary>
    public required TableFormat Format { get; init; }

    /// <summary>Compresses the file; by default when its name ends in .gz. Not for npz, which is an archive itself.</summary>
    public bool? Gzip { get; init; }

    /// <summary>The rows, in the order they are written; null for all.</summary>
    public IReadOnlyList<int>? Ids { get; init; }

    /// <summary>
    /// What JSON Lines, CSV and the projector's metadata (which never has the numbers) tell of each row; the other formats have words and numbers, or numbers
    /// alone. By default id, token, norm and vector, and the token alone for the projector.
    /// </summary>
    public IReadOnlyList<TableColumn>? Columns { get; init; }

    /// <summary>The class of each row, by id, for <see cref="TableColumn.Class"/>.</summary>
    public IReadOnlyList<TokenClass>? Classes { get; init; }

    /// <summary>How often each row's token occurs, by id, for <see cref="TableColumn.Rank"/>; null where it is not known, and as a whole when nothing is.</summary>
    public IReadOnlyList<long?>? Counts { get; init; }

    /// <summary>Principal components written, 2 or 3.</summary>
    public int Dimensions { get; init; } = 2;
}

/// <summary>What was written.</summary>
/// <param name="Path">The file, absolute.</param>
/// <param name="MetadataPath">The projector's second file; null in other formats.</param>
/// <param name="Format">"word2vec text, gzip".</param>
/// <param name="Rows">Rows written.</param>
/// <param name="ModelDim">Numbers of each.</param>
/// <param name="SizeBytes">Bytes of all files.</param>
/// <param name="Columns">What is told of each row, by the names in the file; empty for formats without.</param>
/// <param name="VarianceShown">Share of the table's variance that the coordinates show; null without them.</param>
/// <param name="Warnings">Words that could not be written as they are, and what else is not obvious.</param>
public sealed record TableExport(
    string Path, string? MetadataPath, string Format, int Rows, int ModelDim, long SizeBytes, IReadOnlyList<string> Columns, double? VarianceShown, IReadOnlyList<string> Warnings);
