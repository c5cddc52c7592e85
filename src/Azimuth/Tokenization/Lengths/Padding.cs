namespace Azimuth.Tokenization.Lengths;

/// <summary>Fills encodings up to one length (the rules of the tokenizers library).</summary>
internal static class Padding
{
    /// <summary>The length a batch is filled up to.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A negative length or a multiple below 1.</exception>
    public static int Target(IEnumerable<TokenEncoding> batch, PaddingOptions options)
    {
        int length = options.Length ?? batch.Max(encoding => encoding.Count);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (options.MultipleOf is not { } multiple)
            return length;
        ArgumentOutOfRangeException.ThrowIfLessThan(multiple, 1);
        return length % multiple == 0 ? length : checked(length + multiple - (length % multiple));
    }

    /// <summary>The encoding with as many padding tokens as it lacks, and its overflowing ones too.</summary>
    public static TokenEncoding Fill(TokenEncoding encoding, int length, PaddingOptions options)
    {
        TokenEncoding filled = encoding with { Overflowing = encoding.Overflowing.Select(other => Fill(other, length, options)) };
        int missing = length - encoding.Count;
        if (missing <= 0)
            return filled;
        T[] With<T>(T[] values, T padding)
        {
            T[] added = new T[missing];
            Array.Fill(added, padding);
            return options.Side == TextSide.Left ? [.. added, .. values] : [.. values, .. added];
        }

        return filled with
        {
            Ids = With(encoding.Ids, options.Id),
            Tokens = With(encoding.Tokens, options.Token),
            Characters = With(encoding.Characters, default),
            Bytes = With(encoding.Bytes, default),
            SpecialMask = With(encoding.SpecialMask, true),
            TypeIds = With(encoding.TypeIds, options.TypeId),
            SequenceIds = With(encoding.SequenceIds, null),
            AttentionMask = With(encoding.AttentionMask, false),
        };
    }
}
