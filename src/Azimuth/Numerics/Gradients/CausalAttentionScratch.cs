using System.Numerics.Tensors;

namespace Azimuth.Numerics;

/// <summary>Memory of one task of <see cref="CausalAttention"/>, and the panels in which it holds rows. Not for many threads.</summary>
internal sealed unsafe class CausalAttentionScratch : IDisposable
{
    /// <summary>Scores of so many queries at a time stay in the second-level cache.</summary>
    public const int BlockRows = 8 * Tile;

    private const int Panel = PackedMatrix.PanelWidth;
    private const int Tile = Tiles512.Rows;
    private readonly int _dim, _length, _padded, _dimPanels;
    private readonly AlignedMemory _memory;

    /// <param name="dim">Width of a head.</param>
    /// <param name="length">Positions of a sequence.</param>
    public CausalAttentionScratch(int dim, int length)
    {
        (_dim, _length, _padded, _dimPanels) = (dim, length, WholePanels(length), WholePanels(dim) / Panel);
        // Rows for a whole tile behind the last: kernels read them.
        long block = (BlockRows + Tile) * (long)_padded, across = (long)_padded * dim, down = (long)length * _dimPanels * Panel, queries = ((BlockRows + Tile) * (long)dim + 15) / 16 * 16;
        long[] sizes = [across, across, down, down, down, down, queries, block, block, _padded, Tile * Panel];
        _memory = AlignedMemory.Of<float>(sizes.Sum(), zeroed: true);
        float* at = (float*)_memory.Pointer;
        float* Next(int index)
        {
            float* place = at;
            at += sizes[index];
            return place;
        }

        KeysAcross = Next(0);
        ValuesAcross = Next(1);
        KeysDown = Next(2);
        ValuesDown = Next(3);
        QueriesDown = Next(4);
        GradientsDown = Next(5);
        Block = Next(6);
        Weights = Next(7);
        Slopes = Next(8);
        Bends = Next(9);
        Sums = Next(10);
    }

    public float* KeysAcross { get; }

    public float* ValuesAcross { get; }

    public float* KeysDown { get; }

    public float* ValuesDown { get; }

    public float* QueriesDown { get; }

    public float* GradientsDown { get; }

    public float* Block { get; }

    public float* Weights { get; }

    public float* Slopes { get; }

    public float* Bends { get; }

    public float* Sums { get; }

    /// <summary>A number of columns, with those that fill up the last panel.</summary>
    public static int WholePanels(int columns) => (columns + Panel - 1) / Panel * Panel;

    /// <summary>Releases the memory.</summary>
    public void Dispose() => _memory.Dispose();

    /// <summary>Rows times a factor, one behind the other.</summary>
    public void CopyRows(float* from, int stride, int count, float factor, float* to)
    {
        for (int i = 0; i < count; i++)
            TensorPrimitives.Multiply(new ReadOnlySpan<float>(from + (long)i * stride, _dim), factor, new Span<float>(to + i * _dim, _dim));
    }

    /// <summary>Panels of 32 positions, each [headDim, 32].</summary>
    public void PackTransposed(float* from, int stride, float* to)
    {
        int dim = _dim;
        for (int panel = 0; panel < _padded / Panel; panel++, to += Panel * dim)
        {
            int count = Math.Min(Panel, _length - panel * Panel);
            if (count < Panel)
                new Span<float>(to, Panel * dim).Clear();
            for (int j = 0; j < count; j++)
            {
                float* row = from + (long)(panel * Panel + j) * stride;
                for (int d = 0; d < dim; d++)
                    to[d * Panel + j] = row[d];
            }
        }
    }

    /// <summary>Panels of 32 values of a head, each [position, 32].</summary>
    public void PackDown(float* from, int stride, float* to)
    {
        for (int panel = 0; panel < _dimPanels; panel++, to += (long)_length * Panel)
        {
            int columns = Math.Min(Panel, _dim - panel * Panel);
            if (columns < Panel)
                new Span<float>(to, _length * Panel).Clear();
            for (int t = 0; t < _length; t++)
                new ReadOnlySpan<float>(from + (long)t * stride + panel * Panel, columns).CopyTo(new Span<float>(to + (long)t * Panel, columns));
        }
    }
}
