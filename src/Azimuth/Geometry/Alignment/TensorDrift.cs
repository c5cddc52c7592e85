using System.Globalization;
using System.Text.RegularExpressions;
using Azimuth.Checkpoints;
using Azimuth.Numerics;

namespace Azimuth.Geometry.Alignment;

/// <summary>How one tensor changed.</summary>
/// <param name="Name">Its name in both checkpoints.</param>
/// <param name="Shape">Its shape in both.</param>
/// <param name="RelativeChange">|B − A| / |A|, Frobenius; NaN when a value is NaN or A is zero and B is not.</param>
/// <param name="LargestDifference">The largest |b − a| of one number.</param>
/// <param name="Identical">All numbers are equal.</param>
public sealed record TensorChange(string Name, IReadOnlyList<long> Shape, double RelativeChange, double LargestDifference, bool Identical);

/// <summary>How all tensors of one layer changed together.</summary>
/// <param name="Layer">The first number in the tensors' names; null for those without one: embeddings, final norm.</param>
/// <param name="Tensors">How many tensors.</param>
/// <param name="Identical">How many of them are identical.</param>
/// <param name="RelativeChange">√(Σ|B − A|² / Σ|A|²) over the layer's tensors.</param>
public sealed record LayerChange(int? Layer, int Tensors, int Identical, double RelativeChange);

/// <summary>How the weights changed from one checkpoint A to another one B of the same model, tensor by tensor, matched by name.</summary>
public sealed partial record TensorDrift
{
    private const int ValuesPerPart = 1 << 16; // fixed, so that the order of summation never depends on the threads

    /// <summary>Tensors of the same name and shape in both, in A's order.</summary>
    public required IReadOnlyList<TensorChange> Tensors { get; init; }

    /// <summary>The same by layer, those without a layer first.</summary>
    public required IReadOnlyList<LayerChange> Layers { get; init; }

    /// <summary>Names that only A has.</summary>
    public required IReadOnlyList<string> OnlyInA { get; init; }

    /// <summary>Names that only B has.</summary>
    public required IReadOnlyList<string> OnlyInB { get; init; }

    /// <summary>Names whose shapes differ, both shapes beside them; not compared.</summary>
    public required IReadOnlyList<string> Reshaped { get; init; }

    /// <summary>Names of tensors stored in a way that is not read as numbers here, unless their bytes are equal.</summary>
    public required IReadOnlyList<string> NotRead { get; init; }

    /// <summary>Every tensor is there in both and every number is equal.</summary>
    public required bool Identical { get; init; }

    /// <summary>Compares all tensors.</summary>
    /// <param name="a">The checkpoint before.</param>
    /// <param name="b">The checkpoint after.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="progress">Told the share of the tensors done, 0 to 1.</param>
    /// <param name="cancellation">Checked between parts of a tensor.</param>
    public static TensorDrift Of(Checkpoint a, Checkpoint b, Workers workers, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        ArgumentNullException.ThrowIfNull(workers);
        var changes = new List<TensorChange>();
        var squares = new List<(double Difference, double Before)>();
        List<string> reshaped = [], notRead = [];
        foreach (TensorInfo tensor in a.Tensors)
        {
            cancellation.ThrowIfCancellationRequested();
            progress?.Report((double)changes.Count / a.Tensors.Count);
            if (b.Find(tensor.Name) is not TensorInfo other)
                continue;
            if (!tensor.Shape.SequenceEqual(other.Shape))
            {
                reshaped.Add($"{tensor.Name} {tensor.ShapeText} → {other.ShapeText}");
                continue;
            }

            if (Rows(a, tensor) is not { } before || Rows(b, other) is not { } after)
            {
                if (tensor.TypeName == other.TypeName && SameBytes(a.Bytes(tensor.Name), b.Bytes(tensor.Name)))
                {
                    changes.Add(new TensorChange(tensor.Name, tensor.Shape, 0, 0, true));
                    squares.Add((0, 0));
                }
                else
                {
                    notRead.Add(tensor.Name);
                }

                continue;
            }

            Sums sums = before.Zip(after, (rowsA, rowsB) => Compare(rowsA, rowsB, workers, cancellation)).Aggregate((sum, part) => sum.Plus(part));
            changes.Add(new TensorChange(tensor.Name, tensor.Shape, Relative(sums.Difference, sums.Before), sums.Largest, sums.Equal));
            squares.Add((sums.Difference, sums.Before));
        }

        string[] onlyInA = [.. a.Tensors.Where(t => b.Find(t.Name) is null).Select(t => t.Name)];
        string[] onlyInB = [.. b.Tensors.Where(t => a.Find(t.Name) is null).Select(t => t.Name)];
        return new TensorDrift
        {
            Tensors = changes,
            Layers = ByLayer(changes, squares),
            OnlyInA = onlyInA,
            OnlyInB = onlyInB,
            Reshaped = reshaped,
            NotRead = notRead,
            Identical = onlyInA.Length + onlyInB.Length + reshaped.Count + notRead.Count == 0 && changes.TrueForAll(change => change.Identical),
        };
    }

    private static LayerChange[] ByLayer(List<TensorChange> changes, List<(double Difference, double Before)> squares) =>
    [
        .. Enumerable.Range(0, changes.Count).GroupBy(i => Layer(changes[i].Name)).OrderBy(group => group.Key ?? -1).Select(group => new LayerChange(
            group.Key, group.Count(), group.Count(i => changes[i].Identical), Relative(group.Sum(i => squares[i].Difference), group.Sum(i => squares[i].Before)))),
    ];

    private static int? Layer(string name) =>
        LayerNumber().Match(name) is { Success: true } match && int.TryParse(match.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int layer) ? layer : null;

    private static double Relative(double difference, double before) => difference == 0 ? 0 : before == 0 ? double.NaN : Math.Sqrt(difference / before);

    /// <summary>
    /// The tensor's numbers as rows of its last dimension; null for a type that has no reading as float. Longer rows are cut into parts of equal length and a rest, so that
    /// no row is ever widened whole.
    /// </summary>
    private static StoredMatrix[]? Rows(Checkpoint checkpoint, TensorInfo tensor)
    {
        long columns = tensor.Shape.Count == 0 ? 1 : tensor.Shape[^1];
        if (tensor.Type is not TensorType type || !type.IsReadableAsFloat())
            return null;
        StoredBytes bytes = checkpoint.Bytes(tensor.Name);
        if (columns <= ValuesPerPart)
            return [new StoredMatrix(type, columns == 0 ? 0 : tensor.ElementCount / columns, (int)columns, bytes)];
        long parts = tensor.ElementCount / ValuesPerPart, whole = parts * (ValuesPerPart / type.BlockLength()) * type.BlockBytes();
        return
        [
            new StoredMatrix(type, parts, ValuesPerPart, bytes.Slice(0, whole)),
            new StoredMatrix(type, 1, (int)(tensor.ElementCount % ValuesPerPart), bytes.Slice(whole, bytes.Length - whole)),
        ];
    }

    private static bool SameBytes(StoredBytes a, StoredBytes b)
    {
        const int together = 1 << 20;
        for (long at = 0; at < a.Length && a.Length == b.Length; at += together)
        {
            int count = (int)Math.Min(together, a.Length - at);
            if (!a.Span(at, count).SequenceEqual(b.Span(at, count)))
                return false;
        }

        GC.KeepAlive(a);
        GC.KeepAlive(b);
        return a.Length == b.Length;
    }

    private static Sums Compare(StoredMatrix before, StoredMatrix after, Workers workers, CancellationToken cancellation)
    {
        int columns = before.Columns, rowsPerPart = Math.Max(1, ValuesPerPart / Math.Max(1, columns));
        var parts = new Sums[checked((int)((before.Rows + rowsPerPart - 1) / rowsPerPart))];
        workers.Run(parts.Length, part =>
        {
            cancellation.ThrowIfCancellationRequested();
            float[] a = new float[columns], b = new float[columns];
            var sums = new Sums(0, 0, 0, true);
            for (long row = (long)part * rowsPerPart; row < Math.Min(before.Rows, (part + 1L) * rowsPerPart); row++)
            {
                before.ReadRow(row, a);
                after.ReadRow(row, b);
                sums = sums.Plus(Sums.Of(a, b));
            }

            parts[part] = sums;
        });
        return parts.Aggregate(new Sums(0, 0, 0, true), (sum, part) => sum.Plus(part));
    }

    [GeneratedRegex(@"(?:^|\.)(\d+)(?:\.|$)")]
    private static partial Regex LayerNumber();

    /// <summary>Σ (b − a)², Σ a², the largest |b − a|, and whether all numbers are equal.</summary>
    private readonly record struct Sums(double Difference, double Before, double Largest, bool Equal)
    {
        internal static Sums Of(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
        {
            double norm = Vectors.Norm(a), before = norm * norm;
            if (a.SequenceEqual(b))
                return new Sums(0, before, 0, true);
            double distance = Vectors.Distance(a, b), largest = 0;
            for (int i = 0; i < a.Length; i++)
                largest = Math.Max(largest, Math.Abs((double)a[i] - b[i])); // NaN stays NaN
            return new Sums(distance * distance, before, largest, false);
        }

        internal Sums Plus(Sums other) =>
            new(Difference + other.Difference, Before + other.Before, Math.Max(Largest, other.Largest), Equal && other.Equal);
    }
}
