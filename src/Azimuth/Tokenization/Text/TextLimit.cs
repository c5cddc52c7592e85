using Azimuth.Checkpoints;

namespace Azimuth.Tokenization.Text;

/// <summary>
/// How long a stretch of text may become on its way through the pipeline: a few steps that each write ten characters for one make a text of any size, and the file
/// says how many steps there are. The longest honest growth is 18-fold (NFKD of U+FDFA), then a few bytes for each character.
/// </summary>
/// <param name="File">The tokenizer's file, for the message.</param>
/// <param name="Length">Code points of the stretch before its first step.</param>
internal sealed record TextLimit(string File, int Length)
{
    private const int Growth = 256, Free = 1 << 12;

    /// <summary>Stops a text that grows out of proportion.</summary>
    /// <exception cref="CheckpointFormatException">It does.</exception>
    public void Check(long count)
    {
        if (count > Free + ((long)Growth * Length))
        {
            throw new CheckpointFormatException(
                File, FormattableString.Invariant($"its normalizer or pre-tokenizer makes more than {count - 1} characters of {Length}, expected at most {Growth} of one; use another tokenizer."), kind: "TextTooLong");
        }
    }
}
