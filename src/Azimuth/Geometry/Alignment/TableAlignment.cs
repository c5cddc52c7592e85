using System.Text.Json.Serialization;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Geometry.Alignment;

/// <summary>What is asked of <see cref="TableAlignment"/>.</summary>
public sealed record AlignmentOptions
{
    /// <summary>Per-row numbers come from the centred alignment; from the uncentred one when false.</summary>
    public bool Centred { get; init; } = true;

    /// <summary>How many movers are listed, 0 or more.</summary>
    public int Movers { get; init; } = 20;

    /// <summary>Also compute SVCCA, three more decompositions of the tables' width.</summary>
    public bool Svcca { get; init; }
}

/// <summary>Two tables over the same tokens, compared and aligned.</summary>
public sealed record TableAlignment
{
    /// <summary>How rows were paired.</summary>
    public required MatchRule Match { get; init; }

    /// <summary>Number of pairs.</summary>
    public required int Pairs { get; init; }

    /// <summary>Rows of A without a partner.</summary>
    public required int OnlyInA { get; init; }

    /// <summary>Rows of B without a partner.</summary>
    public required int OnlyInB { get; init; }

    /// <summary>Texts that name several rows and were left out for it.</summary>
    public required int RepeatedTexts { get; init; }

    /// <summary>Widths of the two tables' rows.</summary>
    public required IReadOnlyList<int> ModelDims { get; init; }

    /// <summary>Alignment of the rows as stored; null when the widths differ.</summary>
    public required Procrustes? ProcrustesUncentred { get; init; }

    /// <summary>Alignment of the rows less their table's mean; null when the widths differ.</summary>
    public required Procrustes? ProcrustesCentred { get; init; }

    /// <summary>Angles before and after; null when the widths differ.</summary>
    public required AngleSummary? AngleSummary { get; init; }

    /// <summary>The largest angles after the alignment, largest first, equal ones by lower row of A; empty when the widths differ.</summary>
    public required IReadOnlyList<Mover> TopMovers { get; init; }

    /// <summary>Linear CKA (<see cref="Cka.Linear"/>).</summary>
    public required double CkaLinear { get; init; }

    /// <summary>The same without centring: another number, given to recognise it.</summary>
    public required double CkaLinearUncentred { get; init; }

    /// <summary>SVCCA at 99 % of the variance, where asked for.</summary>
    public required SvccaResult? Svcca99 { get; init; }

    /// <summary>Shared neighbours among the ten nearest.</summary>
    public required NeighborOverlap NeighbourOverlap10 { get; init; }

    /// <summary>Every pair's numbers in the pairs' order; null when the widths differ.</summary>
    [JsonIgnore]
    public RowChanges? Rows { get; init; }

    /// <summary>What the numbers depend on.</summary>
    [JsonIgnore]
    public Conventions Conventions { get; init; } = new();

    /// <summary>Compares and aligns the paired rows.</summary>
    /// <param name="pair">At least two pairs.</param>
    /// <param name="options">What is asked.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="progress">Told the step and its share done, 0 to 1.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    /// <exception cref="ArgumentException">Fewer than two pairs.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">A paired row holds NaN or an infinity.</exception>
    public static TableAlignment Of(
        TablePair pair, AlignmentOptions options, Workers workers, Func<string, IProgress<double>>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(pair);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegative(options.Movers);
        if (pair.Count < 2)
            throw new ArgumentException($"two tokens in common are needed to compare tables, found {pair.Count}", nameof(pair));
        PairedMoments moments = PairedMoments.Of(pair, workers, progress?.Invoke("adding up products of rows"), cancellation);
        Procrustes? uncentred = null, centred = null;
        RowChanges? rows = null;
        if (pair.A.ModelDim == pair.B.ModelDim)
        {
            (uncentred, RowChanges asStored) = Aligned(centre: false);
            (centred, RowChanges lessMean) = Aligned(centre: true);
            rows = options.Centred ? lessMean : asStored;
        }

        return new TableAlignment
        {
            Match = pair.Rule,
            Pairs = pair.Count,
            OnlyInA = pair.OnlyInA.Count,
            OnlyInB = pair.OnlyInB.Count,
            RepeatedTexts = pair.RepeatedTexts,
            ModelDims = [pair.A.ModelDim, pair.B.ModelDim],
            ProcrustesUncentred = uncentred,
            ProcrustesCentred = centred,
            AngleSummary = rows is null ? null : AngleSummary.Of(rows),
            TopMovers = rows is null ? [] : Mover.Largest(pair, rows, rows.AngleAfterDegrees, options.Movers),
            CkaLinear = Cka.Linear(moments),
            CkaLinearUncentred = Cka.Linear(moments, centred: false),
            Svcca99 = options.Svcca ? Cka.Svcca(moments, 0.99, workers) : null,
            NeighbourOverlap10 = NeighborOverlap.Of(pair, moments, 10, workers, progress?.Invoke("comparing neighbours"), cancellation),
            Rows = rows,
            Conventions = new Conventions
            {
                Angles = "degrees",
                Centred = options.Centred,
                Notes = ["reflections allowed", "sums in double", pair.Rule == MatchRule.Id ? "rows paired by id" : "rows paired by text"],
            },
        };

        (Procrustes, RowChanges) Aligned(bool centre)
        {
            progress?.Invoke("finding the rotation").Report(0);
            Procrustes found = Procrustes.Of(moments, centre, workers, cancellation);
            RowChanges changes = RowChanges.Of(pair, found, workers, progress?.Invoke(centre ? "comparing centred rows" : "comparing rows"), cancellation);
            return (found.WithMeanCosine(changes.MeanCosineAfter), changes);
        }
    }
}
