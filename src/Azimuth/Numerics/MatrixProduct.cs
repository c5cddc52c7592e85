using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Azimuth.Numerics;

/// <summary>The matrix product of the whole library.</summary>
public static unsafe class MatrixProduct
{
    /// <summary>
    /// Inputs summed as one chain of fused multiply-adds; the sums of the blocks are added in order. Part of the definition of the result: every kernel keeps to it.
    /// </summary>
    internal const int InputBlock = 256;

    /// <summary>
    /// output[r, o] = Σₖ input[r, k] · weights[o, k] (+ bias[o]); input [rows, inputs], output [rows, outputs], both row-major.
    /// Each output's order of summation depends only on the number of inputs and the stored type: never on the number of rows, of
    /// outputs or of threads, so one row alone and the same row in a batch give the same bits.
    /// </summary>
    /// <param name="input">[rows, inputs].</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="weights">Packed weights.</param>
    /// <param name="bias">[outputs], or empty for none.</param>
    /// <param name="output">[rows, outputs], overwritten; may not overlap the input.</param>
    /// <param name="workers">The threads to use.</param>
    /// <remarks>
    /// NaN and infinity follow IEEE 754: a NaN in an input row reaches that row's outputs, one in a weight the outputs it belongs to, and nothing else.
    /// </remarks>
    /// <exception cref="ArgumentException">A span of another length than the shapes need.</exception>
    public static void Multiply(ReadOnlySpan<float> input, int rows, PackedMatrix weights, ReadOnlySpan<float> bias, Span<float> output, Workers workers) =>
        Multiply(input, rows, weights, bias, output, workers, Widest);

    internal static VectorWidth Widest =>
        Avx512F.IsSupported && Vector512.IsHardwareAccelerated ? VectorWidth.Bits512 : Vector128.IsHardwareAccelerated ? VectorWidth.Bits256 : VectorWidth.Scalar;

    /// <summary>The same with a chosen kernel; all give the same bits.</summary>
    internal static void Multiply(
        ReadOnlySpan<float> input, int rows, PackedMatrix weights, ReadOnlySpan<float> bias, Span<float> output, Workers workers, VectorWidth width)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(workers);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        int n = weights.Outputs, k = weights.Inputs;
        if (input.Length != (long)rows * k || output.Length != (long)rows * n || (bias.Length != 0 && bias.Length != n))
            throw new ArgumentException($"input [{rows}, {k}], output [{rows}, {n}] and bias [{n}] expected, found {input.Length}, {output.Length} and {bias.Length} values");
        if (rows == 0 || n == 0)
            return;
        fixed (float* x = input, y = output, b = bias)
        {
            var product = new TiledProduct(x, rows, weights, bias.IsEmpty ? null : b, y, width);
            if (rows == 1 && k > 0 && width == VectorWidth.Bits512)
                product.RunOneRow(workers);
            else
                product.Run(workers);
        }

        GC.KeepAlive(weights);
    }
}

/// <summary>The kernels of the matrix product.</summary>
internal enum VectorWidth
{
    /// <summary>One value at a time.</summary>
    Scalar,

    /// <summary>8 floats.</summary>
    Bits256,

    /// <summary>16 floats.</summary>
    Bits512,
}

/// <summary>One call of <see cref="MatrixProduct"/>: who does which part, and the loops around the tiles.</summary>
internal sealed unsafe class TiledProduct(float* input, int rows, PackedMatrix weights, float* bias, float* output, VectorWidth width)
{
    private const int Width = PackedMatrix.PanelWidth;
    private const int TileRows = Tiles512.Rows;
    private const int RowBlock = 20 * TileRows; // their inputs of one block, 240 KB, stay in the second-level cache
    private const int InputBlock = MatrixProduct.InputBlock;
    private const long SmallWork = 1 << 16; // multiply-adds that take about as long as waking a thread
    private const long SmallBytes = 48 << 10;
    private const long PartBytes = 256 << 10;

    public void RunOneRow(Workers workers)
    {
        int panels = weights.PanelCount;
        long bytes = panels * weights.PanelBytes;
        if (bytes < SmallBytes || panels < 2)
        {
            OneRow(0, panels);
            return;
        }

        // More parts than threads where they are long enough, so that a thread held up by another program holds up little.
        int parts = (int)Math.Min(panels, Math.Max(workers.ThreadCount, Math.Min(4 * workers.ThreadCount, bytes / PartBytes)));
        workers.Run(parts, part => OneRow((int)((long)panels * part / parts), (int)((long)panels * (part + 1) / parts)));
    }

    public void Run(Workers workers)
    {
        int panels = weights.PanelCount, threads = workers.ThreadCount;
        if (threads == 1 || (long)rows * weights.Outputs * weights.Inputs < SmallWork)
        {
            Part(0, rows, 0, panels);
            return;
        }

        int across = panels >= 8 * threads ? 4 * threads : Math.Min(panels, threads);
        // Too few panels to share evenly: rows are shared too.
        int tiles = (rows + TileRows - 1) / TileRows;
        int down = panels % across == 0 || panels >= 8 * threads ? 1 : Math.Min(tiles, threads);
        if (down > 1)
            across = 1;
        workers.Run(across * down, part => Part(
            (int)((long)tiles * (part / across) / down) * TileRows,
            Math.Min(rows, (int)((long)tiles * (part / across + 1) / down) * TileRows),
            (int)((long)panels * (part % across) / across),
            (int)((long)panels * (part % across + 1) / across)));
    }

    [SkipLocalsInit]
    private void OneRow(int from, int to)
    {
        float* sums = stackalloc float[2 * Width];
        // Two streams, through the first and the second half of the panels: long runs of addresses that the processor reads ahead of.
        int half = (to - from + 1) / 2;
        for (int first = from; first < from + half; first++)
        {
            int second = Math.Min(first + half, to - 1);
            OneRow512.TwoPanels(weights.Type, input, weights.Inputs, weights.Panel(first), weights.Panel(second), sums);
            Finish(sums, 0, 1, first, true, true);
            if (first + half < to)
                Finish(sums + Width, 0, 1, second, true, true);
        }
    }

    /// <summary>Outputs of a range of rows and panels.</summary>
    [SkipLocalsInit]
    private void Part(int fromRow, int toRow, int fromPanel, int toPanel)
    {
        // The panels of one block of inputs [256, 32], one tile of sums [12, 32], the last rows filled up to a tile [12, 256]; on a cache line.
        float* raw = stackalloc float[InputBlock * Width + TileRows * Width + TileRows * InputBlock + 16];
        float* scratch = (float*)(((nint)raw + 63) & ~(nint)63), sums = scratch + InputBlock * Width, lastRows = sums + TileRows * Width;
        int inputs = weights.Inputs;
        if (inputs == 0)
            new Span<float>(sums, TileRows * Width).Clear();
        for (int block = fromRow; block < toRow; block += RowBlock)
        {
            int blockEnd = Math.Min(toRow, block + RowBlock);
            for (int k = 0; k < Math.Max(1, inputs); k += InputBlock)
            {
                int count = Math.Min(InputBlock, inputs - k);
                int lastTile = blockEnd - (blockEnd - block - 1) % TileRows - 1;
                bool fillUp = Readable(blockEnd - lastTile) != blockEnd - lastTile;
                if (fillUp)
                    FillUp(lastTile, blockEnd - lastTile, k, count, lastRows);
                for (int panel = fromPanel; panel < toPanel; panel++)
                {
                    float* values = count == 0 ? scratch : Values(panel, k, count, scratch);
                    for (int row = block; row < blockEnd; row += TileRows)
                    {
                        int tile = Math.Min(TileRows, blockEnd - row);
                        bool last = fillUp && row == lastTile;
                        if (count > 0)
                            Sum(last ? lastRows : input + (long)row * inputs + k, last ? InputBlock : inputs, tile, values, count, sums);
                        Finish(sums, row, tile, panel, k == 0, k + InputBlock >= inputs);
                    }
                }
            }
        }
    }

    private float* Values(int panel, int from, int count, float* scratch)
    {
        if (weights.Type == TensorType.F32)
            return (float*)weights.Panel(panel) + (long)from * Width;
        PanelReader.Widen(weights.Type, weights.Panel(panel), from, count, scratch);
        return scratch;
    }

    /// <summary>How many rows the kernels read for a tile of so many.</summary>
    private int Readable(int tile) => width switch
    {
        VectorWidth.Bits512 => (tile + 2) / 3 * 3,
        VectorWidth.Bits256 when tile > 1 => (tile + 5) / 6 * 6,
        _ => tile,
    };

    private void FillUp(int row, int tile, int from, int count, float* to)
    {
        new Span<float>(to, TileRows * InputBlock).Clear();
        for (int r = 0; r < tile; r++)
            new ReadOnlySpan<float>(input + (long)(row + r) * weights.Inputs + from, count).CopyTo(new Span<float>(to + r * InputBlock, count));
    }

    private void Sum(float* a, int stride, int tile, float* values, int count, float* sums)
    {
        if (width == VectorWidth.Bits512)
            Tiles512.Block(a, stride, tile, values, count, sums);
        else if (width == VectorWidth.Bits256)
            Tiles256.Block(a, stride, tile, values, count, sums);
        else
            TilesScalar.Block(a, stride, tile, values, count, sums);
    }

    /// <summary>Adds a tile's sums of one block to the output; the first block overwrites it, the last one adds the bias.</summary>
    private void Finish(float* sums, int row, int tile, int panel, bool first, bool last)
    {
        int column = panel * Width, count = Math.Min(Width, weights.Outputs - column);
        bool addsBias = last && bias is not null;
        for (int r = 0; r < tile; r++, sums += Width)
        {
            float* to = output + (long)(row + r) * weights.Outputs + column;
            if (count < Width)
            {
                for (int i = 0; i < count; i++)
                {
                    float sum = first ? sums[i] : to[i] + sums[i];
                    to[i] = addsBias ? sum + bias[column + i] : sum;
                }

                continue;
            }

            for (int i = 0; i < Width; i += Vector256<float>.Count)
            {
                var sum = first ? Vector256.Load(sums + i) : Vector256.Load(to + i) + Vector256.Load(sums + i);
                (addsBias ? sum + Vector256.Load(bias + column + i) : sum).Store(to + i);
            }
        }
    }
}
