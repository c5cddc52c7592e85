namespace Azimuth.Transformers.Running;

/// <summary>Buffers of a run, kept between calls so that a decoded token allocates nothing; they may be longer than the rows (<see cref="All"/>). One run at a time.</summary>
internal sealed class Workspace
{
    private float[] _residual = [], _normed = [], _queryKeyValue = [], _heads = [], _added = [], _second = [], _mlpUp = [], _mlpHidden = [], _finished = [];

    /// <summary>The parts of prompts that the current call runs, row after row.</summary>
    public List<Segment> Segments { get; } = [];

    /// <summary>Rows of all segments.</summary>
    public int Rows { get; private set; }

    /// <summary>The attention of a layer, with its own scratch.</summary>
    public AttentionRun Attention { get; } = new();

    /// <summary>The residual stream [row, model].</summary>
    public float[] Residual(int width) => Array(ref _residual, Rows * width);

    /// <summary>Its norm [row, model]; also the embedding before its projection.</summary>
    public float[] Normed(int width) => Array(ref _normed, Rows * width);

    /// <summary>[row, queries | keys | values].</summary>
    public float[] QueryKeyValue(int width) => Array(ref _queryKeyValue, Rows * width);

    /// <summary>Attention-weighted values [row, heads · headDim].</summary>
    public float[] Heads(int width) => Array(ref _heads, Rows * width);

    /// <summary>What a sub-block adds [row, model].</summary>
    public float[] Added(int width) => Array(ref _added, Rows * width);

    /// <summary>What the other sub-block of a parallel block adds [row, model].</summary>
    public float[] AddedToo(int width) => Array(ref _second, Rows * width);

    /// <summary>[row, hidden] or [row, gate | up].</summary>
    public float[] MlpUp(int width) => Array(ref _mlpUp, Rows * width);

    /// <summary>[row, hidden].</summary>
    public float[] MlpHidden(int width) => Array(ref _mlpHidden, Rows * width);

    /// <summary>The rows of a buffer.</summary>
    public Span<float> All(float[] buffer, int width) => buffer.AsSpan(0, Rows * width);

    /// <summary>The final norm of <paramref name="rows"/> rows [row, model].</summary>
    public Span<float> Finished(int width, int rows) => Array(ref _finished, rows * width).AsSpan(0, rows * width);

    /// <summary>Bytes of the buffers.</summary>
    public long SizeBytes => sizeof(float) * new[] { _residual, _normed, _queryKeyValue, _heads, _added, _second, _mlpUp, _mlpHidden, _finished }.Sum(buffer => (long)buffer.Length);

    /// <summary>Starts a call with no segments.</summary>
    public void Clear()
    {
        Segments.Clear();
        Attention.Clear();
        Rows = 0;
    }

    /// <summary>Adds positions <paramref name="start"/> on of a cache whose ids have been taken in.</summary>
    public void Add(KeyValueCache cache, int start, int count)
    {
        Segments.Add(new Segment(cache, start, count, Rows));
        Rows += count;
    }

    /// <summary>Adds rows of no prompt, for a part of the computation applied by itself.</summary>
    public void Add(int count) => Rows += count;

    private static float[] Array(ref float[] buffer, int length)
    {
        if (buffer.Length < length)
            buffer = new float[length];
        return buffer;
    }
}

/// <summary>Consecutive positions of one prompt.</summary>
/// <param name="Cache">The prompt's keys and values; its length is the whole run's, these positions included.</param>
/// <param name="Start">First position.</param>
/// <param name="Count">Number of positions.</param>
/// <param name="Row">Row of the first position in the call's matrices.</param>
internal readonly record struct Segment(KeyValueCache Cache, int Start, int Count, int Row);
