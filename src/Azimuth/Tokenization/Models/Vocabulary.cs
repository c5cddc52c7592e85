using Azimuth.Checkpoints;

namespace Azimuth.Tokenization.Models;

/// <summary>
/// Token strings and their ids. Ids may leave gaps (rank files leave some before the special tokens), but no id and no string occurs twice.
/// Immutable, thread-safe.
/// </summary>
internal sealed class Vocabulary
{
    /// <summary>Far above any vocabulary known (256,000 in 2026); an id beyond it means a damaged file, and would cost memory in proportion.</summary>
    public const int MaximumId = (1 << 24) - 1;

    /// <summary>How many ids may be free without suspicion: real files leave a few hundred at most.</summary>
    public const int AllowedGap = 4096;

    private readonly string?[] _tokens;
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    /// <summary>Checks and keeps the pairs.</summary>
    /// <exception cref="CheckpointFormatException">An id or string twice, an id outside 0..<see cref="MaximumId"/> or far beyond the number of tokens.</exception>
    public Vocabulary(string file, IReadOnlyList<(string Token, int Id)> entries)
    {
        int size = 0;
        foreach ((string token, int id) in entries)
        {
            if (id is < 0 or > MaximumId)
            {
                throw new CheckpointFormatException(file, FormattableString.Invariant(
                    $"token \"{VisibleText.Show(token)}\" has id {id}, expected 0 to {MaximumId}; the vocabulary is damaged."), kind: "TokenIdOutOfRange");
            }

            size = Math.Max(size, id + 1);
        }

        // A lone huge id would make every table as long as itself.
        if (size > (entries.Count * 2) + AllowedGap)
        {
            throw new CheckpointFormatException(file, FormattableString.Invariant(
                $"the largest token id is {size - 1}, expected about {entries.Count} ids without large gaps; the vocabulary is damaged."), kind: "TokenIdGap");
        }

        _tokens = new string?[size];
        _ids = new Dictionary<string, int>(entries.Count, StringComparer.Ordinal);
        foreach ((string token, int id) in entries)
        {
            if (_tokens[id] is { } other)
            {
                throw new CheckpointFormatException(file, FormattableString.Invariant(
                    $"tokens \"{VisibleText.Show(other)}\" and \"{VisibleText.Show(token)}\" both have id {id}, expected one token an id."), kind: "DuplicateTokenId");
            }

            if (!_ids.TryAdd(token, id))
            {
                throw new CheckpointFormatException(file, FormattableString.Invariant(
                    $"token \"{VisibleText.Show(token)}\" has ids {_ids[token]} and {id}, expected one id a token."), kind: "DuplicateToken");
            }

            _tokens[id] = token;
            LongestToken = Math.Max(LongestToken, token.Length);
        }

        _lookup = _ids.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>One more than the largest id.</summary>
    public int Size => _tokens.Length;

    /// <summary>Number of tokens; below <see cref="Size"/> when ids leave gaps.</summary>
    public int Count => _ids.Count;

    /// <summary>The length of the longest token in UTF-16 units.</summary>
    public int LongestToken { get; }

    /// <summary>The token's string, or null when no token has this id.</summary>
    public string? Token(int id) => (uint)id < (uint)_tokens.Length ? _tokens[id] : null;

    /// <summary>The string's id, or null.</summary>
    public int? Id(ReadOnlySpan<char> token) => _lookup.TryGetValue(token, out int id) ? id : null;
}
