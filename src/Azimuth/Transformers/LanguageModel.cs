using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Transformers;

/// <summary>
/// A decoder with its weights and tokenizer. Opening it reads headers only; its matrices are packed when it first runs, so commands that look
/// at tables never pay for it. Immutable: many threads may run it, each with a cache of its own. Nobody disposes it; the workers are the caller's.
/// </summary>
public sealed class LanguageModel
{
    private LanguageModel() { }

    /// <summary>The model's name: its folder's or file's.</summary>
    public string Name => throw new NotSupportedException();

    /// <summary>The folder or file it was opened from.</summary>
    public string Path => throw new NotSupportedException();

    /// <summary>What it computes.</summary>
    public TransformerConfig Config => throw new NotSupportedException();

    /// <summary>The input table [vocab, embedding width], as stored.</summary>
    public EmbeddingTable TokenEmbedding => throw new NotSupportedException();

    /// <summary>The output table [vocab, embedding width]; the same object as <see cref="TokenEmbedding"/> when tied.</summary>
    public EmbeddingTable Unembedding => throw new NotSupportedException();

    /// <summary>True when input and output table are one.</summary>
    public bool IsTied => throw new NotSupportedException();

    /// <summary>Begin, end and padding ids, and the sampling its makers suggest.</summary>
    public GenerationDefaults GenerationDefaults => throw new NotSupportedException();

    /// <summary>The threads it computes with.</summary>
    public Workers Workers => throw new NotSupportedException();

    /// <summary>The pieces of the computation, for what looks inside it.</summary>
    public ModelParts Parts => throw new NotSupportedException();

    /// <summary>Opens a model folder, a single .safetensors or .gguf file, or a bundled model by its name.</summary>
    /// <param name="path">Folder, file or name.</param>
    /// <param name="workers">The threads to compute with; stays the caller's.</param>
    /// <exception cref="Checkpoints.CheckpointFormatException">Not a model: unknown architecture, contradictory config, missing or misshapen tensor.</exception>
    public static LanguageModel Load(string path, Workers workers) => throw new NotSupportedException();

    /// <summary>Logits of the token after <paramref name="ids"/>: [vocab]. Only the last position's are computed.</summary>
    /// <exception cref="ArgumentException">No ids, an id outside the table, or more than the context.</exception>
    public float[] NextLogits(ReadOnlySpan<int> ids) => throw new NotSupportedException();

    /// <summary>
    /// Runs <paramref name="ids"/> after what <paramref name="cache"/> holds, adds them to it, and writes the logits of the token after them to
    /// <paramref name="logits"/> [vocab]. The same bits as running everything at once.
    /// </summary>
    public void NextLogits(ReadOnlySpan<int> ids, KeyValueCache cache, Span<float> logits) => throw new NotSupportedException();

    /// <summary>Prompts of any lengths run together: logits [vocab] of the token after each. The same bits as one by one.</summary>
    public IReadOnlyList<float[]> NextLogits(IReadOnlyList<int[]> prompts) => throw new NotSupportedException();

    /// <summary>Logits at every position: [position, vocab].</summary>
    public Matrix Logits(ReadOnlySpan<int> ids) => throw new NotSupportedException();

    /// <summary>Runs <paramref name="ids"/> and keeps the values of <paramref name="sites"/>; the same bits as an untraced run.</summary>
    public Trace Trace(ReadOnlySpan<int> ids, TraceSites sites) => throw new NotSupportedException();

    /// <summary>An empty cache with room for <paramref name="capacity"/> tokens at first; it grows up to the context.</summary>
    public KeyValueCache CreateCache(int capacity = 256) => throw new NotSupportedException();
}

/// <summary>What the model's files say about generating with it.</summary>
public sealed record GenerationDefaults
{
    /// <summary>Tokens after which generation ends.</summary>
    public IReadOnlyList<int> EndIds { get; init; } = [];

    /// <summary>The token put in front of a text, if one is.</summary>
    public int? BeginId { get; init; }

    /// <summary>The padding token.</summary>
    public int? PadId { get; init; }
}
