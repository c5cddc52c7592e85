using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Azimuth.Tests.Checkpoints;

/// <summary>Just enough of NumPy's format, version 1, to read expected float32 matrices.</summary>
internal static partial class NpyFile
{
    public static (float[] Values, long[] Shape) ReadFloats(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        Assert.Equal("\u0093NUMPY\u0001\0", Encoding.Latin1.GetString(file, 0, 8));
        int headerLength = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(8));
        string header = Encoding.Latin1.GetString(file, 10, headerLength);
        Assert.Contains("'descr': '<f4', 'fortran_order': False", header);
        long[] shape = [.. Numbers().Matches(Shape().Match(header).Value).Select(m => long.Parse(m.Value))];
        float[] values = MemoryMarshal.Cast<byte, float>(file.AsSpan(10 + headerLength)).ToArray();
        Assert.Equal(shape.Aggregate(1L, (a, b) => a * b), values.Length);
        return (values, shape);
    }

    [GeneratedRegex(@"\([^)]*\)")]
    private static partial Regex Shape();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Numbers();
}
