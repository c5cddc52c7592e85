using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace Azimuth.Training.Corpora;

/// <summary>
/// A word as 16 bytes and a hash. A word of up to <see cref="Whole"/> bytes is all in them, zeros behind it and its length in the last: two such words are compared without a loop. Of a
/// longer one there are the first 15, and 16 in the last.
/// </summary>
/// <param name="Bytes">The 16 bytes.</param>
/// <param name="Hash">Of the whole word. Another one in each process: nobody can write a text whose words all fall on one place.</param>
internal readonly record struct WordKey(Vector128<byte> Bytes, ulong Hash)
{
    /// <summary>The most bytes that a word may have to be all in its key.</summary>
    public const int Whole = 15;

    private const int Size = 16;

    private static readonly ulong First = Secret(), Second = Secret();

    /// <summary>[length]: which of 16 bytes belong to the word; then the length itself in the last of them.</summary>
    private static readonly Vector128<byte>[] Belongs = [.. Enumerable.Range(0, Size).Select(length => Bytewise(i => i < length ? 0xFF : 0))];
    private static readonly Vector128<byte>[] Lengths = [.. Enumerable.Range(0, Size + 1).Select(length => Bytewise(i => i == Whole ? length : 0))];

    /// <summary>The key of a word in a text.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WordKey Of(ReadOnlySpan<byte> text, int from, int length)
    {
        if (length > Whole)
            return OfLong(text.Slice(from, length));
        // Those behind the word are read, too, where there are any.
        Vector128<byte> bytes = from <= text.Length - Size ? Vector128.Create(text.Slice(from, Size)) : AtTheEnd(text.Slice(from, length));
        bytes = (bytes & Belongs[length]) | Lengths[length];
        return new WordKey(bytes, Mix(bytes.AsUInt64()[0], bytes.AsUInt64()[1]));
    }

    private static Vector128<byte> AtTheEnd(ReadOnlySpan<byte> word)
    {
        Span<byte> bytes = stackalloc byte[Size];
        bytes.Clear();
        word.CopyTo(bytes);
        return Vector128.Create<byte>(bytes);
    }

    private static WordKey OfLong(ReadOnlySpan<byte> word)
    {
        ulong hash = (ulong)word.Length;
        // The last step takes bytes again that were taken, where there are fewer than 16 left.
        for (ReadOnlySpan<byte> rest = word; rest.Length > 0; rest = rest.Length is > Size and < 2 * Size ? rest[^Size..] : rest[Size..])
        {
            Vector128<ulong> bytes = Vector128.Create(rest).AsUInt64();
            hash = Mix(bytes[0] ^ hash, bytes[1]);
        }

        return new WordKey((Vector128.Create(word) & Belongs[Whole]) | Lengths[Size], hash);
    }

    /// <summary>Both halves of a product of both, each hidden by a number nobody knows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong first, ulong second)
    {
        ulong high = Math.BigMul(first ^ First, second ^ Second, out ulong low);
        return high ^ low;
    }

    private static ulong Secret() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));

    private static Vector128<byte> Bytewise(Func<int, int> value) => Vector128.Create<byte>([.. Enumerable.Range(0, Size).Select(i => (byte)value(i))]);
}
