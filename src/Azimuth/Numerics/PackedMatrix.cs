namespace Azimuth.Numerics;

/// <summary>How a weight matrix lies in its checkpoint.</summary>
public enum WeightLayout
{
    /// <summary>[outputs, inputs]: a row makes one output (torch.nn.Linear, GGUF).</summary>
    OutputsByInputs,

    /// <summary>[inputs, outputs]: GPT-2's Conv1D.</summary>
    InputsByOutputs,
}

/// <summary>
/// A weight matrix reordered once for the matrix product: output o is Σ over inputs of input·weight[o]. It keeps the stored type and so the stored
/// size (F64 is rounded to F32; Q4_0 becomes Q4_1, whose values are the same; other block types, and all that lie as [inputs, outputs], are widened to F32): weights are widened in registers when they are used.
/// Safe for many threads, nobody disposes it; only training, which owns its matrices, changes one (<see cref="Refill"/>).
/// </summary>
/// <remarks>
/// Panels of 32 outputs, the last one filled up with zeros, each as [input, 32]. Q8_0: for every 32 inputs [32] scales, then [32, 32] bytes.
/// Q4_1: for every 32 inputs [32] scales, [32] minima, then [4, 32] 32-bit words whose nibble n belongs to input 8 · word + n, lowest first.
/// </remarks>
public sealed unsafe class PackedMatrix
{
    /// <summary>Outputs side by side in a panel.</summary>
    internal const int PanelWidth = 32;

    private readonly AlignedMemory _memory;
    private readonly byte* _first; // the first panel

    private PackedMatrix(TensorType type, int outputs, int inputs, AlignedMemory? memory = null, byte* first = null)
    {
        (Type, Outputs, Inputs) = (type, outputs, inputs);
        PanelCount = (outputs + PanelWidth - 1) / PanelWidth;
        PanelBytes = (long)inputs / type.BlockLength() * type.BlockBytes() * PanelWidth;
        _memory = memory ?? AlignedMemory.Of<byte>(checked(PanelCount * PanelBytes));
        _first = memory is null ? _memory.Pointer : first;
    }

    /// <summary>How the weights are kept.</summary>
    public TensorType Type { get; }

    /// <summary>Number of outputs n.</summary>
    public int Outputs { get; }

    /// <summary>Number of inputs k.</summary>
    public int Inputs { get; }

    /// <summary>Bytes of memory it takes.</summary>
    public long SizeBytes => PanelCount * PanelBytes;

    internal int PanelCount { get; }

    internal long PanelBytes { get; }

    /// <summary>
    /// Packs <paramref name="weights"/>, and lets go of what a mapped file held of them in memory, so that weights are not there twice. <paramref name="outputRows"/> chooses and orders the outputs (part of a fused matrix, rows in another
    /// order); all of them in order when null.
    /// </summary>
    /// <param name="weights">[outputs, inputs] or [inputs, outputs], as <paramref name="layout"/> says.</param>
    /// <param name="layout">How the weights lie.</param>
    /// <param name="outputRows">The outputs wanted, or null for all.</param>
    /// <param name="workers">Threads that share the packing; the calling thread alone when null.</param>
    /// <exception cref="ArgumentOutOfRangeException">An output row that the matrix does not have.</exception>
    public static PackedMatrix Pack(StoredMatrix weights, WeightLayout layout = WeightLayout.OutputsByInputs, int[]? outputRows = null, Workers? workers = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        bool straight = layout == WeightLayout.OutputsByInputs;
        int rows = checked((int)weights.Rows);
        int stored = straight ? rows : weights.Columns, inputs = straight ? weights.Columns : rows;
        foreach (int row in outputRows ?? [])
        {
            if ((uint)row >= (uint)stored)
                throw new ArgumentOutOfRangeException(nameof(outputRows), row, $"the matrix has {stored} outputs");
        }

        var packed = new PackedMatrix(PackedType(weights, straight), outputRows?.Length ?? stored, inputs);
        packed.Fill(weights, layout, outputRows, workers);
        return packed;
    }

    /// <summary>Packs other weights of the same shape and type into the memory of these: what training does after every update. Nobody may multiply meanwhile.</summary>
    internal void Refill(StoredMatrix weights, WeightLayout layout, Workers workers)
    {
        int rows = checked((int)weights.Rows);
        bool straight = layout == WeightLayout.OutputsByInputs;
        if ((straight ? rows : weights.Columns) != Outputs || (straight ? weights.Columns : rows) != Inputs || PackedType(weights, straight) != Type)
            throw new ArgumentException($"[{Outputs}, {Inputs}] of {Type} expected, found [{weights.Rows}, {weights.Columns}] of {weights.Type}", nameof(weights));
        Fill(weights, layout, null, workers);
    }

    private void Fill(StoredMatrix weights, WeightLayout layout, int[]? outputRows, Workers? workers)
    {
        var packer = new PanelPacker(this, weights, layout, outputRows);
        // Small parts: a page touched for the first time takes longer than the rest of the work on it.
        const int Together = 8;
        int parts = (PanelCount + Together - 1) / Together;
        for (int part = 0; workers is null && part < parts; part++)
            Pack(part);
        workers?.Run(parts, Pack);
        weights.Bytes.Release(0, weights.Bytes.Length);

        void Pack(int part)
        {
            int from = Together * part, to = Math.Min(PanelCount, from + Together);
            packer.Pack(from, to);
            if (layout == WeightLayout.OutputsByInputs && outputRows is null)
                weights.Bytes.Release(from * PanelWidth * weights.RowBytes, (Math.Min(Outputs, to * PanelWidth) - from * PanelWidth) * weights.RowBytes);
        }
    }

    private static TensorType PackedType(StoredMatrix weights, bool straight)
    {
        return weights.Type switch
        {
            TensorType.F16 or TensorType.BF16 => weights.Type,
            TensorType.Q8_0 or TensorType.Q4_1 when straight => weights.Type,
            TensorType.Q4_0 when straight && PanelPacker.HasMinimaAsHalf(weights) => TensorType.Q4_1,
            _ => TensorType.F32,
        };
    }

    /// <summary>Some of the outputs, in the same memory: those of <paramref name="count"/> panels from <paramref name="first"/> on, or as many as there are.</summary>
    internal PackedMatrix Panels(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(first, PanelCount);
        return new PackedMatrix(Type, Math.Min(count * PanelWidth, Outputs - first * PanelWidth), Inputs, _memory, Panel(first));
    }

    /// <summary>The first byte of a panel, on a cache line. Callers keep this object reachable while they use it.</summary>
    internal byte* Panel(int panel) => _first + panel * PanelBytes;
}
