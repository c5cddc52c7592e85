using System.Text.Json;

namespace Azimuth.Tests.Transformers;

/// <summary>Comparisons that say where the largest difference is.</summary>
internal static class Near
{
    public static void Equal(string what, ReadOnlySpan<double> expected, ReadOnlySpan<float> found, double tolerance)
    {
        Assert.Equal(expected.Length, found.Length);
        int at = 0;
        double largest = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = Math.Abs(expected[i] - found[i]);
            if (!(difference <= largest))
                (largest, at) = (double.IsNaN(difference) ? double.PositiveInfinity : difference, i);
        }

        Assert.True(largest <= tolerance, $"{what}: differs by {largest:g3} at index {at}, more than {tolerance:g2}");
    }

    /// <summary>All numbers of nested lists, in order.</summary>
    public static double[] Numbers(JsonElement element) => element.ValueKind == JsonValueKind.Array
        ? [.. element.EnumerateArray().SelectMany(Numbers)]
        : [element.GetDouble()];

    public static int[] Integers(JsonElement list) => [.. list.EnumerateArray().Select(v => v.GetInt32())];

    public static JsonElement Json(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.Clone();
    }
}
