using System.Security.Cryptography;

namespace Azimuth.Training.Corpora;

/// <summary>Tells whether a file is still the text that a run was begun with, in a moment for any size.</summary>
internal static class TextFingerprint
{
    private const int PieceBytes = 1 << 20, Pieces = 64;

    /// <summary>
    /// The first 16 hexadecimal digits of the SHA-256 of the bytes as stored: all of them up to 64 MiB; of a larger file 64 pieces of 1 MiB at equal distances, the first and the last among
    /// them. Names and dates do not count: a copy is the same text.
    /// </summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string Of(string file)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using FileStream stream = File.OpenRead(file);
        var piece = new byte[PieceBytes];
        long last = Math.Max(0, stream.Length - PieceBytes);
        int count = (int)Math.Min(Pieces, (stream.Length + PieceBytes - 1) / PieceBytes);
        for (int i = 0; i < count; i++)
        {
            // Side by side while the file is at most 64 of them long.
            stream.Position = stream.Length <= (long)Pieces * PieceBytes ? (long)i * PieceBytes : (long)((Int128)last * i / (Pieces - 1));
            hash.AppendData(piece.AsSpan(0, stream.ReadAtLeast(piece, PieceBytes, throwOnEndOfStream: false)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));
    }
}
