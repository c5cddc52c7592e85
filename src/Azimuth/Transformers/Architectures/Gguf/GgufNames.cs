using Azimuth.Checkpoints.Gguf;
using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>Tensor names of GGUF files (gguf-py's constants.py, TENSOR_NAMES); a family takes those its config asks for.</summary>
internal static class GgufNames
{
    /// <summary>Queries, keys and values in three tensors, gate and up in two.</summary>
    public static TensorNames Separate(TransformerConfig config) => new()
    {
        TokenEmbedding = "token_embd",
        EmbeddingNorm = "token_embd_norm",
        PositionEmbedding = "position_embd",
        FinalNorm = "output_norm",
        Unembedding = "output",
        AttentionNorm = "blk.{layer}.attn_norm",
        AttentionOutputNorm = "blk.{layer}.post_attention_norm",
        QueryKeyValue = new FusedNames("blk.{layer}.attn_q", "blk.{layer}.attn_k", "blk.{layer}.attn_v"),
        QueryNorm = "blk.{layer}.attn_q_norm",
        KeyNorm = "blk.{layer}.attn_k_norm",
        AttentionOutput = "blk.{layer}.attn_output",
        MlpNorm = "blk.{layer}.ffn_norm",
        MlpOutputNorm = "blk.{layer}.post_ffw_norm",
        MlpUp = config.Layers[0].Mlp.IsGated ? new FusedNames("blk.{layer}.ffn_gate", "blk.{layer}.ffn_up") : Up,
        MlpDown = "blk.{layer}.ffn_down",
    };

    /// <summary>Queries, keys and values in one tensor, in this order; a gate in one tensor with what it gates.</summary>
    public static TensorNames Fused(TransformerConfig config) => Separate(config) with { QueryKeyValue = new FusedNames("blk.{layer}.attn_qkv"), MlpUp = Up };

    /// <summary>Llama's: rows of queries and keys in another order.</summary>
    public static TensorNames Permuted(TransformerConfig config)
    {
        TensorNames names = Separate(config);
        return names with { QueryKeyValue = names.QueryKeyValue with { RowOrder = UndoPermutation } };
    }

    /// <summary>Falcon's: of two norms the one named attn_norm is the MLP's (gguf-py's tensor_mapping.py).</summary>
    public static TensorNames Falcon(TransformerConfig config) => config.Layers[0].Shape == BlockShape.ParallelTwoNorms
        ? Fused(config) with { AttentionNorm = "blk.{layer}.attn_norm_2", MlpNorm = "blk.{layer}.attn_norm" }
        : Fused(config);

    /// <summary>Encoders': norms stand after the sub-blocks.</summary>
    public static TensorNames Encoder(TransformerConfig config) => Separate(config) with
    {
        TokenTypes = "token_types",
        AttentionNorm = "blk.{layer}.attn_output_norm",
        MlpNorm = "blk.{layer}.layer_output_norm",
    };

    /// <summary>Converters of other days fuse queries, keys and values, or do not; readers take either.</summary>
    public static TensorNames AsStored(TensorNames names, GgufFile file) => (names.QueryKeyValue.Parts.Count, file.Find("blk.0.attn_qkv.weight") is not null) switch
    {
        (3, true) => names with { QueryKeyValue = names.QueryKeyValue with { Parts = ["blk.{layer}.attn_qkv"] } },
        (1, false) => names with { QueryKeyValue = names.QueryKeyValue with { Parts = ["blk.{layer}.attn_q", "blk.{layer}.attn_k", "blk.{layer}.attn_v"] } },
        _ => names,
    };

    private static FusedNames Up => new("blk.{layer}.ffn_up");

    /// <summary>
    /// GGUF stores the rows of q and k as (head, pair, half), so that neighbours turn together; here they are put back to (head, half, pair), as every other
    /// file has them. Queries, keys and traces then read the same from either form.
    /// </summary>
    private static int[] UndoPermutation(AttentionConfig attention)
    {
        int half = attention.HeadDim / 2, permuted = attention.QueryWidth + attention.KeyWidth;
        var rows = new int[permuted + attention.KeyWidth];
        for (int row = 0; row < rows.Length; row++)
        {
            int within = row % attention.HeadDim;
            rows[row] = row < permuted ? row - within + 2 * (within % half) + within / half : row;
        }

        return rows;
    }
}
