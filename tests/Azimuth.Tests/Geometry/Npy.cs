using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Azimuth.Tests.Geometry;

/// <summary>Reads the little-endian .npy arrays of the fixtures; one of them lies column by column.</summary>
internal static partial class Npy
{
    internal static (int Rows, int Columns, double[] Values) Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int header = BitConverter.ToUInt16(bytes, 8);
        string text = Encoding.ASCII.GetString(bytes, 10, header);
        int[] shape = [.. Shape().Match(text).Groups[1].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(s => int.Parse(s, CultureInfo.InvariantCulture))];
        var data = bytes.AsSpan(10 + header);
        double[] values = Type().Match(text).Groups[1].Value switch
        {
            "i1" => Array.ConvertAll(data.ToArray(), v => (double)(sbyte)v),
            "u1" => Array.ConvertAll(data.ToArray(), v => (double)v),
            "f4" => Array.ConvertAll(MemoryMarshal.Cast<byte, float>(data).ToArray(), v => (double)v),
            "f8" => MemoryMarshal.Cast<byte, double>(data).ToArray(),
            "i4" => Array.ConvertAll(MemoryMarshal.Cast<byte, int>(data).ToArray(), v => (double)v),
            var other => throw new InvalidDataException($"{path} holds {other}"),
        };
        Assert.Equal(shape.Aggregate(1, (a, b) => a * b), values.Length);
        int rows = shape[0], columns = shape.Length > 1 ? shape[1] : 1;
        if (text.Contains("'fortran_order': True", StringComparison.Ordinal))
            values = [.. Enumerable.Range(0, values.Length).Select(i => values[i % columns * rows + i / columns])];
        return (rows, columns, values);
    }

    [GeneratedRegex(@"'shape': \(([0-9, ]*)\)")]
    private static partial Regex Shape();

    [GeneratedRegex(@"'descr': '[<|](..)'")]
    private static partial Regex Type();
}
