using System.Buffers.Binary;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>
/// The settings at the beginning of a fastText .bin file (fastText's args.cc and fasttext.cc). Files of before 2017 begin with the settings at once;
/// later ones with a number and a version.
/// </summary>
/// <param name="Version">11 or 12; 0 for the old form.</param>
/// <param name="Dimension">Values of a row.</param>
/// <param name="Bucket">Rows shared by subwords.</param>
/// <param name="MinN">Characters of the shortest subword.</param>
/// <param name="MaxN">Characters of the longest subword; 0 for none.</param>
/// <param name="Supervised">A text classifier, whose dictionary ends with labels.</param>
internal sealed record FastTextHeader(int Version, int Dimension, int Bucket, int MinN, int MaxN, bool Supervised)
{
    /// <summary>What newer files begin with.</summary>
    public const int Magic = 793712314;

    /// <summary>Far beyond use (6 is usual): the work of a word grows with it.</summary>
    public const int LongestSubword = 64;

    private const int LargestDimension = 1 << 16;
    private const int Settings = 12; // 32-bit numbers, then a double
    private const int SettingsBytes = (Settings * sizeof(int)) + sizeof(double);
    private const int Supervision = 3; // of the models: 1 cbow, 2 skip-gram, 3 supervised

    /// <summary>True for bytes that begin as a fastText file does. The old form has nothing to know it by but settings that make sense together.</summary>
    public static bool IsFastText(ReadOnlySpan<byte> start)
    {
        if (start.Length >= sizeof(int) && BinaryPrimitives.ReadInt32LittleEndian(start) == Magic)
            return true;
        if (start.Length < SettingsBytes + 20)
            return false;
        Span<int> settings = stackalloc int[Settings];
        for (int i = 0; i < Settings; i++)
            settings[i] = BinaryPrimitives.ReadInt32LittleEndian(start[(i * sizeof(int))..]);
        int size = Number(start, 0), words = Number(start, 1), labels = Number(start, 2);
        return settings is [> 0 and <= LargestDimension, > 0 and < 1 << 16, > 0, >= 0, >= 0, > 0 and < 256, >= 1 and <= 4, >= 1 and <= 3, >= 0, >= 0 and < 256, >= 0 and < 256, >= 0]
            && words >= 1 && labels >= 0 && size == (long)words + labels;

        static int Number(ReadOnlySpan<byte> start, int index) => BinaryPrimitives.ReadInt32LittleEndian(start[(SettingsBytes + (index * sizeof(int)))..]);
    }

    /// <summary>Reads the settings and stands behind them.</summary>
    public static FastTextHeader Read(FastTextCursor cursor)
    {
        int first = cursor.Int32("the settings"), version = 0;
        if (first == Magic)
        {
            version = cursor.Int32("the version");
            if (version is not (11 or 12))
                throw cursor.Error($"expected version 11 or 12, found {version}. Save the model with fastText 0.9", "UnknownVersion");
            first = cursor.Int32("the settings");
        }

        Span<int> settings = stackalloc int[Settings];
        settings[0] = first;
        for (int i = 1; i < Settings; i++)
            settings[i] = cursor.Int32("the settings");
        cursor.Double("the settings");
        bool supervised = settings[7] == Supervision;
        int bucket = settings[8], minN = settings[9], maxN = settings[10];
        if (first < 1 || first > LargestDimension)
            throw cursor.Error($"expected a dimension of 1 to {LargestDimension}, found {first}. The file is damaged", "BadHeader");
        if (bucket < 0 || minN < 0 || maxN < 0 || maxN > LongestSubword)
            throw cursor.Error($"expected subwords of at most {LongestSubword} characters in 0 buckets or more, found {minN} to {maxN} characters in {bucket} buckets. The file is damaged", "BadHeader");
        // "Old supervised models do not use char ngrams" (fasttext.cc).
        return new FastTextHeader(version, first, bucket, minN, version == 11 && supervised ? 0 : maxN, supervised);
    }
}
