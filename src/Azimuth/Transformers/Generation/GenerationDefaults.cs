using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Transformers.Architectures;

namespace Azimuth.Transformers;

/// <summary>What a model's files say about generating with it.</summary>
public sealed record GenerationDefaults
{
    /// <summary>Tokens after which generation ends.</summary>
    public IReadOnlyList<int> EndIds { get; init; } = [];

    /// <summary>The token put in front of a text, if one is.</summary>
    public int? BeginId { get; init; }

    /// <summary>The padding token.</summary>
    public int? PadId { get; init; }

    /// <summary>The keys in which a GGUF file names tokens that end a text: of the text, of a turn, of a message.</summary>
    internal static IReadOnlyList<string> EndKeys { get; } = ["tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"];

    /// <summary>The ids under <see cref="EndKeys"/>, each once.</summary>
    internal static IReadOnlyList<int> EndIdsOf(GgufMetadata metadata) => [.. EndKeys.Select(metadata.FindInt32).OfType<int>().Distinct()];

    /// <summary>generation_config.json, then config.json; of a GGUF file its metadata.</summary>
    internal static GenerationDefaults Read(ModelFolder folder)
    {
        if (folder.Gguf is { Metadata: var metadata })
        {
            return new GenerationDefaults
            {
                EndIds = EndIdsOf(metadata),
                BeginId = metadata.FindInt32("tokenizer.ggml.bos_token_id"),
                PadId = metadata.FindInt32("tokenizer.ggml.padding_token_id"),
            };
        }

        string Path(string file) => System.IO.Path.Combine(folder.TokenizerFolder, file);
        var sources = new List<ConfigReader>();
        if (folder.GenerationConfig is { } generation)
            sources.Add(new ConfigReader(generation, Path("generation_config.json")));
        sources.Add(new ConfigReader(folder.Config!.Value, Path("config.json")));
        return new GenerationDefaults
        {
            EndIds = sources.Select(s => s.OptionalIds("eos_token_id")).FirstOrDefault(ids => ids.Count > 0) ?? [],
            BeginId = sources.SelectMany(s => s.OptionalIds("bos_token_id")).Select(id => (int?)id).FirstOrDefault(),
            PadId = sources.SelectMany(s => s.OptionalIds("pad_token_id")).Select(id => (int?)id).FirstOrDefault(),
        };
    }
}
