using System.Numerics.Tensors;
using Azimuth.Embeddings;
using Azimuth.Geometry.Alignment;
using Azimuth.Numerics;

namespace Azimuth.Geometry.Maps;

/// <summary>Draws maps of tables. Tile by tile: besides the points nothing of the table's size is kept.</summary>
public static class TableMapper
{
    private const int K = 10, MostQueries = 1_000;

    /// <summary>
    /// Directions on a sphere. Each row less the origin is brought to length 1; of these directions u the first three eigenvectors of Σ u uᵀ are the axes; the part along them is
    /// brought to length 1 again, a point of the sphere, and projected onto a disk (<see cref="LambertEqualArea"/>) with the first axis at its centre.
    /// </summary>
    /// <param name="table">At least one row.</param>
    /// <param name="centred">Subtract the mean row first; otherwise the origin is zero and the first axis is close to the mean direction.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="progress">Told the step and its share done, 0 to 1.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    /// <exception cref="ArgumentException">An empty table.</exception>
    /// <exception cref="Checkpoints.CheckpointFormatException">A row holds NaN or an infinity.</exception>
    public static TableMap Sphere(
        EmbeddingTable table, bool centred, Workers workers, Func<string, IProgress<double>>? progress = null, CancellationToken cancellation = default)
    {
        RequireRows(table, workers, cancellation);
        double[] origin = centred ? Mean(table.Rows, workers, cancellation) : new double[table.ModelDim];
        var (values, vectors) = Axes(table.Rows, origin, workers, progress?.Invoke("finding the axes"), cancellation);
        int axes = Math.Min(3, table.ModelDim);
        double total = values.Sum(v => Math.Max(0, v));
        double[] shares = [.. values.Take(axes).Select(v => total > 0 ? Math.Max(0, v) / total : 0)];
        float[] coordinates = new float[checked(table.Count * axes)], shown = new float[table.Count];
        Project(table.Rows, origin, new DoubleRows(vectors.AsSpan(0, axes * table.ModelDim), axes, table.ModelDim), workers, coordinates, shown, cancellation);
        FaceTheReader(coordinates, axes);
        float[] points = OntoDisk(coordinates, axes, shown);
        int[] directed = [.. Enumerable.Range(0, table.Count).Where(id => !float.IsNaN(points[2 * id]))];
        RowSample sample = RowSample.Of(directed.Length, MostQueries);
        double? kept = Kept(table.Rows, directed, origin, points, sample, workers, progress?.Invoke("comparing neighbours"), cancellation);
        return new TableMap
        {
            Table = table.Name,
            Rows = table.Count,
            Projection = MapProjection.Sphere,
            Centred = centred,
            VarianceShown = shares.Sum(),
            AxisShares = shares,
            KeptCosineNeighbours10 = kept,
            KeptEuclideanNeighbours10 = null,
            Trustworthiness10 = null,
            Queries = sample.Ids.Count,
            Seed = sample.Seed,
            RowsWithoutPoint = table.Count - directed.Length,
            FarOut = FarOut(shown),
            Points = points,
            Coordinates = coordinates,
            Shown = shown,
            Origin = origin,
            Conventions = Conventions.OfTable(table, "Lambert azimuthal equal-area, first axis at the centre", sample.Note) with { Centred = centred, Angles = null },
        };
    }

    /// <summary>Rows less their mean along their first two principal axes (<see cref="PcaProjection"/>).</summary>
    /// <inheritdoc cref="Sphere" path="/param"/>
    /// <inheritdoc cref="Sphere" path="/exception"/>
    public static TableMap Plane(EmbeddingTable table, Workers workers, Func<string, IProgress<double>>? progress = null, CancellationToken cancellation = default)
    {
        RequireRows(table, workers, cancellation);
        progress?.Invoke("finding the axes").Report(0);
        int axes = Math.Min(2, table.ModelDim);
        PcaProjection pca = PcaProjection.Fit(table.Rows, axes, workers, cancellation);
        float[] coordinates = pca.Project(table.Rows, workers, cancellation), points = new float[2 * table.Count];
        for (int id = 0; id < table.Count; id++)
            coordinates.AsSpan(id * axes, axes).CopyTo(points.AsSpan(2 * id));
        RowSample sample = RowSample.Of(table.Count, MostQueries);
        MapQuality quality = MapQuality.Of(
            table.Rows, StoredMatrix.FromFloats(points, table.Count, 2), pca.VarianceShown, sample, workers, progress?.Invoke("comparing neighbours"), cancellation);
        float[] shown = ShownInPlane(table.Rows, pca, coordinates, workers, cancellation);
        return new TableMap
        {
            Table = table.Name,
            Rows = table.Count,
            Projection = MapProjection.Plane,
            Centred = true,
            VarianceShown = pca.VarianceShown,
            AxisShares = pca.ExplainedVarianceRatio,
            KeptCosineNeighbours10 = quality.KeptCosineNeighbours,
            KeptEuclideanNeighbours10 = quality.KeptEuclideanNeighbours,
            Trustworthiness10 = quality.Trustworthiness,
            Queries = quality.Queries,
            Seed = sample.Seed,
            RowsWithoutPoint = 0,
            FarOut = FarOut(shown),
            Points = points,
            Coordinates = coordinates,
            Shown = shown,
            Origin = pca.Mean,
            Conventions = Conventions.OfTable(table, "principal axes of the rows as stored", sample.Note) with { Centred = true, Angles = null },
        };
    }

    /// <summary>
    /// The nearest rows by the cosine whose neighbours <see cref="TableMap.KeptCosineNeighbours10"/> counts, nearest first: on a sphere of the rows less the map's origin, in a
    /// plane of the rows as stored. Rows without a point on a sphere are nobody's neighbours and have none.
    /// </summary>
    /// <param name="map">A map of the table.</param>
    /// <param name="table">Its rows.</param>
    /// <param name="queries">Row numbers.</param>
    /// <param name="count">Length of each list, at least 1; all other rows when there are fewer.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    /// <returns>[query][rank]</returns>
    public static int[][] Nearest(TableMap map, EmbeddingTable table, IReadOnlyList<int> queries, int count, Workers workers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(queries);
        if (map.Projection == MapProjection.Plane)
            return NearestRows.Find(table.Rows, queries, count, SimilarityMetric.Cosine, workers, null, cancellation);
        int[] directed = [.. Enumerable.Range(0, table.Count).Where(map.HasPoint)];
        int[] places = [.. queries.Where(map.HasPoint).Select(id => Array.BinarySearch(directed, id))];
        int[][] found = NearestPaired.Find(table.Rows, directed, map.Origin, places, count, workers, null, cancellation);
        int next = 0;
        return [.. queries.Select(id => map.HasPoint(id) ? Array.ConvertAll(found[next++], place => directed[place]) : [])];
    }

    private static void RequireRows(EmbeddingTable table, Workers workers, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(workers);
        if (table.Count == 0 || table.ModelDim == 0)
            throw new ArgumentException($"the {table.Name} is empty: [{table.Count}, {table.ModelDim}]", nameof(table));
        TableScan.RequireFinite(table, TableScan.Norms(table.Rows, workers, cancellation));
    }

    private static double[] Mean(StoredMatrix rows, Workers workers, CancellationToken cancellation)
    {
        const int parts = 64; // fixed, so that the order of summation never depends on the threads
        int columns = rows.Columns;
        long rowsPerPart = (rows.Rows + parts - 1) / parts;
        var sums = new double[parts][];
        workers.Run(parts, part =>
        {
            cancellation.ThrowIfCancellationRequested();
            double[] sum = sums[part] = new double[columns], wide = new double[columns];
            var row = new float[columns];
            for (long id = part * rowsPerPart; id < Math.Min(rows.Rows, (part + 1) * rowsPerPart); id++)
            {
                rows.ReadRow(id, row);
                TensorPrimitives.ConvertTruncating<float, double>(row, wide);
                TensorPrimitives.Add(sum, wide, sum);
            }
        });
        var mean = new double[columns];
        foreach (double[] sum in sums)
            TensorPrimitives.Add(mean, sum, mean);
        TensorPrimitives.Divide(mean, rows.Rows, mean);
        return mean;
    }

    /// <summary>Eigenvalues and eigenvectors of Σ u uᵀ over the unit directions u, largest first.</summary>
    private static (double[] Values, double[] Vectors) Axes(StoredMatrix rows, double[] origin, Workers workers, IProgress<double>? progress, CancellationToken cancellation)
    {
        using var sums = new GramSums(rows.Columns);
        for (long done = 0; done < rows.Rows; done += GramSums.RowsAtOnce)
        {
            cancellation.ThrowIfCancellationRequested();
            sums.Add(Read, done, (int)Math.Min(GramSums.RowsAtOnce, rows.Rows - done), workers);
            progress?.Report(Math.Min(1, (double)(done + GramSums.RowsAtOnce) / rows.Rows));
        }

        SymmetricEigen eigen = SymmetricEigen.Decompose(sums.Symmetric(), rows.Columns, workers);
        return (eigen.Values, eigen.Vectors);

        void Read(long id, Span<float> unit)
        {
            rows.ReadRow(id, unit);
            double squares = 0;
            for (int c = 0; c < unit.Length; c++)
            {
                unit[c] = (float)(unit[c] - origin[c]);
                squares += (double)unit[c] * unit[c];
            }

            if (squares > 0)
                TensorPrimitives.Multiply(unit, (float)(1 / Math.Sqrt(squares)), unit);
        }
    }

    /// <summary>Coordinates of the unit directions along the axes, and the length of that part.</summary>
    private static void Project(StoredMatrix rows, double[] origin, DoubleRows axes, Workers workers, float[] coordinates, float[] shown, CancellationToken cancellation) =>
        TableScan.Run(rows, workers, (first, count, tile) =>
        {
            int d = rows.Columns, k = axes.Count;
            double[] directions = new double[count * d], along = new double[count * k];
            var norms = new double[count];
            for (int i = 0; i < count; i++)
            {
                var direction = directions.AsSpan(i * d, d);
                PcaProjection.Centre(tile.Slice(i * d, d), origin, direction);
                norms[i] = TensorPrimitives.Norm<double>(direction);
            }

            axes.Multiply(directions, count, along);
            for (int i = 0; i < count; i++)
            {
                double squares = 0;
                for (int a = 0; a < k; a++)
                {
                    double coordinate = norms[i] == 0 ? double.NaN : along[i * k + a] / norms[i];
                    coordinates[(first + i) * k + a] = (float)coordinate;
                    squares += coordinate * coordinate;
                }

                shown[first + i] = (float)Math.Sqrt(squares);
            }
        }, cancellation);

    /// <summary>An axis has no sign of its own: the first one is turned so that most of the table lies on the near side.</summary>
    private static void FaceTheReader(float[] coordinates, int axes)
    {
        double sum = 0;
        for (int i = 0; i < coordinates.Length; i += axes)
            sum += float.IsNaN(coordinates[i]) ? 0 : coordinates[i];
        for (int i = 0; i < coordinates.Length && sum < 0; i += axes)
            coordinates[i] = -coordinates[i];
    }

    private static float[] OntoDisk(float[] coordinates, int axes, float[] shown)
    {
        var points = new float[2 * shown.Length];
        for (int id = 0; id < shown.Length; id++)
        {
            double length = shown[id] > 0 ? shown[id] : double.NaN; // a direction across all axes has no place on the sphere
            var (x, y) = LambertEqualArea.Project(Along(1) / length, Along(2) / length, Along(0) / length);
            (points[2 * id], points[2 * id + 1]) = ((float)x, (float)y);

            double Along(int axis) => axis < axes ? coordinates[id * axes + axis] : 0;
        }

        return points;
    }

    private static float[] ShownInPlane(StoredMatrix rows, PcaProjection pca, float[] coordinates, Workers workers, CancellationToken cancellation)
    {
        var shown = new float[rows.Rows];
        int d = rows.Columns, axes = pca.Dimensions;
        TableScan.Run(rows, workers, (first, count, tile) =>
        {
            var centred = new double[d];
            for (int i = 0; i < count; i++)
            {
                PcaProjection.Centre(tile.Slice(i * d, d), pca.Mean, centred);
                double norm = TensorPrimitives.Norm<double>(centred);
                shown[first + i] = norm == 0 ? 1 : (float)Math.Min(1, TensorPrimitives.Norm<float>(coordinates.AsSpan((first + i) * axes, axes)) / norm);
            }
        }, cancellation);
        return shown;
    }

    private static double? Kept(
        StoredMatrix rows, int[] directed, double[] origin, float[] points, RowSample sample, Workers workers, IProgress<double>? progress, CancellationToken cancellation)
    {
        int[][] wanted = NearestPaired.Find(rows, directed, origin, sample.Ids, K, workers, progress, cancellation);
        float[] places = [.. directed.SelectMany(id => new[] { points[2 * id], points[2 * id + 1] })];
        int[][] near = NearestRows.Find(StoredMatrix.FromFloats(places, directed.Length, 2), sample.Ids, K, SimilarityMetric.Euclidean, workers, null, cancellation);
        double sum = 0;
        int lists = 0;
        for (int q = 0; q < wanted.Length; q++)
        {
            if (wanted[q].Length == 0)
                continue;
            sum += (double)wanted[q].Count(near[q].Contains) / wanted[q].Length;
            lists++;
        }

        return lists == 0 ? null : sum / lists;
    }

    private static double FarOut(float[] shown)
    {
        int there = shown.Count(s => !float.IsNaN(s));
        return there == 0 ? 0 : (double)shown.Count(s => s < 0.5) / there;
    }
}
