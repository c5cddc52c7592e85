using System.Buffers;
using System.Text;
using Azimuth.Numerics;
using Azimuth.Tokenization;

namespace Azimuth.Vocabulary;

/// <summary>Says of every row of a table what its id stands for, by decoding it and encoding the text again (Land and Bartolo 2024, §3.1).</summary>
public static class TokenClasses
{
    // A token may need something before it: where encoding puts a blank in front of a text, a piece without one appears only inside a word.
    private static readonly string[] Contexts = ["", "a", "1", ".", "\n", "«", " ", "аб"];

    /// <summary>
    /// The class of each id from 0 to <paramref name="rows"/> − 1. A token counts as reachable when encoding its text, by itself or behind a letter, digit,
    /// mark, blank or line end, brings its id back.
    /// </summary>
    /// <param name="tokenizer">Whose ids they are.</param>
    /// <param name="rows">Rows of the model's table, which may be more than the tokenizer has ids.</param>
    /// <param name="workers">The threads to use.</param>
    /// <param name="cancellation">Checked between groups of ids.</param>
    /// <returns>[rows]</returns>
    public static TokenClass[] Of(Tokenizer tokenizer, int rows, Workers workers, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(workers);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        const int perPart = 512;
        var classes = new TokenClass[rows];
        workers.Run((rows + perPart - 1) / perPart, part =>
        {
            cancellation.ThrowIfCancellationRequested();
            for (int id = part * perPart; id < Math.Min(rows, (part + 1) * perPart); id++)
                classes[id] = Of(tokenizer, id);
        });
        return classes;
    }

    /// <summary>How many ids each class has; classes without any are there with 0.</summary>
    public static IReadOnlyDictionary<TokenClass, int> Count(IReadOnlyList<TokenClass> classes)
    {
        ArgumentNullException.ThrowIfNull(classes);
        var counts = Enum.GetValues<TokenClass>().ToDictionary(c => c, _ => 0);
        foreach (TokenClass c in classes)
            counts[c]++;
        return counts;
    }

    private static TokenClass Of(Tokenizer tokenizer, int id)
    {
        if (tokenizer.Token(id) is null || tokenizer.Parts.UnusedIds.Contains(id))
            return TokenClass.Padding;
        if (tokenizer.IsSpecial(id) || id == tokenizer.BeginId || id == tokenizer.EndId || id == tokenizer.PadId || id == tokenizer.UnknownId)
            return TokenClass.Special;
        byte[] bytes = tokenizer.TokenBytes(id);
        if (!System.Text.Unicode.Utf8.IsValid(bytes))
            return OccursInUtf8(bytes) ? TokenClass.PartialUtf8 : TokenClass.Unreachable;
        string text = Encoding.UTF8.GetString(bytes);
        foreach (string before in Contexts)
        {
            if (tokenizer.EncodeIds(before + text, addSpecialTokens: false).Contains(id))
                return TokenClass.Ok;
        }

        return TokenClass.Unreachable;
    }

    /// <summary>Whether bytes can stand in a UTF-8 text at all: the end of a character, whole ones, the beginning of one. 0xC0, 0xC1 and 0xF5 to 0xFF never do.</summary>
    internal static bool OccursInUtf8(ReadOnlySpan<byte> bytes)
    {
        int start = 0;
        while (start < bytes.Length && (bytes[start] & 0xC0) == 0x80)
            start++;
        if (start > 3)
            return false;
        for (bytes = bytes[start..]; bytes.Length > 0;)
        {
            OperationStatus status = Rune.DecodeFromUtf8(bytes, out _, out int length);
            if (status == OperationStatus.NeedMoreData)
                return true;
            if (status != OperationStatus.Done)
                return false;
            bytes = bytes[length..];
        }

        return true;
    }
}
