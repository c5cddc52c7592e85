using System.Text.Json.Nodes;
using Azimuth.Tokenization;

namespace Azimuth.Training.LanguageModels;

/// <summary>The sizes of a new model.</summary>
public sealed record ModelShape
{
    /// <summary>gpt2 or llama.</summary>
    public required string Architecture { get; init; }

    /// <summary>Blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int Width { get; init; }

    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key-value heads; null for as many as query heads. Llama alone.</summary>
    public int? KeyValueHeads { get; init; }

    /// <summary>Inner width of the MLP; null for 4 · width, or 8/3 · width to the next multiple of 8 in Llama (Touvron et al. 2023, §2.2).</summary>
    public int? MlpWidth { get; init; }

    /// <summary>Longest run of tokens.</summary>
    public required int Context { get; init; }

    /// <summary>True when output and input table are one.</summary>
    public bool Tied { get; init; } = true;

    /// <summary>The config.json of such a model.</summary>
    /// <exception cref="ArgumentException">Sizes that do not fit each other.</exception>
    internal JsonObject ToConfig(Tokenizer tokenizer)
    {
        if (Width % Heads != 0)
            throw new ArgumentException(FormattableString.Invariant($"width: expected a multiple of the {Heads} heads, found {Width}."));
        int keyValueHeads = KeyValueHeads ?? Heads;
        if (Heads % keyValueHeads != 0)
            throw new ArgumentException(FormattableString.Invariant($"key-value-heads: expected a divisor of the {Heads} heads, found {keyValueHeads}."));
        JsonObject json = Architecture switch
        {
            "gpt2" => Gpt2(keyValueHeads),
            "llama" => Llama(keyValueHeads),
            _ => throw new ArgumentException($"architecture: expected gpt2 or llama, found {Architecture}."),
        };
        json["vocab_size"] = tokenizer.VocabSize;
        json["tie_word_embeddings"] = Tied;
        // Null says "none": left out, a family's own default would stand in its place.
        json["bos_token_id"] = (tokenizer.BeginId ?? tokenizer.EndId) is int begin ? begin : null;
        json["eos_token_id"] = tokenizer.EndId is int end ? end : null;
        return json;
    }

    private JsonObject Gpt2(int keyValueHeads)
    {
        if (keyValueHeads != Heads)
            throw new ArgumentException(FormattableString.Invariant($"key-value-heads: expected as many as heads ({Heads}) in gpt2, found {keyValueHeads}; llama has groups."));
        return new JsonObject
        {
            ["architectures"] = new JsonArray("GPT2LMHeadModel"),
            ["model_type"] = "gpt2",
            ["n_embd"] = Width,
            ["n_layer"] = Layers,
            ["n_head"] = Heads,
            ["n_inner"] = MlpWidth ?? 4 * Width,
            ["n_positions"] = Context,
            ["activation_function"] = "gelu_new",
            ["layer_norm_epsilon"] = 1e-5,
            ["attn_pdrop"] = 0.0,
            ["embd_pdrop"] = 0.0,
            ["resid_pdrop"] = 0.0,
        };
    }

    private JsonObject Llama(int keyValueHeads)
    {
        if (Width / Heads % 2 != 0)
            throw new ArgumentException(FormattableString.Invariant($"width: expected an even multiple of the {Heads} heads, as the values of each turn in pairs, found {Width}."));
        return new JsonObject
        {
            ["architectures"] = new JsonArray("LlamaForCausalLM"),
            ["model_type"] = "llama",
            ["hidden_size"] = Width,
            ["intermediate_size"] = MlpWidth ?? (8 * Width / 3 + 7) / 8 * 8,
            ["num_hidden_layers"] = Layers,
            ["num_attention_heads"] = Heads,
            ["num_key_value_heads"] = keyValueHeads,
            ["max_position_embeddings"] = Context,
            ["hidden_act"] = "silu",
            ["rms_norm_eps"] = 1e-5,
            ["rope_theta"] = 10000.0,
            ["attention_bias"] = false,
            ["mlp_bias"] = false,
        };
    }
}
