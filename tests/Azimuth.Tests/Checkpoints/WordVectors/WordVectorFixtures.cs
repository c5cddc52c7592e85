using System.Text.Json;

namespace Azimuth.Tests.Checkpoints.WordVectors;

/// <summary>The files of tests/fixtures/word-vectors and what a reader must give for each.</summary>
internal static class WordVectorFixtures
{
    private static readonly JsonElement Document = JsonDocument.Parse(File.ReadAllBytes(PathOf("expected.json"))).RootElement.Clone();

    public static string PathOf(string file) => TestFiles.Fixture("word-vectors", file);

    public static JsonElement Of(string file) => Document.GetProperty("files").GetProperty(file);

    /// <summary>The files with a verdict; arrays (.npy and .npz) or tables.</summary>
    public static TheoryData<string> Files(string verdict, bool arrays) =>
    [
        .. Document.GetProperty("files").EnumerateObject()
            .Where(f => f.Value.GetProperty("verdict").GetString() == verdict && arrays == (Path.GetExtension(f.Name) is ".npy" or ".npz"))
            .Select(f => f.Name),
    ];

    public static int Count => Document.GetProperty("files").EnumerateObject().Count();

    /// <summary>The rows listed for a file, or the table they refer to.</summary>
    public static (string Word, float[] Vector)[] Rows(JsonElement file)
    {
        JsonElement rows = file.GetProperty("rows");
        if (rows.ValueKind == JsonValueKind.String)
            rows = Document.GetProperty("table");
        return [.. rows.EnumerateArray().Select(r => (r.GetProperty("word").GetString()!, Floats(r.GetProperty("vector"))))];
    }

    public static float[] Floats(JsonElement list) => [.. list.EnumerateArray().Select(v => (float)v.GetDouble())];

    /// <summary>The largest difference allowed; 0 where bits must be equal.</summary>
    public static double Tolerance(JsonElement file) => file.TryGetProperty("tolerance", out JsonElement t) ? t.GetProperty("absolute").GetDouble() : 0;

    public static void AssertNear(float[] expected, float[] found, double tolerance, string what)
    {
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            bool same = tolerance == 0 ? BitConverter.SingleToInt32Bits(expected[i]) == BitConverter.SingleToInt32Bits(found[i]) : Math.Abs((double)expected[i] - found[i]) <= tolerance;
            Assert.True(same, $"{what}, number {i}: expected {expected[i]:R}, found {found[i]:R}, tolerance {tolerance}");
        }
    }
}
