using System.Text;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints;

/// <summary>Recognises what a file is when it is not the format it was taken for, so that the error can say so.</summary>
internal static class ForeignFormat
{
    /// <summary>What the file is, or that it is malformed: the end of an error message.</summary>
    public static string HintOrMalformed(StoredBytes bytes) => Hint(bytes) is { Length: > 0 } hint ? hint : CheckpointFormatException.Malformed;

    /// <summary>". It is a Git LFS pointer: …", or an empty text when the first bytes are not a known other format.</summary>
    public static string Hint(StoredBytes bytes)
    {
        var start = bytes.Span(0, (int)Math.Min(bytes.Length, 64));
        string text = Encoding.Latin1.GetString(start).TrimStart();
        return text switch
        {
            _ when text.StartsWith("version https://git-lfs", StringComparison.Ordinal) => ". It is a Git LFS pointer, not the file itself: run git lfs pull",
            _ when text.StartsWith("<!DOCTYPE", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase) => ". It is a web page, not a model: download the file again",
            _ when text.StartsWith("GGUF", StringComparison.Ordinal) => ". It is a GGUF file: give it the ending .gguf",
            _ when text.StartsWith("PK\u0003\u0004", StringComparison.Ordinal) => ". It is a zip archive, as PyTorch saves: give it the ending .pt",
            _ when text.StartsWith("\u0080\u0002", StringComparison.Ordinal) => ". It is a Python pickle: if PyTorch before version 1.6 saved it, give it the ending .pt",
            _ when bytes.Length > 10 && start[8] == '{' && start[4..8].IndexOfAnyExcept((byte)0) < 0 => ". It is a safetensors file: give it the ending .safetensors",
            _ => "",
        };
    }
}
