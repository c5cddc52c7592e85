using System.Buffers;
using Azimuth.Numerics;
using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Running;

/// <summary>
/// Reads off rows of logits while they are in the cache: portions of the output table pass by one after the other, each with all the rows, so that the table is read once and a
/// [rows, vocab] matrix never exists. A row's results do not depend on the other rows, nor on the number of threads.
/// </summary>
/// <param name="table">The output table.</param>
/// <param name="finish">Makes logits of products.</param>
/// <param name="rows">What the table is multiplied with [row, width].</param>
/// <param name="tokens">Whose logit and rank is wanted in each row.</param>
/// <param name="top">How many of a row's largest logits are kept.</param>
internal sealed class VocabularyScan(Linear table, Action<Span<float>> finish, float[] rows, int[] tokens, int top)
{
    private const int PanelsAtOnce = 16; // of 32 tokens
    private const int PortionSize = PanelsAtOnce * PackedMatrix.PanelWidth;
    private const int RowsAtOnce = 96; // 192 KiB of logits
    private const int RowsTogether = 1024; // sums are kept for each row and portion
    private const int MostKept = 1 << 20; // of largest logits, of all rows and parts

    private readonly int _portions = (table.Outputs + PortionSize - 1) / PortionSize;
    private readonly float[] _logits = new float[tokens.Length];
    private readonly NextToken[] _found = new NextToken[tokens.Length];

    public NextToken[] Run(Workers workers, CancellationToken cancellation)
    {
        using var alone = new Workers(1);
        workers.RunRanges(tokens.Length, 16, (from, to) => TokenLogits(from, to, alone));
        int parts = Math.Min(_portions, 4 * workers.ThreadCount), together = (int)Math.Clamp(MostKept / Math.Max(1, (long)parts * top), 1, RowsTogether);
        for (int first = 0; first < tokens.Length; first += together)
            Scan(first, Math.Min(together, tokens.Length - first), parts, workers, alone, cancellation);
        return _found;
    }

    /// <summary>The logits of the tokens asked about: ranks are counted against them.</summary>
    private void TokenLogits(int from, int to, Workers alone)
    {
        Span<float> logits = stackalloc float[PackedMatrix.PanelWidth];
        for (int row = from; row < to; row++)
        {
            int panel = tokens[row] / PackedMatrix.PanelWidth;
            _logits[row] = Multiply(row, 1, panel, 1, logits, alone)[tokens[row] % PackedMatrix.PanelWidth];
        }
    }

    private void Scan(int first, int count, int parts, Workers workers, Workers alone, CancellationToken cancellation)
    {
        var sums = new double[count * _portions]; // ln Σ exp of [row, portion]
        var best = new RunningTop[parts][];
        var before = new int[parts][];
        workers.Run(parts, part =>
        {
            RunningTop[] kept = best[part] = [.. Enumerable.Range(0, top == 0 ? 0 : count).Select(_ => new RunningTop(Math.Min(top, table.Outputs)))];
            int[] ranks = before[part] = new int[count];
            float[] room = ArrayPool<float>.Shared.Rent(RowsAtOnce * PortionSize);
            for (int portion = (int)((long)_portions * part / parts); portion < (int)((long)_portions * (part + 1) / parts); portion++)
            {
                cancellation.ThrowIfCancellationRequested();
                int token = portion * PortionSize, size = Math.Min(PortionSize, table.Outputs - token);
                for (int block = 0; block < count; block += RowsAtOnce)
                {
                    int some = Math.Min(RowsAtOnce, count - block);
                    ReadOnlySpan<float> logits = Multiply(first + block, some, portion * PanelsAtOnce, PanelsAtOnce, room, alone);
                    for (int row = block; row < block + some; row++, logits = logits[size..])
                    {
                        sums[row * _portions + portion] = Softmax.LogSumExp(logits[..size]);
                        ranks[row] += TopK.CountBefore(logits[..size], token, tokens[first + row], _logits[first + row]);
                        if (top > 0)
                            kept[row].Offer(logits[..size], token);
                    }
                }
            }

            ArrayPool<float>.Shared.Return(room);
        });

        for (int row = 0; row < count; row++)
        {
            for (int part = 1; part < parts && top > 0; part++)
                best[0][row].Merge(best[part][row]);
            _found[first + row] = new NextToken(
                Softmax.LogSumExpOfParts(sums.AsSpan(row * _portions, _portions)), _logits[first + row], 1 + before.Sum(ranks => ranks[row]), top == 0 ? [] : best[0][row].Sorted());
        }
    }

    /// <summary>Logits [row, token] of some rows and panels.</summary>
    private ReadOnlySpan<float> Multiply(int row, int count, int panel, int panels, Span<float> room, Workers alone)
    {
        PackedMatrix some = table.Packed.Panels(panel, panels);
        Span<float> logits = room[..(count * some.Outputs)];
        ReadOnlySpan<float> bias = table.Bias is null ? [] : table.Bias.AsSpan(panel * PackedMatrix.PanelWidth, some.Outputs);
        MatrixProduct.Multiply(rows.AsSpan(row * table.Inputs, count * table.Inputs), count, some, bias, logits, alone);
        finish(logits);
        return logits;
    }
}
