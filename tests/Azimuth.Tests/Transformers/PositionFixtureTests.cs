using System.Text.Json;
using System.Text.Json.Nodes;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;
using Azimuth.Tests.Geometry;
using Azimuth.Transformers;
using Azimuth.Transformers.Architectures;
using Azimuth.Transformers.Positions;

namespace Azimuth.Tests.Transformers;

/// <summary>Every value of fixtures/geometry/positions, within its own tolerance, by the types that runs use.</summary>
public sealed class PositionFixtureTests : IDisposable
{
    private static readonly JsonElement Fixture = Near.Json(TestFiles.Fixture("geometry", "positions", "expected.json"));
    private readonly Workers _workers = new(2);

    public void Dispose() => _workers.Dispose();

    public static IEnumerable<TheoryDataRow<string>> Names() =>
        Fixture.GetProperty("values").EnumerateObject().Select(value => new TheoryDataRow<string>(value.Name));

    [Fact]
    public void There_are_73_values() => Assert.Equal(73, Names().Count());

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_value_is_the_reference_s(string name)
    {
        JsonElement value = Fixture.GetProperty("values").GetProperty(name);
        double[] want = Expected(value), got = Compute(name, value);
        Assert.Equal(want.Length, got.Length);
        JsonElement tolerance = value.GetProperty("tolerance");
        double absolute = Number(tolerance, "absolute"), relative = Number(tolerance, "relative");
        Assert.True(absolute > 0 || relative > 0 || tolerance.GetProperty("exact").GetBoolean(), "the fixture states no tolerance");
        for (int i = 0; i < want.Length; i++)
        {
            double allowed = absolute + relative * Math.Abs(want[i]);
            Assert.True(Math.Abs(got[i] - want[i]) <= allowed, FormattableString.Invariant($"{name}[{i}]: expected {want[i]:R}, found {got[i]:R}, allowed {allowed:g3}"));
        }
    }

    private double[] Compute(string name, JsonElement value)
    {
        string[] parts = name.Split('.');
        return parts[0] switch
        {
            "sinusoidal_interleaved" => Floats(SinusoidalTable.Create(128, 64, SinusoidalLayout.Interleaved)),
            "sinusoidal_half" => Floats(SinusoidalTable.Create(128, 64)),
            "xglm_first_rows" => XglmRows(),
            "sinusoidal_cosine_by_distance" => ByDistance(SinusoidalTable.Create(128, 64, SinusoidalLayout.Interleaved), centred: false),
            "wpe_raw_cosine_by_distance" => ByDistance(Gpt2Positions(), centred: false),
            "wpe_centred_cosine_by_distance" => ByDistance(Gpt2Positions(), centred: true),
            "wpe_norms" => NormsOf(Gpt2Positions()),
            "alibi" => OfAlibi(int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture), parts[2]),
            "rope" when name == "rope.layout_permutation" => LayoutPermutation(),
            "rope" when name == "rope.norms" => RotaryNorms(),
            "rope" when name == "rope.relative_offset" => RelativeOffsets(value),
            "rope" => OfRotary(parts[1], parts[2]),
            _ => throw new InvalidOperationException($"{name}: no test computes it"),
        };
    }

    private double[] OfRotary(string input, string what)
    {
        (RotaryConfig config, int length) = Rotary(input);
        return what switch
        {
            "inv_freq" => RotaryFrequencies.Of(config, length),
            "attention_factor" => [RotaryFrequencies.AttentionFactor(config.Scaling)],
            "half" => Turned(config, length),
            "interleaved" => Turned(config with { Pairing = RotaryPairing.Neighbours }, length),
            _ => throw new InvalidOperationException($"{what}: no test computes it"),
        };
    }

    /// <summary>The fixture's settings, read as from a config.json.</summary>
    private static (RotaryConfig Config, int Length) Rotary(string input)
    {
        var settings = JsonNode.Parse(Fixture.GetProperty("inputs").GetProperty("rope_" + input).GetProperty("value").GetRawText())!.AsObject();
        int head = (int)settings["head_dim"]!, length = (int?)settings["seq_len"] ?? 1;
        int context = (int?)settings["max_position_embeddings"] ?? (int?)settings["original_max_position_embeddings"] ?? 4096;
        string config = new JsonObject { ["rope_parameters"] = settings.DeepClone(), ["max_position_embeddings"] = context }.ToJsonString();
        using var document = JsonDocument.Parse(config);
        return (RotaryReader.Read(new ConfigReader(document.RootElement.Clone(), "fixture"), head, context), length);
    }

    private static double[] Turned(RotaryConfig config, int length)
    {
        int[] positions = Near.Integers(Fixture.GetProperty("inputs").GetProperty("rope_positions").GetProperty("value"));
        float[][] rows = Vectors8();
        RotaryTable table = RotaryTable.Create(config, length);
        for (int i = 0; i < rows.Length; i++)
            table.Rotate(rows[i], rows[i].Length, positions[i]);
        return [.. rows.SelectMany(row => row).Select(x => (double)x)];
    }

    private static double[] LayoutPermutation()
    {
        int[] order = RotaryConfig.NeighboursToHalves(16);
        RotaryConfig config = Rotary("default").Config;
        foreach (float[] x in Vectors8())
        {
            float[] halves = [.. order.Select(i => x[i])], neighbours = [.. x];
            RotaryTable.Create(config, 64).Rotate(halves, 16, 31);
            RotaryTable.Create(config with { Pairing = RotaryPairing.Neighbours }, 64).Rotate(neighbours, 16, 31);
            Assert.Equal(halves, order.Select(i => neighbours[i]));
        }

        return [.. order.Select(i => (double)i)];
    }

    private static double[] RotaryNorms()
    {
        static IEnumerable<double> Norms(double[] rows) => rows.Chunk(16).Select(row => Vectors.Norm(Array.ConvertAll(row, x => (float)x)));
        (RotaryConfig plain, int length) = Rotary("default");
        (RotaryConfig yarn, int yarnLength) = Rotary("yarn");
        return
        [
            .. Vectors8().Select(row => Vectors.Norm(row)), .. Norms(Turned(plain, length)), .. Norms(Turned(yarn, yarnLength)),
            RotaryFrequencies.AttentionFactor(yarn.Scaling),
        ];
    }

    /// <summary>All pairs of an offset give one score.</summary>
    private static double[] RelativeOffsets(JsonElement value)
    {
        RotaryTable table = RotaryTable.Create(Rotary("default").Config, 128);
        float[][] rows = Vectors8();
        double Score(int m, int n)
        {
            float[] q = [.. rows[0]], k = [.. rows[1]];
            table.Rotate(q, 16, m);
            table.Rotate(k, 16, n);
            return Vectors.DotDouble(q, k);
        }

        return [.. value.GetProperty("value").EnumerateArray().SelectMany(entry => entry.GetProperty("pairs").EnumerateArray().Select(pair => Score(pair[0].GetInt32(), pair[1].GetInt32())))];
    }

    private static double[] OfAlibi(int heads, string what)
    {
        float[] slopes = Alibi.Slopes(heads);
        const int keys = 6;
        return what switch
        {
            "slopes" => [.. slopes.Select(slope => (double)slope)],
            "bloom_bias" => [.. Alibi.KeyBias(slopes, [true, true, true, true, true, true]).SelectMany(row => row).Select(bias => (double)bias)],
            "bloom_bias_left_padded" => [.. Alibi.KeyBias(slopes, [false, false, true, true, true, true]).SelectMany(row => row).Select(bias => (double)bias)],
            "paper_bias_head0" => [.. Enumerable.Range(0, keys).SelectMany(query => Enumerable.Range(0, keys).Select(key => (double)Alibi.Bias(slopes[0], query, key)))],
            _ => throw new InvalidOperationException($"{what}: no test computes it"),
        };
    }

    /// <summary>Through a model's own table and offset: the tiny XGLM is narrower, so its config's offset is used on a table of the fixture's width.</summary>
    private double[] XglmRows()
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Fixture("families", "xglm"), _workers);
        PositionTableConfig positions = model.Config.Embedding.Positions!;
        Assert.Equal(SinusoidalTable.Create(positions.Rows, model.Config.ModelDim).Row(positions.Offset + 3), model.Parts.PositionVector(3));
        StoredMatrix table = SinusoidalTable.Create(16, 64);
        return [.. Enumerable.Range(0, 4).SelectMany(p => table.Row(p + positions.Offset)[..8]).Select(x => (double)x)];
    }

    private double[] ByDistance(StoredMatrix rows, bool centred) =>
        [.. PositionRows.ByDistance(rows, 0, centred, [.. Enumerable.Range(0, (int)rows.Rows)], _workers).Select(at => at.Mean)];

    private static double[] NormsOf(StoredMatrix rows)
    {
        PositionNorms norms = PositionRows.Norms(rows, 0);
        return [.. norms.First8, norms.Mean, norms.Min, norms.Max, norms.Last, norms.LargestRow, norms.SmallestRow];
    }

    private static StoredMatrix Gpt2Positions() =>
        SafetensorsFile.Open(TestFiles.Shared("data", "gpt2", "wpe.safetensors")).Matrix("wpe.weight", 1024, 768);

    private static float[][] Vectors8() =>
        [.. Npy.Read(TestFiles.Fixture("geometry", "positions", "rope_x.npy")).Values.Chunk(16).Select(row => Array.ConvertAll(row, x => (float)x))];

    private static double[] Floats(StoredMatrix rows) => [.. Enumerable.Range(0, (int)rows.Rows).SelectMany(row => rows.Row(row)).Select(x => (double)x)];

    private static double[] Expected(JsonElement value) => value.TryGetProperty("file", out JsonElement file)
        ? Npy.Read(TestFiles.Fixture("geometry", "positions", file.GetString()!)).Values
        : AllNumbers(value.GetProperty("value"));

    /// <summary>Numbers in order; of the offsets, the score once for each pair.</summary>
    private static double[] AllNumbers(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object when value.TryGetProperty("pairs", out JsonElement pairs) => [.. Enumerable.Repeat(value.GetProperty("score").GetDouble(), pairs.GetArrayLength())],
        JsonValueKind.Object => [.. value.EnumerateObject().SelectMany(member => AllNumbers(member.Value))],
        JsonValueKind.Array => [.. value.EnumerateArray().SelectMany(AllNumbers)],
        _ => [value.GetDouble()],
    };

    private static double Number(JsonElement tolerance, string name) => tolerance.TryGetProperty(name, out JsonElement number) ? number.GetDouble() : 0;
}
