using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>CodeGen (Nijkamp et al. 2022): GPT-J with one fused matrix in the order its training machines left it in.</summary>
internal static class CodeGen
{
    public static Architecture Family { get; } = new() { ModelType = "codegen", ReadConfig = ReadConfig, Tensors = Names };

    private static TensorNames Names(TransformerConfig config) => GptJ.Names(config) with
    {
        QueryKeyValue = new FusedNames("h.{layer}.attn.qkv_proj") { RowOrder = FusedLayouts.CodeGen },
    };

    private static TransformerConfig ReadConfig(ConfigReader config)
    {
        TransformerConfig read = GptJ.ReadConfig(config, "codegen");
        return read.HeadCount % 4 == 0 ? read : throw config.Error("n_head", $"expected a multiple of 4, the machines it was trained on, found {read.HeadCount}");
    }
}
