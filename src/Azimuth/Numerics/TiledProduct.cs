using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>One call of <see cref="MatrixProduct"/>: who does which part, and the loops around the tiles.</summary>
internal sealed unsafe class TiledProduct(float* input, int rows, PackedMatrix weights, float* bias, float* output, VectorWidth width)
{
    /// <summary>
    /// Tiles of 12 rows by 256 inputs, rows side by side and the last tile filled up: [tile, block of inputs, row, 256]. For inputs whose rows lie a multiple of 2 KiB apart: those would share a
    /// few places of the first-level cache and push each other out. Null where they do not.
    /// </summary>
    private float* _tiles;

    private const int Width = PackedMatrix.PanelWidth;
    private const int TileRows = Tiles512.Rows;
    private const int CacheBytes = 512 << 10; // half of the second-level cache of today's processors
    private const int InputBlock = MatrixProduct.InputBlock;
    private const long SmallWork = 1 << 16; // multiply-adds that take about as long as waking a thread
    private const long SmallBytes = 48 << 10;
    private const long PartBytes = 256 << 10;
    private const int MostCopied = 8 << 20; // values of inputs that are copied into tiles at a time

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
        if (weights.Inputs % 512 != 0 || weights.Inputs == 0 || rows < TileRows)
        {
            Share(workers);
            return;
        }

        int most = Math.Max(TileRows, MostCopied / weights.Inputs / TileRows * TileRows);
        if (rows > most)
        {
            for (int first = 0; first < rows; first += most)
                new TiledProduct(input + (long)first * weights.Inputs, Math.Min(most, rows - first), weights, bias, output + (long)first * weights.Outputs, width).Run(workers);
            return;
        }

        int tiles = (rows + TileRows - 1) / TileRows, tileValues = TileRows * weights.Inputs;
        float[] copy = ArrayPool<float>.Shared.Rent(checked(tiles * tileValues));
        fixed (float* tile = copy)
        {
            _tiles = tile;
            workers.RunRanges(tiles, 4, CopyTiles);
            Share(workers);
        }

        ArrayPool<float>.Shared.Return(copy);
    }

    /// <summary>Deals out the panels, and rows where they are too few.</summary>
    private void Share(Workers workers)
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
            Finish(sums, 0, 1, first);
            if (first + half < to)
                Finish(sums + Width, 0, 1, second);
        }
    }

    /// <summary>Outputs of a range of rows and panels: for each panel, block after block of inputs is added up in scratch memory, then written out.</summary>
    [SkipLocalsInit]
    private void Part(int fromRow, int toRow, int fromPanel, int toPanel)
    {
        int inputs = weights.Inputs, rowBlock = RowBlock();
        // One panel's block of inputs [256, 32], one tile's sums [12, 32], the block of rows' sums so far [rowBlock, 32]; on cache lines.
        float* raw = stackalloc float[InputBlock * Width + TileRows * Width + rowBlock * Width + 16];
        float* scratch = (float*)(((nint)raw + 63) & ~(nint)63), sums = scratch + InputBlock * Width, totals = sums + TileRows * Width;
        // All blocks of rows but the last are whole tiles.
        int lastRow = fromRow + (toRow - fromRow - 1) / TileRows * TileRows, lastCount = toRow - lastRow;
        using var lastRows = _tiles is not null || Readable(lastCount) == lastCount ? null : FillUp(lastRow, lastCount);
        for (int block = fromRow; block < toRow; block += rowBlock)
        {
            int rowCount = Math.Min(rowBlock, toRow - block);
            for (int panel = fromPanel; panel < toPanel; panel++)
            {
                new Span<float>(totals, rowCount * Width).Fill(inputs == 0 ? 0 : -0f); // −0 + x is x, whatever its sign
                for (int k = 0; k < inputs; k += InputBlock)
                {
                    int count = Math.Min(InputBlock, inputs - k);
                    float* values = Values(panel, k, count, scratch);
                    for (int row = 0; row < rowCount; row += TileRows)
                    {
                        int tile = Math.Min(TileRows, rowCount - row);
                        if (_tiles is not null)
                        {
                            TileSum.Block(width, _tiles + (long)(block + row) * inputs + k * TileRows, InputBlock, 1, tile, values, count, sums);
                        }
                        else
                        {
                            float* from = lastRows is not null && block + row == lastRow ? (float*)lastRows.Pointer : input + (long)(block + row) * inputs;
                            TileSum.Block(width, from + k, inputs, 1, tile, values, count, sums);
                        }

                        Add(sums, totals + row * Width, tile);
                    }
                }

                Finish(totals, block, rowCount, panel);
            }
        }
    }

    /// <summary>Fills tiles <paramref name="from"/> … <paramref name="to"/> − 1; of rows beyond the last, zeros.</summary>
    private void CopyTiles(int from, int to)
    {
        int inputs = weights.Inputs;
        for (int tile = from; tile < to; tile++)
        {
            float* at = _tiles + (long)tile * TileRows * inputs;
            for (int k = 0; k < inputs; k += InputBlock)
            {
                for (int row = tile * TileRows; row < (tile + 1) * TileRows; row++, at += InputBlock)
                {
                    if (row < rows)
                        new ReadOnlySpan<float>(input + (long)row * inputs + k, InputBlock).CopyTo(new Span<float>(at, InputBlock));
                    else
                        new Span<float>(at, InputBlock).Clear();
                }
            }
        }
    }

    /// <summary>Rows whose inputs, or a quarter of them where panels are to be widened, stay in the second-level cache.</summary>
    private int RowBlock()
    {
        const int most = 20 * TileRows;
        if (weights.Type != TensorType.F32)
            return most;
        long fitting = CacheBytes / (TileRows * sizeof(float) * Math.Max(1L, weights.Inputs)) * TileRows;
        return (int)Math.Clamp(fitting, 4 * TileRows, most);
    }

    /// <summary>A copy of the last rows, filled up with zeros to as many as the kernels read.</summary>
    private AlignedMemory FillUp(int row, int tile)
    {
        int inputs = weights.Inputs;
        var copy = AlignedMemory.Of<float>((long)TileRows * inputs, zeroed: true);
        new ReadOnlySpan<float>(input + (long)row * inputs, tile * inputs).CopyTo(new Span<float>(copy.Pointer, tile * inputs));
        return copy;
    }

    private static void Add(float* sums, float* totals, int tile)
    {
        for (int i = 0; i < tile * Width; i += Vector512<float>.Count)
            (Vector512.LoadAligned(totals + i) + Vector512.LoadAligned(sums + i)).StoreAligned(totals + i);
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

    /// <summary>Writes sums [rows, 32] to the output, with the bias.</summary>
    private void Finish(float* sums, int row, int rowCount, int panel)
    {
        int column = panel * Width, count = Math.Min(Width, weights.Outputs - column);
        for (int r = 0; r < rowCount; r++, sums += Width)
        {
            float* to = output + (long)(row + r) * weights.Outputs + column;
            if (count < Width)
            {
                for (int i = 0; i < count; i++)
                    to[i] = bias is null ? sums[i] : sums[i] + bias[column + i];
                continue;
            }

            for (int i = 0; i < Width; i += Vector256<float>.Count)
                (bias is null ? Vector256.Load(sums + i) : Vector256.Load(sums + i) + Vector256.Load(bias + column + i)).Store(to + i);
        }
    }
}
