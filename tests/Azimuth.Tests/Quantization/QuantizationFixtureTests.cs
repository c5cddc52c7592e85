using System.Runtime.InteropServices;
using System.Text.Json;
using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Quantization;
using Azimuth.Tests.Embeddings;
using Azimuth.Tests.Geometry;

namespace Azimuth.Tests.Quantization;

/// <summary>Every value of fixtures/geometry/quantization within its own tolerance.</summary>
public sealed class QuantizationFixtureTests : IDisposable
{
    private static readonly JsonElement Values = JsonDocument.Parse(File.ReadAllText(TestFiles.Fixture("geometry", "quantization", "expected.json"))).RootElement.GetProperty("values");
    private static readonly EmbeddingTable A = Tables.OfNpy(TestFiles.Fixture("geometry", "tables", "A.npy"));
    private static readonly StoredMatrix Edge = Tables.OfNpy(TestFiles.Fixture("geometry", "quantization", "edge.npy")).Rows;
    private readonly Workers _workers = new(2);

    public void Dispose() => _workers.Dispose();

    public static IEnumerable<TheoryDataRow<string>> Names() => Values.EnumerateObject().Select(value => new TheoryDataRow<string>(value.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_value_is_the_fixture_s(string name)
    {
        JsonElement want = Values.GetProperty(name);
        switch (name)
        {
            case "int8_row_codes":
                Exact(want, Rows(A.Rows, row => Int8(row).Codes));
                break;
            case "int8_row_scales":
                Scales(want);
                break;
            case "int4_group32_codes":
                Exact(want, Rows(A.Rows, Int4));
                break;
            case "q4_0_bytes" or "q4_1_bytes" or "q8_0_bytes":
                Exact(want, Rows(A.Rows, row => Stored(Enum.Parse<TensorType>(name[..4], ignoreCase: true), row).Select(b => (double)b)));
                break;
            case "edge.int8_row_codes":
                Exact(want, Rows(Edge, row => Int8(row).Codes));
                break;
            case "edge.int4_codes":
                Exact(want, Rows(Edge, Int4));
                break;
            case "edge.q8_0_values" or "edge.bf16_values" or "edge.f16_values":
                QuantizationType type = QuantizationTypes.Find(name["edge.".Length..^"_values".Length])!.Value;
                Exact(want, Rows(Edge, row => Restored(type, row)));
                break;
            default:
                Report(want, name switch { "int8_row" => QuantizationType.Int8, "int4_group32" => QuantizationType.Int4, _ => QuantizationTypes.Find(name)!.Value });
                break;
        }
    }

    private void Report(JsonElement want, QuantizationType type)
    {
        var got = TableQuantization.Of(A, type, new TableQuantizationOptions(), _workers, cancellation: TestContext.Current.CancellationToken);
        var members = new Dictionary<string, double>
        {
            ["rms_error"] = got.RmsError,
            ["max_error"] = got.MaxError,
            ["relative_rms_error"] = got.RelativeRmsError,
            ["mean_cosine"] = got.MeanCosine,
            ["min_cosine"] = got.MinCosine,
            ["neighbour_overlap_10"] = got.NeighbourOverlap10,
            ["bits_per_weight"] = got.BitsPerWeight,
        };
        JsonElement tolerance = want.GetProperty("tolerance");
        Assert.Equal(members.Keys, want.GetProperty("value").EnumerateObject().Select(member => member.Name));
        foreach (JsonProperty member in want.GetProperty("value").EnumerateObject())
        {
            double expected = member.Value.GetDouble(), found = members[member.Name];
            double allowed = tolerance.GetProperty("special").TryGetProperty(member.Name, out JsonElement special)
                ? special.GetProperty("absolute").GetDouble()
                : tolerance.GetProperty("relative").GetDouble() * Math.Abs(expected);
            Assert.True(Math.Abs(found - expected) <= allowed, $"{type} {member.Name}: expected {expected:R} ± {allowed:g3}, found {found:R}");
        }

        Assert.Equal(A.Count, got.OverlapRows);
    }

    private static void Scales(JsonElement want)
    {
        double[] expected = Numbers(want);
        double[] found = Rows(A.Rows, row => [Int8(row).Scale]);
        double relative = want.GetProperty("tolerance").GetProperty("relative").GetDouble();
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < found.Length; i++)
            Assert.True(Math.Abs(found[i] - expected[i]) <= relative * Math.Abs(expected[i]), $"scale {i}: expected {expected[i]:R}, found {found[i]:R}");
    }

    /// <summary>A value in the document may list fewer rows than there are; a file lists all.</summary>
    private static void Exact(JsonElement want, double[] found)
    {
        Assert.True(want.GetProperty("tolerance").GetProperty("exact").GetBoolean());
        bool inFile = want.TryGetProperty("file", out _);
        double[] expected = inFile ? Numbers(want) : [.. want.GetProperty("value").EnumerateArray().SelectMany(row => row.EnumerateArray()).Select(Number)];
        if (inFile)
            Assert.Equal(expected.Length, found.Length);
        Assert.NotEmpty(expected);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(expected[i].Equals(found[i]) || expected[i] == found[i], $"value {i}: expected {expected[i]:R}, found {found[i]:R}");
    }

    private static double Number(JsonElement value) => value.ValueKind == JsonValueKind.String ? double.Parse(value.GetString()!, System.Globalization.CultureInfo.InvariantCulture) : value.GetDouble();

    private static double[] Numbers(JsonElement want) => Npy.Read(TestFiles.Fixture("geometry", "quantization", want.GetProperty("file").GetString()!)).Values;

    private static double[] Rows(StoredMatrix rows, Func<float[], IEnumerable<double>> of) => [.. Enumerable.Range(0, (int)rows.Rows).SelectMany(row => of(rows.Row(row)))];

    private static (IEnumerable<double> Codes, float Scale) Int8(float[] row)
    {
        var codes = new sbyte[row.Length];
        float scale = Int8Rows.Quantize(row, codes);
        return (codes.Select(code => (double)code), scale);
    }

    private static IEnumerable<double> Int4(float[] row)
    {
        var codes = new sbyte[row.Length];
        Int4Groups.Quantize(row, codes, new float[Int4Groups.Count(row.Length)]);
        return codes.Select(code => (double)code);
    }

    private static byte[] Stored(TensorType type, float[] row)
    {
        var bytes = new byte[row.Length / type.BlockLength() * type.BlockBytes()];
        RowEncoder.Encode(type, row, bytes);
        return bytes;
    }

    private static IEnumerable<double> Restored(QuantizationType type, float[] row)
    {
        var restored = new float[row.Length];
        type.RoundTrip(row, restored);
        return restored.Select(value => (double)value);
    }
}
