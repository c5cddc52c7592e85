using Azimuth.Checkpoints;
using Azimuth.Tokenization.Models;

namespace Azimuth.Tokenization.AddedTokens;

/// <summary>The added tokens of a tokenizer by id and by content, checked against each other and against the vocabulary. Immutable, thread-safe.</summary>
internal sealed class AddedTokenSet
{
    private readonly Dictionary<int, AddedToken> _byId = [];
    private readonly Dictionary<string, int> _byContent = new(StringComparer.Ordinal);

    /// <exception cref="CheckpointFormatException">An id or a content that two tokens share, or an id far beyond the others.</exception>
    public AddedTokenSet(string file, IReadOnlyList<AddedToken> tokens, Models.Vocabulary vocabulary)
    {
        Size = vocabulary.Size;
        foreach (AddedToken token in tokens)
        {
            Check(file, token, tokens.Count, vocabulary);
            _byId[token.Id] = token;
            _byContent[token.Content] = token.Id;
            Size = Math.Max(Size, token.Id + 1);
        }
    }

    /// <summary>One more than the largest id of an added token or of the vocabulary.</summary>
    public int Size { get; }

    /// <summary>The added token with this id, or null.</summary>
    public AddedToken? Find(int id) => _byId.GetValueOrDefault(id);

    /// <summary>The id of the added token with this content, or null.</summary>
    public int? Id(string content) => _byContent.TryGetValue(content, out int id) ? id : null;

    private void Check(string file, AddedToken token, int count, Models.Vocabulary vocabulary)
    {
        string shown = VisibleText.Show(token.Content);
        if (token.Id > vocabulary.Size + count + Models.Vocabulary.AllowedGap)
        {
            throw new CheckpointFormatException(file, FormattableString.Invariant(
                $"added token \"{shown}\" has id {token.Id}, far beyond the vocabulary's {vocabulary.Size} tokens; the file is damaged."), kind: "TokenIdGap");
        }

        if ((vocabulary.Id(token.Content) ?? Id(token.Content)) is { } id && id != token.Id)
        {
            throw new CheckpointFormatException(file, FormattableString.Invariant(
                $"added token \"{shown}\" has ids {token.Id} and {id}, expected one id a token."), kind: "DuplicateToken");
        }

        string? taken = Find(token.Id)?.Content ?? vocabulary.Token(token.Id);
        if (taken is not null && taken != token.Content)
        {
            throw new CheckpointFormatException(file, FormattableString.Invariant(
                $"added token \"{shown}\" has id {token.Id}, which is already \"{VisibleText.Show(taken)}\"."), kind: "DuplicateTokenId");
        }
    }
}
