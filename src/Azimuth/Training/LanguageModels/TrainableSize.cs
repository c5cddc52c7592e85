using Azimuth.Transformers;

namespace Azimuth.Training.LanguageModels;

/// <summary>What an array holds is bounded: sizes beyond it are refused before anything is read or made.</summary>
internal static class TrainableSize
{
    /// <summary>Stops before a matrix that is too large.</summary>
    /// <exception cref="ArgumentException">Its sizes are named.</exception>
    public static void RequireMatrices(TransformerConfig config)
    {
        Require("vocabulary", config.VocabSize);
        Require("context", config.Embedding.Positions is null ? 0 : config.ContextLength);
        foreach (LayerConfig layer in config.Layers)
        {
            Require("heads and key-value heads", QueryKeyValue(layer.Attention));
            Require("mlp", Up(layer.Mlp));
        }

        void Require(string what, long outputs)
        {
            if (outputs * config.ModelDim > Array.MaxLength)
                throw new ArgumentException(FormattableString.Invariant($"width: expected matrices of at most {Array.MaxLength} values, found {outputs} × {config.ModelDim} ({what} × width); take a smaller width or {what}."));
        }
    }

    /// <summary>Stops before a batch whose activations are too large.</summary>
    /// <exception cref="ArgumentException">Its sizes are named.</exception>
    public static void RequireRows(TransformerConfig config, int batch, int length)
    {
        long widest = config.Layers.Max(layer => Math.Max(Math.Max(config.ModelDim, Up(layer.Mlp)), QueryKeyValue(layer.Attention))), most = Array.MaxLength / widest;
        if ((long)batch * length > most)
            throw new ArgumentException(FormattableString.Invariant($"batch: expected at most {most} tokens in a batch of this model, found {batch} · {length}; take a smaller batch or length, and more of them for a step with accumulate."));
    }

    private static long QueryKeyValue(AttentionConfig attention) => attention.QueryWidth + 2L * attention.KeyWidth;

    private static long Up(MlpConfig mlp) => mlp.IsGated ? 2L * mlp.HiddenDim : mlp.HiddenDim;
}
