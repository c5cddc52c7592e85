using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Blocks;
using Azimuth.Transformers.Positions;

namespace Azimuth.Training.LanguageModels;

/// <summary>What stands between the matrices of an attention: queries and keys turned by their positions, and values mixed. Layers of one shape share their scratch memory.</summary>
internal sealed class TrainedAttention(TransformerConfig config) : IDisposable
{
    private readonly RotaryTables _rotary = new();
    private readonly Dictionary<(int Layer, int Length), CausalAttention> _attention = [];

    /// <summary>Turns the tape's queries and keys, and fills its heads and the logs of their sums.</summary>
    public void Forward(int layer, LayerTape tape, int rows, int length, Workers workers)
    {
        Turn(layer, tape.QueryKeyValue, rows, length, isBack: false, workers);
        Of(layer, length).Forward(tape.QueryKeyValue, rows / length, tape.Heads, tape.LogSums, workers);
    }

    /// <summary>From the gradient of the heads to that of queries, keys and values before they were turned, which is overwritten.</summary>
    public void Backward(int layer, LayerTape tape, int rows, int length, float[] headGradient, float[] rowGradient, Workers workers)
    {
        Of(layer, length).Backward(tape.QueryKeyValue, rows / length, tape.Heads, tape.LogSums, headGradient, rowGradient, workers);
        Turn(layer, rowGradient, rows, length, isBack: true, workers);
    }

    /// <summary>Releases the scratch memory of all lengths but one: a sample has had each up to its own.</summary>
    public void KeepOnly(int length)
    {
        foreach (var (key, attention) in _attention.Where(made => made.Key.Length != length).ToList())
        {
            attention.Dispose();
            _attention.Remove(key);
        }
    }

    /// <summary>Releases scratch memory.</summary>
    public void Dispose()
    {
        foreach (CausalAttention attention in _attention.Values)
            attention.Dispose();
    }

    /// <summary>Turns queries and keys by their positions, or their gradients back.</summary>
    private void Turn(int layer, float[] values, int rows, int length, bool isBack, Workers workers)
    {
        AttentionConfig attention = config.Layers[layer].Attention;
        if (attention.Rotary is null)
            return;
        RotaryTable table = _rotary.For(attention.Rotary, length);
        int width = attention.QueryWidth + 2 * attention.KeyWidth, turned = attention.QueryWidth + attention.KeyWidth;
        workers.RunRanges(rows, 16, (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                Span<float> heads = values.AsSpan(row * width, turned);
                if (isBack)
                    table.RotateBack(heads, attention.HeadDim, row % length);
                else
                    table.Rotate(heads, attention.HeadDim, row % length);
            }
        });
    }

    private CausalAttention Of(int layer, int length)
    {
        if (_attention.TryGetValue((layer, length), out CausalAttention? made))
            return made;
        AttentionConfig attention = config.Layers[layer].Attention;
        int same = Enumerable.Range(0, layer).FirstOrDefault(l => config.Layers[l].Attention == attention, layer);
        if (same < layer)
            return _attention[(layer, length)] = Of(same, length);
        return _attention[(layer, length)] = new CausalAttention(new CausalAttentionShape
        {
            Heads = attention.HeadCount,
            KeyValueHeads = attention.KeyValueHeadCount,
            HeadDim = attention.HeadDim,
            Scale = attention.Scale,
            Window = attention.Window,
            SoftCap = attention.SoftCap,
            BiasByKey = attention.AlibiIsRounded
                ? [.. Enumerable.Range(0, attention.HeadCount).Select(head => Enumerable.Range(0, length).Select(key => attention.AlibiBias(head, 0, key)).ToArray())]
                : null,
            BiasByDistance = attention.HasAlibi && !attention.AlibiIsRounded
                ? [.. Enumerable.Range(0, attention.HeadCount).Select(head => Enumerable.Range(0, length).Select(distance => attention.AlibiBias(head, distance, 0)).ToArray())]
                : null,
        }, length);
    }
}
