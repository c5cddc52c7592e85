using System.Buffers.Binary;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>Reads a fastText file's little-endian fields one after another, each checked against the file's end.</summary>
internal sealed class FastTextCursor(TableInput input, StoredBytes bytes)
{
    private const int LongestWord = 1 << 16;

    public long Position { get; private set; }

    public long Remaining => bytes.Length - Position;

    public byte Byte(string what) => Take(1, what)[0];

    public int Int32(string what) => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int), what));

    public long Int64(string what) => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long), what));

    public double Double(string what) => BinaryPrimitives.ReadDoubleLittleEndian(Take(sizeof(double), what));

    /// <summary>The bytes before the next zero byte, which is skipped.</summary>
    public ReadOnlySpan<byte> Word()
    {
        int length = bytes.Span(Position, (int)Math.Min(Remaining, LongestWord)).IndexOf((byte)0);
        if (length < 0)
            throw Remaining < LongestWord ? CutOff("a word") : Error($"expected a word of at most {LongestWord} bytes, found a longer one. The file is damaged", "BadWord");
        ReadOnlySpan<byte> word = bytes.Span(Position, length);
        Position += length + 1;
        return word;
    }

    /// <summary>A part of the file that is not read now.</summary>
    public StoredBytes Part(Int128 length, string what)
    {
        if (length > Remaining)
            throw Error($"{what} needs {length} bytes, {Remaining} are left. The file is cut off or damaged: download it again", "Truncated");
        StoredBytes part = bytes.Slice(Position, (long)length);
        Position += (long)length;
        return part;
    }

    public CheckpointFormatException Error(string problem, string kind) => new(input.Path, problem, offset: Position, kind: kind);

    private ReadOnlySpan<byte> Take(int length, string what)
    {
        if (length > Remaining)
            throw CutOff(what);
        ReadOnlySpan<byte> taken = bytes.Span(Position, length);
        Position += length;
        return taken;
    }

    private CheckpointFormatException CutOff(string what) => Error($"the file ends inside {what}. Download it again", "Truncated");
}
