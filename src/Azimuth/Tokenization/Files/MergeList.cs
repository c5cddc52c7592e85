using Azimuth.Checkpoints;
using Azimuth.Tokenization.Models;

namespace Azimuth.Tokenization.Files;

/// <summary>Builds the merge table from merges as files list them: pairs of token strings, earliest first.</summary>
internal sealed class MergeList(string file, Models.Vocabulary vocabulary, int capacity, string? continuingPrefix = null)
{
    private char[] _joined = new char[64];
    private int _rank;

    /// <summary>The table so far.</summary>
    public MergeTable Table { get; } = new(capacity);

    /// <summary>Adds "left right", split at its one space.</summary>
    /// <exception cref="CheckpointFormatException">Not two parts, or a part or their join is not a token.</exception>
    public void Add(ReadOnlySpan<char> line)
    {
        int space = line.IndexOf(' ');
        if (space <= 0 || space == line.Length - 1 || line[(space + 1)..].Contains(' '))
        {
            throw new CheckpointFormatException(
                file, FormattableString.Invariant($"merge {_rank} is \"{Show(line)}\", expected two tokens with one space between."), kind: "BadMerge");
        }

        Add(line[..space], line[(space + 1)..]);
    }

    /// <summary>Adds the next merge.</summary>
    /// <exception cref="CheckpointFormatException">A part or their join is not a token.</exception>
    public void Add(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        int leftId = Require(left, left, right);
        int rightId = Require(right, left, right);

        // "##" is dropped from the right part: un + ##able is unable.
        ReadOnlySpan<char> tail = continuingPrefix is { Length: > 0 } && right.StartsWith(continuingPrefix, StringComparison.Ordinal)
            ? right[continuingPrefix.Length..]
            : right;
        int length = left.Length + tail.Length;
        if (length > _joined.Length)
            _joined = new char[length * 2];
        left.CopyTo(_joined);
        tail.CopyTo(_joined.AsSpan(left.Length));
        Table.Set(leftId, rightId, _rank, Require(_joined.AsSpan(0, length), left, right));
        _rank++;
    }

    private static string Show(ReadOnlySpan<char> text) => VisibleText.Show(text.Length <= 100 ? text.ToString() : text[..100].ToString() + "…");

    private int Require(ReadOnlySpan<char> token, ReadOnlySpan<char> left, ReadOnlySpan<char> right)
        => vocabulary.Id(token) ?? throw new CheckpointFormatException(
            file,
            FormattableString.Invariant(
                $"merge {_rank} joins \"{Show(left)}\" and \"{Show(right)}\", but \"{Show(token)}\" is not in the vocabulary; vocabulary and merges do not belong together."),
            kind: "MergeTokenMissing");
}
