using Azimuth.Embeddings;

namespace Azimuth.Vocabulary.Resizing;

/// <summary>A tensor with a row for each token.</summary>
/// <param name="Name">In the checkpoint.</param>
/// <param name="Type">How it is stored, before and after.</param>
/// <param name="Before">"[4096, 192]".</param>
/// <param name="After">"[4104, 192]".</param>
public sealed record ResizedTensor(string Name, string Type, string Before, string After);

/// <summary>What was compared between the model before and after, bit by bit, before the result got its name.</summary>
public sealed record ResizeProof
{
    /// <summary>Rows of every table, and entries of the output bias, that have the same bytes: all that were kept.</summary>
    public required long RowsCompared { get; init; }

    /// <summary>Prompts that both models ran: a text where there is a tokenizer, and drawn ids.</summary>
    public required int Prompts { get; init; }

    /// <summary>Positions of these prompts; at each, the logits of all kept ids have the same bits.</summary>
    public required int Positions { get; init; }

    /// <summary>Logits compared.</summary>
    public required long LogitsCompared { get; init; }

    /// <summary>Texts that both tokenizers encode to the same tokens; 0 without a tokenizer.</summary>
    public required int TextsCompared { get; init; }

    /// <summary>The largest probability that any new row took at any of the positions; null without new rows.</summary>
    public required double? LargestNewProbability { get; init; }
}

/// <summary>A model with another vocabulary, written and compared with the original.</summary>
public sealed record ResizeResult
{
    /// <summary>The new folder.</summary>
    public required string Path { get; init; }

    /// <summary>Rows before.</summary>
    public required int RowsBefore { get; init; }

    /// <summary>Rows after.</summary>
    public required int RowsAfter { get; init; }

    /// <summary>New tokens with their ids.</summary>
    public required IReadOnlyList<TokenRef> Added { get; init; }

    /// <summary>Tokens that went, with their old ids.</summary>
    public required IReadOnlyList<TokenRef> Removed { get; init; }

    /// <summary>New rows that no token belongs to.</summary>
    public required int PaddingRows { get; init; }

    /// <summary>Rows without a token before that a new token took over.</summary>
    public required int RowsTakenOver { get; init; }

    /// <summary>True when kept tokens have other ids than before; id-map.json in the folder lists them.</summary>
    public required bool IsRenumbered { get; init; }

    /// <summary>The tensors that changed.</summary>
    public required IReadOnlyList<ResizedTensor> Tensors { get; init; }

    /// <summary>Files whose content changed, by name.</summary>
    public required IReadOnlyList<string> ChangedFiles { get; init; }

    /// <summary>Files and folders of the original that are not in the copy.</summary>
    public required IReadOnlyList<string> LeftOut { get; init; }

    /// <summary>What was compared.</summary>
    public required ResizeProof Proof { get; init; }
}
