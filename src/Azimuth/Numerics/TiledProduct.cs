using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Azimuth.Numerics;

/// <summary>One call of <see cref="MatrixProduct"/>: who does which part, and the loops around the tiles.</summary>
internal sealed unsafe class TiledProduct(float* input, int rows, PackedMatrix weights, float* bias, float* output, VectorWidth width)
{
    private const int Width = PackedMatrix.PanelWidth;
    private const int TileRows = Tiles512.Rows;
    private const int CacheBytes = 256 << 10; // a quarter of the second-level cache of today's processors
    private const int MostTiles = 20; // of a block of rows: with a block of inputs they take that much
    private const int PanelsTogether = 12;
    private const int InputBlock = MatrixProduct.InputBlock;
    private const long SmallWork = 1 << 16; // multiply-adds that take about as long as waking a thread
    private const long SmallBytes = 48 << 10;
    private const long PartBytes = 256 << 10;

    /// <summary>Whether the rows are so few that weights are widened in registers for each.</summary>
    public bool IsFewRows => weights.Inputs > 0 && width switch
    {
        VectorWidth.Bits512 => rows == 1,
        VectorWidth.Bits256 => rows == 1 || rows <= 3 && weights.Type is TensorType.Q8_0 or TensorType.Q4_1,
        _ => false,
    };

    /// <summary>Deals out panels, for few rows.</summary>
    public void RunFewRows(Workers workers)
    {
        int panels = weights.PanelCount;
        long bytes = panels * weights.PanelBytes;
        if (bytes < SmallBytes || panels < 2)
        {
            FewRows(0, panels);
            return;
        }

        // More parts than threads where they are long enough, so that a thread held up by another program holds up little.
        int parts = (int)Math.Min(panels, Math.Max(workers.ThreadCount, Math.Min(4 * workers.ThreadCount, bytes / PartBytes)));
        workers.Run(parts, part => FewRows(Share(panels, parts, part), Share(panels, parts, part + 1)));
    }

    /// <summary>Deals out rows and panels.</summary>
    public void Run(Workers workers)
    {
        int panels = weights.PanelCount, threads = workers.ThreadCount;
        if (threads == 1 || (long)rows * weights.Outputs * weights.Inputs < SmallWork)
        {
            Part(0, rows, 0, panels);
            return;
        }

        // Blocks of rows, each with a share of the panels: several parts a thread, as one held up by another program is then waited for less, and as many for each.
        int tiles = Parts(rows, TileRows), blocks = Parts(tiles, MostTiles), wanted = 4 * threads;
        int across = Math.Min(panels, Parts(Parts(wanted, blocks), threads) * threads), down = Math.Max(blocks, Parts(wanted, across));
        down = Math.Min(tiles, across % threads == 0 ? down : Parts(down, threads) * threads);
        workers.Run(across * down, part => Part(
            Share(tiles, down, part / across) * TileRows,
            Math.Min(rows, Share(tiles, down, part / across + 1) * TileRows),
            Share(panels, across, part % across),
            Share(panels, across, part % across + 1)));
    }

    /// <summary>Parts of at most <paramref name="most"/> that make <paramref name="count"/>.</summary>
    private static int Parts(int count, int most) => (count + most - 1) / most;

    /// <summary>Where a part of <paramref name="count"/> begins. The larger ones come first, so that the threads end together.</summary>
    private static int Share(int count, int parts, int part) => part * (count / parts) + Math.Min(part, count % parts);

    [SkipLocalsInit]
    private void FewRows(int from, int to)
    {
        float* sums = stackalloc float[2 * Width];
        if (width == VectorWidth.Bits256)
        {
            for (int panel = from; panel < to; panel++)
            {
                for (int row = 0; row < rows; row++)
                {
                    OneRow256.Panel(weights.Type, input + (long)row * weights.Inputs, weights.Inputs, weights.Panel(panel), sums);
                    Finish(sums, row, 1, panel);
                }
            }

            return;
        }

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

    /// <summary>
    /// Outputs of a range of rows and panels. One block of the inputs of some rows stays in the second-level cache while the same block of some panels' weights passes by, each used for all the rows;
    /// what the blocks of inputs give is added up beside them and then written out.
    /// </summary>
    [SkipLocalsInit]
    private void Part(int fromRow, int toRow, int fromPanel, int toPanel)
    {
        int inputs = weights.Inputs, tiles = Parts(toRow - fromRow, TileRows), rowBlock = Parts(tiles, Parts(tiles, MostTiles)) * TileRows;
        // Few rows stay in cache with all their inputs: each panel is then read in one run.
        bool whole = (long)rowBlock * inputs * sizeof(float) <= CacheBytes;
        int together = whole ? 1 : Math.Min(PanelsTogether, toPanel - fromPanel);
        // One panel's block of inputs [256, 32], where it is widened or copied, and one tile's sums [12, 32]; on cache lines.
        float* raw = stackalloc float[InputBlock * Width + TileRows * Width + 16];
        float* scratch = OnCacheLine(raw), sums = scratch + InputBlock * Width;
        // With 256-bit vectors half a panel is used at a time: it is worth a copy that keeps it together.
        bool halves = width == VectorWidth.Bits256 && toRow - fromRow > TileRows;
        bool packs = inputs > 0 && inputs % 512 == 0 && toRow - fromRow > TileRows / 2;
        int sumsSoFar = together * rowBlock * Width, packedValues = packs ? rowBlock * (whole ? inputs : InputBlock) : 0;
        float[] rented = ArrayPool<float>.Shared.Rent(sumsSoFar + packedValues + 16);
        // All blocks of rows but the last are whole tiles.
        int lastRow = fromRow + (toRow - fromRow - 1) / TileRows * TileRows, lastCount = toRow - lastRow;
        using var lastRows = Readable(lastCount) == lastCount ? null : FillUp(lastRow, lastCount);
        fixed (float* from = rented)
        {
            float* totals = OnCacheLine(from), packed = totals + sumsSoFar; // [panel, rowBlock, 32], [tile, row, input]
            for (int block = fromRow; block < toRow; block += rowBlock)
            {
                int rowCount = Math.Min(rowBlock, toRow - block);
                var rows = new RowTiles(input + (long)block * inputs, inputs, lastRows is null ? int.MaxValue : lastRow - block, lastRows is null ? null : (float*)lastRows.Pointer);
                for (int first = fromPanel; first < toPanel; first += together)
                {
                    int end = Math.Min(toPanel, first + together);
                    new Span<float>(totals, (end - first) * rowBlock * Width).Fill(inputs == 0 ? 0 : -0f); // −0 + x is x, whatever its sign
                    for (int k = 0; k < inputs; k += InputBlock)
                    {
                        int count = Math.Min(InputBlock, inputs - k);
                        float* place = packed + (whole ? (long)k * rowBlock : 0);
                        if (packs && (!whole || first == fromPanel))
                            rows.Pack(rowCount, k, place);
                        RowTiles here = packs ? RowTiles.Packed(place) : rows.From(k);
                        for (int panel = first; panel < end; panel++)
                            AddPanel(here, rowCount, Values(panel, k, count, scratch, halves), count, halves, sums, totals + (panel - first) * rowBlock * Width);
                    }

                    for (int panel = first; panel < end; panel++)
                        Finish(totals + (panel - first) * rowBlock * Width, block, rowCount, panel);
                }
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    private static float* OnCacheLine(float* memory) => (float*)(((nint)memory + 63) & ~(nint)63);

    /// <summary>Where a block of rows begins, <paramref name="stride"/> values apart, but for the last tile when that was filled up elsewhere.</summary>
    private readonly struct RowTiles(float* rows, int stride, int lastRow, float* last)
    {
        public int Stride => stride;

        public float* Tile(int row) => row == lastRow ? last : rows + (long)row * stride;

        public RowTiles From(int k) => new(rows + k, stride, lastRow, last + k);

        /// <summary>A copy of one block of inputs, row behind row. As they lie, rows that are a multiple of 2 KiB apart share a few places of the first-level cache and push each other out.</summary>
        public void Pack(int rowCount, int k, float* to)
        {
            for (int tile = 0; tile < rowCount; tile += TileRows)
            {
                int filled = tile == lastRow ? TileRows : Math.Min(TileRows, rowCount - tile);
                for (int row = 0; row < filled; row++)
                    new ReadOnlySpan<float>(Tile(tile) + (long)row * stride + k, InputBlock).CopyTo(new Span<float>(to + (tile + row) * InputBlock, InputBlock));
            }
        }

        public static RowTiles Packed(float* rows) => new(rows, InputBlock, int.MaxValue, null);
    }

    /// <summary>Adds what one block of inputs gives to a panel's sums [rows, 32].</summary>
    private void AddPanel(RowTiles rows, int rowCount, float* values, int count, bool halves, float* sums, float* totals)
    {
        if (halves)
        {
            for (int half = 0; half < 2; half++, values += count * Width / 2, totals += Width / 2)
            {
                for (int row = 0; row < rowCount; row += TileRows / 2)
                    Tiles256.AddHalf(rows.Tile(row / TileRows * TileRows) + (long)(row % TileRows) * rows.Stride, rows.Stride, values, count, totals + row * Width);
            }

            return;
        }

        for (int row = 0; row < rowCount; row += TileRows)
        {
            int tile = Math.Min(TileRows, rowCount - row);
            TileSum.Block(width, rows.Tile(row), rows.Stride, 1, tile, values, count, sums);
            Add(sums, totals + row * Width, tile);
        }
    }

    /// <summary>A copy of the last rows, filled up with zeros to as many as the kernels read.</summary>
    private AlignedMemory FillUp(int row, int tile)
    {
        int inputs = weights.Inputs;
        var copy = AlignedMemory.Of<float>((long)TileRows * inputs, zeroed: true);
        new ReadOnlySpan<float>(input + (long)row * inputs, tile * inputs).CopyTo(new Span<float>(copy.Pointer, tile * inputs));
        return copy;
    }

    /// <summary>How many rows the kernels read for a tile of so many.</summary>
    private int Readable(int tile) => width switch
    {
        VectorWidth.Bits512 => (tile + 2) / 3 * 3,
        VectorWidth.Bits256 when rows > TileRows => (tile + 5) / 6 * 6, // for halves of panels
        VectorWidth.Bits256 => Tiles256.Readable(tile),
        _ => tile,
    };

    private static void Add(float* sums, float* totals, int tile)
    {
        for (int i = 0; i < tile * Width; i += Vector512<float>.Count)
            (Vector512.LoadAligned(totals + i) + Vector512.LoadAligned(sums + i)).StoreAligned(totals + i);
    }

    private float* Values(int panel, int from, int count, float* scratch, bool halves)
    {
        if (weights.Type == TensorType.F32 && !halves)
            return (float*)weights.Panel(panel) + (long)from * Width;
        PanelReader.Widen(weights.Type, weights.Panel(panel), from, count, scratch, halves);
        return scratch;
    }

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
