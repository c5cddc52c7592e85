using Azimuth.Embeddings;
using Azimuth.Tokenization;
using Azimuth.Transformers;

namespace Azimuth.Cli.CommandLine;

/// <summary>What <c>--model</c> named, for commands that look at rows: a model's tables, or a file of vectors.</summary>
/// <param name="Name">The model's or the file's name.</param>
/// <param name="Input">The input table; a file's only table.</param>
/// <param name="Output">The output table; the same object as <paramref name="Input"/> when tied or a file.</param>
/// <param name="Model">The model; null for a file of vectors.</param>
internal sealed record OpenedTable(string Name, EmbeddingTable Input, EmbeddingTable Output, LanguageModel? Model)
{
    /// <summary>What no other file of vectors can hold, where this one has it: fastText's n-grams, which make vectors for words that it has not seen.</summary>
    public string? LostSubwords { get; init; }

    /// <summary>The model's tokenizer; null for a file of vectors, whose words are looked up as they are.</summary>
    public Tokenizer? Tokenizer => Model?.Tokenizer;

    /// <summary>Input and output table are one; null for a file of vectors, to which the question does not apply.</summary>
    public bool? Tied => Model?.IsTied;

    /// <summary>Every table there is, once.</summary>
    public IReadOnlyList<EmbeddingTable> All => ReferenceEquals(Input, Output) ? [Input] : [Input, Output];

    public static OpenedTable Of(LanguageModel model) => new(model.Name, model.TokenEmbedding, model.Unembedding, model);
}
