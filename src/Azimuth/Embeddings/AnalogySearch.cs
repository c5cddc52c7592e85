using Azimuth.Numerics;

namespace Azimuth.Embeddings;

/// <summary>The best row for each of many analogy questions; see <see cref="AnalogyEvaluation"/>. One run.</summary>
internal sealed class AnalogySearch
{
    private const int LargestTile = 1024, SmallestTile = 64;
    private const long TileValues = 1L << 22; // cosines of a tile: 16 MB

    private readonly EmbeddingTable _table;
    private readonly AskedQuestion[] _questions;
    private readonly AnalogyEvaluationOptions _options;
    private readonly int _rowCount;
    private readonly int[] _wordOfRow; // [row]: rows that read alike have one number
    private readonly Dictionary<int, int> _place = []; // row of a question's word → its place among the distinct ones
    private readonly double[]?[] _units; // [distinct word]: unit row, null without direction
    private readonly float _slack; // what a cosine in single precision may be off

    internal AnalogySearch(WordIndex words, AskedQuestion[] questions, AnalogyEvaluationOptions options)
    {
        (_table, _questions, _options, _rowCount) = (words.Table, questions, options, words.RowCount);
        foreach (var question in questions)
        {
            foreach (int id in new[] { question.A, question.B, question.C, question.D })
                _place.TryAdd(id, _place.Count);
        }

        _units = new double[_place.Count][];
        foreach (var (id, place) in _place)
            _units[place] = AnalogyScorer.UnitRow(_table, id);
        _wordOfRow = Numbered(words);
        // |fl(a·b) − a·b| ≤ n·2⁻²⁴·|a||b| (Higham 2002, eq. 3.5), and both factors were rounded when they were scaled to length 1.
        _slack = (_table.ModelDim + 8) * MathF.ScaleB(1, -23);
    }

    /// <summary>All four words have a direction.</summary>
    internal bool HasDirections(AskedQuestion question) =>
        _units[_place[question.A]] is not null && _units[_place[question.B]] is not null && _units[_place[question.C]] is not null && _units[_place[question.D]] is not null;

    /// <summary>The best row of each question [method][question]; null where the score has no direction to look in.</summary>
    internal int?[][] Run(Workers workers, IProgress<double>? progress, CancellationToken cancellation)
    {
        AnalogyBest[][] best = [.. _options.Methods.Select(method => Array.ConvertAll(_questions, question => Begin(question, method)))];
        int columns = _table.ModelDim, distinct = _place.Count;
        if (distinct == 0)
            return Array.ConvertAll(best, _ => Array.Empty<int?>());
        PackedMatrix packed = PackWords(workers);
        int tileRows = (int)Math.Clamp(TileValues / distinct, SmallestTile, LargestTile);
        float[] tile = new float[tileRows * columns], cosines = new float[tileRows * distinct], byWord = new float[tileRows * distinct];
        var norms = new double[tileRows];
        for (int first = 0; first < _rowCount; first += tileRows)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = Math.Min(tileRows, _rowCount - first);
            ReadUnitRows(first, count, tile, norms, workers);
            MatrixProduct.Multiply(tile.AsSpan(0, count * columns), count, packed, [], cosines.AsSpan(0, count * distinct), workers); // [row, word]
            Transpose(cosines, count, distinct, byWord, workers); // [word, row]
            var rows = new AnalogyTile(_table, first, count, norms, byWord);
            foreach (AnalogyBest[] questions in best)
                workers.RunRanges(questions.Length, 64, (from, to) => Offer(questions, from, to, rows));
            progress?.Report((double)(first + count) / _rowCount);
        }

        return Array.ConvertAll(best, questions => Array.ConvertAll(questions, question => question.Row));
    }

    private void Offer(AnalogyBest[] questions, int from, int to, AnalogyTile rows)
    {
        var scratch = new double[_table.ModelDim];
        var row = new float[_table.ModelDim];
        for (int q = from; q < to; q++)
            questions[q].Offer(rows, row, scratch, IsExcluded);
    }

    private bool IsExcluded(AskedQuestion question, int row) => _options.Exclusion switch
    {
        AnalogyExclusion.None => false,
        AnalogyExclusion.Rows => row == question.A || row == question.B || row == question.C,
        _ => _wordOfRow[row] == _wordOfRow[question.A] || _wordOfRow[row] == _wordOfRow[question.B] || _wordOfRow[row] == _wordOfRow[question.C],
    };

    private AnalogyBest Begin(AskedQuestion question, AnalogyMethod method)
    {
        int a = _place[question.A], b = _place[question.B], c = _place[question.C];
        AnalogyScorer? scorer = _units[a] is double[] ua && _units[b] is double[] ub && _units[c] is double[] uc
            ? AnalogyScorer.Of(ua, ub, uc, method, _options.Epsilon) : null;
        return new AnalogyBest(question, scorer, scorer is null ? null : AnalogyFilter.Of(_units[a]!, _units[b]!, _units[c]!, method, _options.Epsilon, _slack), a, b, c);
    }

    private PackedMatrix PackWords(Workers workers)
    {
        int columns = _table.ModelDim;
        var values = new float[checked(_units.Length * columns)]; // [word, model]
        for (int w = 0; w < _units.Length; w++)
        {
            for (int i = 0; i < columns && _units[w] is not null; i++)
                values[w * columns + i] = (float)_units[w]![i];
        }

        return PackedMatrix.Pack(StoredMatrix.FromFloats(values, _units.Length, columns), workers: workers);
    }

    private void ReadUnitRows(int first, int count, float[] tile, double[] norms, Workers workers)
    {
        int columns = _table.ModelDim;
        workers.RunRanges(count, 64, (from, to) =>
        {
            _table.Rows.ReadRows(first + from, to - from, tile.AsSpan(from * columns, (to - from) * columns));
            for (int i = from; i < to; i++)
            {
                var row = tile.AsSpan(i * columns, columns);
                norms[i] = Vectors.Norm(row);
                double scale = norms[i] > 0 ? 1 / norms[i] : 0;
                foreach (ref float value in row)
                    value = (float)(value * scale);
            }
        });
    }

    private static void Transpose(float[] from, int rows, int columns, float[] to, Workers workers)
    {
        const int block = 16; // a block of both fits the first-level cache
        workers.RunRanges(columns, block, (start, end) =>
        {
            for (int r0 = 0; r0 < rows; r0 += block)
            {
                int rowEnd = Math.Min(rows, r0 + block);
                for (int c0 = start; c0 < end; c0 += block)
                {
                    int columnEnd = Math.Min(end, c0 + block);
                    for (int c = c0; c < columnEnd; c++)
                    {
                        for (int r = r0; r < rowEnd; r++)
                            to[c * rows + r] = from[r * columns + c];
                    }
                }
            }
        });
    }

    private static int[] Numbered(WordIndex words)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var ofRow = new int[words.RowCount];
        for (int id = 0; id < ofRow.Length; id++)
        {
            if (words.Word(id) is not string word)
            {
                ofRow[id] = -1 - id; // like no other
                continue;
            }

            if (!numbers.TryGetValue(word, out int number))
                numbers.Add(word, number = numbers.Count);
            ofRow[id] = number;
        }

        return ofRow;
    }
}

/// <summary>A tile of rows and their cosines with the questions' words.</summary>
/// <param name="Table">Where the rows come from.</param>
/// <param name="First">The first row.</param>
/// <param name="Count">How many.</param>
/// <param name="Norms">Length of each row, as stored.</param>
/// <param name="Cosines">[word, row], single precision.</param>
internal sealed record AnalogyTile(EmbeddingTable Table, int First, int Count, double[] Norms, float[] Cosines)
{
    internal ReadOnlySpan<float> Of(int word) => Cosines.AsSpan(word * Count, Count);
}

/// <summary>The best answer to one question so far. Offered tiles in order, so that equal scores keep the lower row.</summary>
internal sealed class AnalogyBest(AskedQuestion question, AnalogyScorer? scorer, AnalogyFilter? filter, int a, int b, int c)
{
    private double _score = double.NegativeInfinity;

    /// <summary>The best row; null while there is none.</summary>
    internal int? Row { get; private set; }

    internal void Offer(AnalogyTile tile, float[] row, double[] scratch, Func<AskedQuestion, int, bool> excluded)
    {
        if (scorer is null || filter is null)
            return;
        ReadOnlySpan<float> toA = tile.Of(a), toB = tile.Of(b), toC = tile.Of(c);
        for (int i = filter.Next(toA, toB, toC, 0, _score); i < tile.Count; i = filter.Next(toA, toB, toC, i + 1, _score))
        {
            if (excluded(question, tile.First + i))
                continue;
            tile.Table.Rows.ReadRow(tile.First + i, row);
            double score = scorer.Score(row, tile.Norms[i], scratch);
            if (score > _score)
                (_score, Row) = (score, tile.First + i);
        }
    }
}
