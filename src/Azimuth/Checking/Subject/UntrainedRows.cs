using System.Buffers;
using Azimuth.Numerics;
using Azimuth.Tokenization;

namespace Azimuth.Checking;

/// <summary>
/// Tells whether a token's row was ever trained, by three signs: it is the mean of the others, as libraries initialise new rows; it is still the random
/// row it began as; or it lies where rows lie that no text can reach (Land and Bartolo 2024, §3.2: unused rows share a direction).
/// Reference rows are found, not given: rows without a token, and tokens of bytes that are in no UTF-8 text.
/// </summary>
internal sealed class UntrainedRows
{
    private const int FewestReferences = 5, MostCompared = 4096;
    private const double NearMean = 0.1, TightReferences = 0.7, SameDirection = 0.8;
    private static readonly SearchValues<byte> NeverInUtf8 = SearchValues.Create([0xC0, 0xC1, .. Enumerable.Range(0xF5, 0x0B).Select(b => (byte)b)]);

    private readonly TableRows _table;
    private readonly double[] _mean;
    private readonly double _meanNorm, _shortest, _longest, _initial;
    private readonly double[]? _unusedDirection;
    private readonly double _unusedCosine, _unusedShortest, _unusedLongest;

    private UntrainedRows(CheckSubject subject, Tokenizer tokenizer, TableRows table)
    {
        _table = table;
        HashSet<int> added = [.. tokenizer.Parts.AddedTokens.Select(t => t.Id)];
        int[] ordinary = [.. Enumerable.Range(0, table.Count).Where(id => subject.HasToken(id) && !added.Contains(id) && double.IsFinite(table.Norms[id]))];
        _mean = table.Mean(ordinary);
        _meanNorm = Length(_mean);
        double[] norms = [.. ordinary.Select(id => table.Norms[id]).Order()];
        (_shortest, _longest) = norms.Length == 0 ? (0, 0) : (norms[norms.Length / 100], norms[norms.Length - 1 - norms.Length / 100]);
        double range = subject.Config.Value?.Number("initializer_range") ?? 0.02; // what every family's code initialises with
        _initial = range * Math.Sqrt(table.Matrix.Columns);
        int[] compared = Spread(ordinary, MostCompared);
        int[] references = [.. References(subject, tokenizer)];
        ReferenceRows = references.Length;
        if (references.Length < FewestReferences)
            return;
        double[] direction = MeanDirection(references);
        double[] own = [.. references.Select(id => Cosine(Centred(id), direction)).Order()];
        double[] others = [.. compared.Except(references).Select(id => Cosine(Centred(id), direction)).Order()];
        double tight = own[own.Length / 10];
        if (tight < TightReferences || (others.Length > 0 && others[others.Length / 2] > tight - 0.2))
            return;
        (_unusedDirection, _unusedCosine) = (direction, Math.Max(tight, SameDirection));
        (_unusedShortest, _unusedLongest) = (references.Min(id => table.Norms[id]), references.Max(id => table.Norms[id]));
    }

    /// <summary>How many rows are known to be unused.</summary>
    public int ReferenceRows { get; }

    public static UntrainedRows Of(CheckSubject subject, TableRows table) => new(subject, subject.Tokenizer.Value!, table);

    /// <summary>The sign that a row was never trained, as the end of a sentence, or null when there is none.</summary>
    public string? SignOf(int id)
    {
        double norm = _table.Norms[id];
        if (!double.IsFinite(norm) || norm == 0)
            return null; // they have rules of their own
        double[] row = Row(id);
        double[] centred = [.. row.Zip(_mean, (a, b) => a - b)];
        if (Length(centred) < NearMean * _meanNorm)
            return "is the mean of the other rows, as new rows are initialised";
        double deviation = _initial / Math.Sqrt(2 * row.Length); // of the length of a random row
        if (Math.Abs(norm - _initial) < 4 * deviation && (norm < _shortest || norm > _longest) && Math.Abs(Cosine(row, _mean)) < 4 / Math.Sqrt(row.Length))
            return "is a random row of the length that new rows are initialised with";
        if (IsUnused(id) && _unusedDirection is { } unused)
            return FormattableString.Invariant($"lies where rows lie that no text reaches (cosine {Cosine(centred, unused):F3} to their mean, centred)");
        return null;
    }

    /// <summary>True when the row lies where rows lie that no text reaches; false where no such place is known.</summary>
    public bool IsUnused(int id)
    {
        double norm = _table.Norms[id];
        return _unusedDirection is { } unused && norm > 0.8 * _unusedShortest && norm < 1.25 * _unusedLongest && Cosine(Centred(id), unused) >= _unusedCosine;
    }

    private static IEnumerable<int> References(CheckSubject subject, Tokenizer tokenizer)
    {
        TableRows table = subject.Input.Value!;
        return Enumerable.Range(0, table.Count).Where(id =>
            table.Norms[id] > 0 && double.IsFinite(table.Norms[id])
            && (!subject.HasToken(id) || (tokenizer.TokenBytes(id) is [var only] && NeverInUtf8.Contains(only))));
    }

    private double[] MeanDirection(int[] ids)
    {
        var sum = new double[_mean.Length];
        foreach (int id in ids)
        {
            double[] centred = Centred(id);
            double length = Length(centred);
            for (int c = 0; c < sum.Length && length > 0; c++)
                sum[c] += centred[c] / length;
        }

        return sum;
    }

    /// <summary>Evenly spaced ids, all of them when there are few.</summary>
    private static int[] Spread(int[] ids, int most)
    {
        int step = (ids.Length + most - 1) / most;
        return [.. ids.Where((_, i) => i % Math.Max(1, step) == 0)];
    }

    private double[] Row(int id) => Array.ConvertAll(_table.Matrix.Row(id), v => (double)v);

    private double[] Centred(int id) => [.. Row(id).Zip(_mean, (a, b) => a - b)];

    private static double Length(double[] v) => System.Numerics.Tensors.TensorPrimitives.Norm<double>(v);

    private static double Cosine(double[] a, double[] b)
    {
        double lengths = Length(a) * Length(b);
        return lengths == 0 ? 0 : System.Numerics.Tensors.TensorPrimitives.Dot<double>(a, b) / lengths;
    }
}
