using System.Numerics.Tensors;
using Azimuth.Embeddings;
using Azimuth.Tokenization;
using Azimuth.Vocabulary;

namespace Azimuth.Checking;

/// <summary>
/// Tells whether a token's row was ever trained, by three signs: it is the mean of the others, as libraries initialise new rows; it is still the random
/// row it began as; or it lies where rows lie that no text can reach (Land and Bartolo 2024, §3.2: unused rows share a direction).
/// </summary>
internal sealed class UntrainedRows
{
    private const int FewestReferences = 5, MostCompared = 4096;
    private const double NearMean = 0.1, Elsewhere = 0.8;

    private readonly TableRows _table;
    private readonly double[] _mean;
    private readonly double _meanNorm, _shortest, _longest, _initial;
    private readonly double[]? _unusedDirection;
    private readonly double _unusedShortest, _unusedLongest;
    private readonly bool _fromUnusedIds;

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

        subject.Say("looking for rows that no text reaches", 0);
        TokenClass[] classes = TokenClasses.Of(tokenizer, table.Count, subject.Workers, subject.Cancellation);
        for (int id = 0; id < classes.Length; id++)
        {
            if (!(table.Norms[id] > 0 && double.IsFinite(table.Norms[id])))
                classes[id] = TokenClass.Ok; // they have rules of their own and no direction
        }

        EmbeddingTable rows = new(table.Tensor, table.Matrix, subject.Text);
        ReferenceRows references = Vocabulary.ReferenceRows.Find(rows, classes, _mean, subject.Workers, subject.Cancellation);
        ReferenceRows = references.Ids.Count;
        if (references.Ids.Count < FewestReferences)
            return;
        double[] direction = [.. references.Mean.Zip(_mean, (a, b) => a - b)];
        double[] others = [.. Spread([.. ordinary.Except(references.Ids)]).Select(id => Cosine(Centred(id), direction)).Order()];
        if (others.Length > 0 && others[others.Length / 2] > Elsewhere)
            return;
        (_unusedDirection, _fromUnusedIds) = (direction, references.Source == ReferenceSource.UnusedIds);
        (_unusedShortest, _unusedLongest) = (references.Ids.Min(id => table.Norms[id]), references.Ids.Max(id => table.Norms[id]));
    }

    /// <summary>How many rows are taken as never trained.</summary>
    public int ReferenceRows { get; }

    public static UntrainedRows Of(CheckSubject subject, TableRows table) => new(subject, subject.Tokenizer.Value!, table);

    /// <summary>The sign that a row was never trained, as the end of a sentence, or null when there is none.</summary>
    public string? SignOf(int id)
    {
        double norm = _table.Norms[id];
        if (!double.IsFinite(norm) || norm == 0)
            return null; // they have rules of their own
        double[] row = Row(id), centred = Centred(id);
        if (Length(centred) < NearMean * _meanNorm)
            return "is the mean of the other rows, as new rows are initialised";
        double deviation = _initial / Math.Sqrt(2 * row.Length); // of the length of a random row
        if (Math.Abs(norm - _initial) < 4 * deviation && (norm < _shortest || norm > _longest) && Math.Abs(Cosine(row, _mean)) < 4 / Math.Sqrt(row.Length))
            return "is a random row of the length that new rows are initialised with";
        // A dense cluster may be anything; only rows that are known to be unused tell of training.
        return _fromUnusedIds && IsUnused(id)
            ? FormattableString.Invariant($"lies where rows lie that no text reaches (cosine {Cosine(centred, _unusedDirection!):F3} to their mean, centred)")
            : null;
    }

    /// <summary>True when the row lies where rows lie that no text reaches, or in the table's densest cluster where none of those are known.</summary>
    public bool IsUnused(int id)
    {
        double norm = _table.Norms[id];
        return _unusedDirection is { } unused && norm > 0.8 * _unusedShortest && norm < 1.25 * _unusedLongest
            && Cosine(Centred(id), unused) >= Vocabulary.ReferenceRows.Coherent;
    }

    /// <summary>Evenly spaced ids, all of them when there are few.</summary>
    private static IEnumerable<int> Spread(int[] ids)
    {
        int step = Math.Max(1, (ids.Length + MostCompared - 1) / MostCompared);
        return ids.Where((_, i) => i % step == 0);
    }

    private double[] Row(int id) => Array.ConvertAll(_table.Matrix.Row(id), v => (double)v);

    private double[] Centred(int id) => [.. Row(id).Zip(_mean, (a, b) => a - b)];

    private static double Length(double[] v) => TensorPrimitives.Norm<double>(v);

    private static double Cosine(double[] a, double[] b)
    {
        double lengths = Length(a) * Length(b);
        return lengths == 0 ? 0 : TensorPrimitives.Dot<double>(a, b) / lengths;
    }
}
