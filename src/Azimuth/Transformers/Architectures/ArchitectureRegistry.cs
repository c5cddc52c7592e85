using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers.Architectures;

/// <summary>The families there are: one line each.</summary>
internal static class ArchitectureRegistry
{
    private static readonly Architecture[] Families =
    [
        Albert.Family,
        Bert.Family,
        Bloom.Family,
        Roberta.Camembert,
        CodeGen.Family,
        Cohere.Family,
        DistilBert.Family,
        Electra.Family,
        Falcon.Family,
        Gemma.Family,
        Gemma2.Family,
        Gemma3.Family,
        Gpt2.Family,
        GptBigCode.Family,
        GptJ.Family,
        GptNeo.Family,
        GptNeoX.Family,
        Granite.Family,
        Llama.Family,
        Mistral.Family,
        Mixtral.Family,
        ModernBert.Family,
        MpNet.Family,
        Mpt.Family,
        Olmo.Family,
        Olmo2.Family,
        Opt.Family,
        Phi.Family,
        Phi3.Family,
        Qwen2.Family,
        Qwen3.Family,
        Qwen3Moe.Family,
        Roberta.Family,
        SmolLm3.Family,
        StableLm.Family,
        StarCoder2.Family,
        Xglm.Family,
        Roberta.XlmRoberta,
    ];

    /// <summary>The <c>model_type</c> of every family, in alphabetical order.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Families.Select(family => family.ModelType).Order(StringComparer.Ordinal)];

    /// <summary>Config and tensor names of a model folder.</summary>
    /// <exception cref="CheckpointFormatException">Unknown architecture (the nearest known ones are listed), or a config that contradicts itself.</exception>
    public static (TransformerConfig Config, TensorNames Names) Read(ConfigReader config)
    {
        string type = config.Text("model_type");
        Architecture family = Array.Find(Families, f => f.ModelType == type) ?? throw new CheckpointFormatException(config.File, $"model_type: {Unknown(type, Names)}", kind: "Config");
        TransformerConfig read = Bounded(family.ReadConfig(config), config.File);
        TensorNames names = family.Tensors(read);
        return (read, config.Weights is { } weights ? names.In(weights) : names);
    }

    /// <summary>Config and tensor names of a GGUF file.</summary>
    /// <exception cref="CheckpointFormatException">Unknown architecture, or metadata that contradict themselves.</exception>
    public static (TransformerConfig Config, TensorNames Names) Read(GgufFile file)
    {
        string name = file.Metadata.GetString("general.architecture");
        GgufForm[] forms = [.. Families.Select(f => f.Gguf).OfType<GgufForm>(), .. GgufForms.WithoutFolder];
        GgufForm form = Array.Find(forms, f => f.Name == name)
            ?? throw new CheckpointFormatException(file.Path, $"general.architecture: {Unknown(name, [.. forms.Select(f => f.Name).Distinct().Order(StringComparer.Ordinal)])}", kind: "UnknownArchitecture");
        TransformerConfig read = Bounded(form.ReadConfig(new GgufReader(file, name)), file.Path);
        return (read, GgufNames.AsStored(form.Tensors(read), file));
    }

    /// <summary>The form that a family's models have in GGUF files, or null where there is none.</summary>
    public static GgufForm? GgufFormOf(string modelType) => Array.Find(Families, family => family.ModelType == modelType)?.Gguf;

    /// <summary>The families of folders whose form in GGUF has this name.</summary>
    public static IEnumerable<string> FoldersOf(string gguf) => Families.Where(family => family.Gguf?.Name == gguf).Select(family => family.ModelType);

    /// <summary>The families with such a form.</summary>
    public static IEnumerable<string> WithGguf => Families.Where(family => family.Gguf is not null).Select(family => family.ModelType).Order(StringComparer.Ordinal);

    /// <summary>Heads and their width are counts by themselves; their product is a width, which is counted in an int with two others.</summary>
    private static TransformerConfig Bounded(TransformerConfig config, string file)
    {
        const int LargestWidth = 1 << 26;
        AttentionConfig? wide = config.Layers.Select(layer => layer.Attention).FirstOrDefault(attention => (long)attention.HeadCount * attention.HeadDim > LargestWidth);
        return wide is null ? config : throw new CheckpointFormatException(
            file, $"expected heads of at most {LargestWidth} values together, found {wide.HeadCount} heads of {wide.HeadDim}. Check the file against the weights", kind: "Config");
    }

    private static string Unknown(string name, IReadOnlyList<string> known) =>
        $"expected a known architecture, found \"{name}\". Known are {string.Join(", ", known)}{(NearestNames.Likely(name, known, 1) is [var near] ? $"; the nearest is {near}" : "")}. Nothing need be wrong with the files: this program cannot compute other models";
}
