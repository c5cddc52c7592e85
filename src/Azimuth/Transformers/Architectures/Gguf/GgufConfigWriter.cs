using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Numerics;
using Azimuth.Transformers.Positions;
using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>
/// Writes a config as the metadata that GGUF's readers look for (llama.cpp's llama-arch.cpp), then reads it back: a config that the keys cannot say is refused by the setting
/// that would be lost.
/// </summary>
internal static class GgufConfigWriter
{
    /// <summary>All keys of a config, which is one that the form keeps whole.</summary>
    /// <returns>The config as it will be read, and tensors that stand for what has no key: the divisors of rotary scaling.</returns>
    /// <exception cref="ArgumentException">A setting that the family's form in GGUF does not have.</exception>
    public static (TransformerConfig Read, IReadOnlyList<GgufTensor> Tensors) Write(GgufKeys keys, GgufForm form, TransformerConfig config)
    {
        List<GgufTensor> tensors = WriteKeys(keys, form, config);
        HashSet<string> planned = [.. TensorPlan.Of(config, form.Tensors(config), prefix: "").Select(tensor => tensor.Name)];
        TransformerConfig read = form.ReadConfig(new GgufReader(GgufWriter.InMemory(keys, tensors), form.Name, planned));
        return ConfigDifference.Find(config, read) is { } difference
            ? throw new ArgumentException($"{difference.Setting}: the model has {difference.Expected}, GGUF's form of this family ({form.Name}) has {difference.Found}. Write a folder instead.")
            : (read, tensors);
    }

    private static List<GgufTensor> WriteKeys(GgufKeys keys, GgufForm form, TransformerConfig config)
    {
        AttentionConfig attention = config.Layers[0].Attention;
        NormConfig norm = config.Layers[0].Norm;
        string name = form.Name;
        keys.Set($"{name}.block_count", (uint)config.LayerCount);
        keys.Set($"{name}.context_length", (uint)config.ContextLength);
        keys.Set($"{name}.embedding_length", (uint)config.ModelDim);
        keys.Set($"{name}.feed_forward_length", (uint)config.MlpDim);
        keys.Set($"{name}.attention.head_count", (uint)attention.HeadCount);
        keys.Set($"{name}.attention.head_count_kv", (uint)attention.KeyValueHeadCount);
        keys.Set($"{name}.attention.{(norm.Kind == NormKind.RmsNorm ? "layer_norm_rms_epsilon" : "layer_norm_epsilon")}", norm.Epsilon);
        keys.Set($"{name}.vocab_size", (uint)config.VocabSize);
        if (attention.SoftCap is { } cap)
            keys.Set($"{name}.attn_logit_softcapping", cap);
        if (config.Output.LogitSoftCap is { } last)
            keys.Set($"{name}.final_logit_softcapping", last);
        if (attention.Clip is { } clip)
            keys.Set($"{name}.attention.clamp_kqv", clip);
        if (attention.Scale != (float)(1 / Math.Sqrt(attention.HeadDim)))
            keys.Set($"{name}.attention.scale", attention.Scale);
        WriteWindows(keys, form, config);
        form.WriteMore?.Invoke(keys, config);
        return attention.Rotary is null ? [] : WriteRotary(keys, name, config);
    }

    private static void WriteWindows(GgufKeys keys, GgufForm form, TransformerConfig config)
    {
        bool[] slides = [.. config.Layers.Select(layer => layer.Attention.Window is not null)];
        if (!slides.Contains(true))
            return;
        keys.Set($"{form.Name}.attention.sliding_window", (uint)config.Layers[Array.IndexOf(slides, true)].Attention.Window!.Value);
        int period = Array.IndexOf(slides, false) + 1; // 0 where all slide
        bool isPeriodic = slides.Select((slides, layer) => slides == (period == 0 || layer % period < period - 1)).All(same => same);
        if (!isPeriodic)
            keys.Set($"{form.Name}.attention.sliding_window_pattern", slides);
        else if (period != form.WindowPeriod)
            keys.Set($"{form.Name}.attention.sliding_window_pattern", (uint)period);
    }

    private static List<GgufTensor> WriteRotary(GgufKeys keys, string name, TransformerConfig config)
    {
        // Layers with a window may turn by a base of their own; the others have the file's.
        LayerConfig global = config.Layers.FirstOrDefault(layer => layer.Attention.Window is null) ?? config.Layers[0];
        RotaryConfig rotary = global.Attention.Rotary!;
        keys.Set($"{name}.attention.key_length", (uint)global.Attention.HeadDim);
        keys.Set($"{name}.attention.value_length", (uint)global.Attention.HeadDim);
        keys.Set($"{name}.rope.dimension_count", (uint)rotary.Dim);
        keys.Set($"{name}.rope.freq_base", (float)rotary.Base);
        if (config.Layers.Select(layer => layer.Attention.Rotary).FirstOrDefault(other => other is not null && other.Base != rotary.Base) is { } local)
            keys.Set($"{name}.rope.freq_base_swa", (float)local.Base);
        return GgufRotary.WriteScaling(keys, name, rotary, config.ContextLength);
    }
}
