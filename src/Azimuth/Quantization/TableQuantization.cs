using Azimuth.Checkpoints;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Quantization;

/// <summary>How a table is measured.</summary>
public sealed record TableQuantizationOptions
{
    /// <summary>Up to this many rows, every row's neighbours are compared; above, those of <see cref="Sample"/> rows.</summary>
    public int ExactRows { get; init; } = 4096;

    /// <summary>Rows whose neighbours are compared in a larger table, drawn without repetition; at least 1.</summary>
    public int Sample { get; init; } = 1000;

    /// <summary>Which rows are drawn.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Length of the neighbour lists; at least 1.</summary>
    public int Neighbors { get; init; } = 10;
}

/// <summary>What storing a table in fewer bits does to it. Errors are those of the values read back, in single precision, summed in double.</summary>
public sealed record TableQuantization
{
    /// <summary>"input table".</summary>
    public required string Table { get; init; }

    /// <summary>How it would be stored.</summary>
    public required QuantizationType Type { get; init; }

    /// <summary>Rows of the table.</summary>
    public required int Rows { get; init; }

    /// <summary>Values of a row.</summary>
    public required int Columns { get; init; }

    /// <summary>Bytes as stored now.</summary>
    public required long SizeBytesBefore { get; init; }

    /// <summary>Bytes as it would be stored, scales included.</summary>
    public required long SizeBytesAfter { get; init; }

    /// <summary>Stored bits for each value, scales included.</summary>
    public required double BitsPerWeight { get; init; }

    /// <summary>Root of the mean squared error of all values.</summary>
    public required double RmsError { get; init; }

    /// <summary>The largest error of a value.</summary>
    public required double MaxError { get; init; }

    /// <summary><see cref="RmsError"/> over the root mean square of the values; 0 for a table of zeros.</summary>
    public required double RelativeRmsError { get; init; }

    /// <summary>Mean cosine between each row and what becomes of it; rows of length zero, before or after, are left out (NaN when all are).</summary>
    public required double MeanCosine { get; init; }

    /// <summary>The smallest of these cosines.</summary>
    public required double MinCosine { get; init; }

    /// <summary>Mean angle between each row and what becomes of it, of the same rows.</summary>
    public required double MeanAngleDegrees { get; init; }

    /// <summary>The largest of these angles.</summary>
    public required double MaxAngleDegrees { get; init; }

    /// <summary>Mean share of a row's ten nearest rows by cosine that are still among its ten nearest; rows of length zero are left out.</summary>
    public required double NeighbourOverlap10 { get; init; }

    /// <summary>Rows whose neighbours were compared.</summary>
    public required int OverlapRows { get; init; }

    /// <summary>How the rows were chosen.</summary>
    public required string OverlapNote { get; init; }

    /// <summary>
    /// Measures one table in one type. Two passes over the stored rows, a tile at a time: memory does not grow with the table but for a few numbers a row.
    /// </summary>
    /// <param name="table">Finite rows.</param>
    /// <param name="type">How it would be stored.</param>
    /// <param name="options">Sampling of neighbours.</param>
    /// <param name="workers">The threads to use; they change no number.</param>
    /// <param name="progress">Told the share of the rows done, 0 to 1.</param>
    /// <param name="cancellation">Checked between tiles.</param>
    /// <exception cref="ArgumentException">A row is no whole number of blocks.</exception>
    /// <exception cref="CheckpointFormatException">A value is not finite, or (kind <c>OutOfRange</c>) becomes infinite in this type.</exception>
    public static TableQuantization Of(
        EmbeddingTable table, QuantizationType type, TableQuantizationOptions options, Workers workers, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(workers);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Neighbors, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Sample, 1);
        if (WhyNot(table.ModelDim, type) is { } reason)
            throw new ArgumentException($"the {table.Name}: {reason}");
        return new TableQuantizer(table, type, options, workers).Measure(progress, cancellation);
    }

    /// <summary>Why rows of this width cannot be stored in a type, or null when they can.</summary>
    public static string? WhyNot(int columns, QuantizationType type) => columns % type.BlockLength() == 0
        ? null
        : FormattableString.Invariant($"{type.Name()} stores rows in blocks of {type.BlockLength()}, found {columns} values a row");
}
