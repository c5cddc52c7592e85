using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Quantization;
using Azimuth.Tokenization;

namespace Azimuth.Vocabulary.Resizing;

/// <summary>Makes the rows of new ids for one table, and the entries of one bias. The same seed gives the same rows.</summary>
internal sealed class NewRows
{
    /// <summary>The share of the covariance in Hewitt 2021: small, so that new tokens stay near the mean but are not one and the same.</summary>
    private const double CovarianceShare = 1e-5;

    private readonly ResizeOptions _options;
    private readonly int _tokens;
    private readonly Dictionary<int, int[]> _parts; // ids of the tokens that a new token's text is made of

    /// <param name="options">How they are made.</param>
    /// <param name="tokens">Rows that belong to tokens, from the first on.</param>
    /// <param name="tokenizer">The tokenizer as it is, or null.</param>
    /// <param name="added">New tokens.</param>
    public NewRows(ResizeOptions options, int tokens, Tokenizer? tokenizer, IReadOnlyList<TokenRef> added)
    {
        (_options, _tokens) = (options, tokens);
        _parts = options.Initialization != RowInitialization.SubtokenMean || tokenizer is null ? [] : added.ToDictionary(
            token => token.Id, token => tokenizer.EncodeIds(token.Text, addSpecialTokens: false).Where(id => id < tokens).ToArray());
    }

    /// <summary>Stored bytes of the rows of <paramref name="ids"/>, one after the other.</summary>
    public StoredBytes Of(StoredMatrix table, IReadOnlyList<int> ids, Workers workers, CancellationToken cancellation)
    {
        int tokens = (int)Math.Min(_tokens, table.Rows), rowBytes = checked((int)table.RowBytes);
        var bytes = new byte[checked(ids.Count * rowBytes)];
        if (_options.Initialization == RowInitialization.Copy)
        {
            for (int i = 0; i < ids.Count; i++)
                table.Bytes.Span(_options.CopyFrom * table.RowBytes, rowBytes).CopyTo(bytes.AsSpan(i * rowBytes));
            return StoredBytes.FromBytes(bytes);
        }

        Func<int, float[]> make = Maker(table, tokens, workers, cancellation);
        for (int i = 0; i < ids.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            RowEncoder.Encode(table.Type, make(ids[i]), bytes.AsSpan(i * rowBytes, rowBytes));
        }

        return StoredBytes.FromBytes(bytes);
    }

    private Func<int, float[]> Maker(StoredMatrix table, int tokens, Workers workers, CancellationToken cancellation)
    {
        if (_options.Initialization == RowInitialization.Zero)
            return _ => new float[table.Columns];
        if (_options.Initialization == RowInitialization.MeanCovariance)
            return Drawn(table, tokens, workers);
        float[] mean = Mean(table, Enumerable.Range(0, tokens), cancellation);
        return id => _parts.TryGetValue(id, out int[]? parts) && parts.Length > 0 ? Mean(table, parts, cancellation) : mean;
    }

    /// <summary>μ + √(10⁻⁵) Σⱼ √λⱼ zⱼ vⱼ with λ, v of the covariance and z standard normal: N(μ, 10⁻⁵ Σ), also where Σ has not full rank.</summary>
    private Func<int, float[]> Drawn(StoredMatrix table, int tokens, Workers workers)
    {
        int columns = table.Columns;
        var rows = new StoredMatrix(table.Type, tokens, columns, table.Bytes.Slice(0, tokens * table.RowBytes));
        Gram gram = Gram.Of(rows, workers);
        SymmetricEigen eigen = SymmetricEigen.Decompose(gram.Covariance(), columns, workers);
        var random = new SeededRandom(_options.Seed);
        return _ =>
        {
            double[] sums = [.. gram.Mean];
            for (int j = 0; j < columns; j++)
            {
                // Rounding can leave an eigenvalue a little below 0.
                double weight = Math.Sqrt(CovarianceShare * Math.Max(0, eigen.Values[j])) * random.NextGaussian();
                ReadOnlySpan<double> vector = eigen.Vector(j);
                for (int c = 0; c < columns; c++)
                    sums[c] += weight * vector[c];
            }

            return [.. sums.Select(sum => (float)sum)];
        };
    }

    private static float[] Mean(StoredMatrix table, IEnumerable<int> ids, CancellationToken cancellation)
    {
        var sums = new double[table.Columns];
        var row = new float[table.Columns];
        int count = 0;
        foreach (int id in ids)
        {
            if (count % 4096 == 0)
                cancellation.ThrowIfCancellationRequested();
            table.ReadRow(id, row);
            for (int c = 0; c < row.Length; c++)
                sums[c] += row[c];
            count++;
        }

        return [.. sums.Select(sum => (float)(sum / Math.Max(1, count)))];
    }
}
