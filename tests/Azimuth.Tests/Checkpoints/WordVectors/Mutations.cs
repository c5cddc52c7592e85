using System.Buffers.Binary;
using System.Text;

namespace Azimuth.Tests.Checkpoints.WordVectors;

/// <summary>Damages files as disks, networks and attackers do. The same seed gives the same damage.</summary>
internal sealed class Mutations(int seed)
{
    private static readonly byte[][] Spellings =
    [
        .. new[]
        {
            "0", "-1", "1", "2", "99999999999", "2147483647", "2147483648", "9223372036854775807", "99999999999999999999999999", "-0", "1e39", "1e-400", "1e999999999999", "nan", "inf", "-Infinity",
            "0x10", "1,5", ".", "e5", "", " ", "\n", "\r\n", "\t", "\"", "\\", "{", "[", "4294967295", "65536", "0.00000000000000000000000000000000000000000000001", "340282356779733661637539395458142568448",
        }.Select(Encoding.ASCII.GetBytes),
    ];

    private static readonly long[] Numbers = [0, 1, -1, 2, 255, 256, 65535, 65536, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue, 1L << 33, 1L << 40, 1L << 62];

    private readonly Random _random = new(seed);

    /// <summary>One file damaged one to three times; <paramref name="others"/> lend parts.</summary>
    public byte[] Of(byte[] file, IReadOnlyList<byte[]> others)
    {
        List<byte> bytes = [.. file];
        for (int count = _random.Next(1, 4); count > 0; count--)
            Once(bytes, others);
        return [.. bytes];
    }

    /// <summary>True once in <paramref name="times"/>.</summary>
    public bool Chance(int times) => _random.Next(times) == 0;

    public int Below(int bound) => _random.Next(bound);

    public T Pick<T>(IReadOnlyList<T> list) => list[_random.Next(list.Count)];

    private void Once(List<byte> bytes, IReadOnlyList<byte[]> others)
    {
        int at = _random.Next(bytes.Count + 1), length = _random.Next(1, 1 + Math.Max(1, Math.Min(64, bytes.Count)));
        switch (_random.Next(9))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << _random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)_random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 3:
                bytes.RemoveRange(at, Math.Min(length, bytes.Count - at));
                break;
            case 4 when bytes.Count > 0:
                int from = _random.Next(bytes.Count);
                bytes.InsertRange(at, bytes.GetRange(from, Math.Min(length, bytes.Count - from)));
                break;
            case 5:
                byte[] other = Pick(others);
                int start = _random.Next(other.Length + 1);
                bytes.InsertRange(at, other.Skip(start).Take(length));
                break;
            case 6:
                ReplaceNumber(bytes, at);
                break;
            case 7:
                OverwriteNumber(bytes, _random.Next(4) == 0 ? at : Math.Min(at, _random.Next(128)));
                break;
            default:
                bytes.InsertRange(at, Pick(Spellings));
                break;
        }
    }

    /// <summary>A run of digits at or after a place becomes an extreme; the early ones, which are sizes, more often.</summary>
    private void ReplaceNumber(List<byte> bytes, int at)
    {
        int begin = _random.Next(3) == 0 ? 0 : at;
        while (begin < bytes.Count && !char.IsAsciiDigit((char)bytes[begin]))
            begin++;
        int end = begin;
        while (end < bytes.Count && char.IsAsciiDigit((char)bytes[end]))
            end++;
        bytes.RemoveRange(begin, end - begin);
        bytes.InsertRange(begin, Pick(Spellings));
    }

    /// <summary>Two, four or eight bytes become an extreme, in either byte order.</summary>
    private void OverwriteNumber(List<byte> bytes, int at)
    {
        byte[] number = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, Pick(Numbers));
        int length = 2 << _random.Next(3);
        for (int i = 0; i < length && at + i < bytes.Count; i++)
            bytes[at + i] = number[i];
    }
}
