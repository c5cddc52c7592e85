using System.Globalization;
using System.Text.Json;
using Azimuth.Tests.Embeddings;

namespace Azimuth.Tests.Geometry;

/// <summary>One folder of fixtures/geometry: its values, and how far a found value may be from each.</summary>
internal sealed class FixtureCase
{
    private static readonly JsonSerializerOptions CamelCase = new() { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };
    private readonly JsonElement _root;
    private readonly string _folder;
    private readonly HashSet<string> _compared = [];

    internal FixtureCase(string name)
    {
        _folder = TestFiles.Fixture("geometry", name);
        _root = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, "expected.json"))).RootElement;
    }

    internal JsonElement Inputs => _root.GetProperty("inputs");

    /// <summary>Names of all values, those given for information too.</summary>
    internal IEnumerable<string> Names => _root.GetProperty("values").EnumerateObject().Select(v => v.Name);

    internal JsonElement Value(string name) => _root.GetProperty("values").GetProperty(name).GetProperty("value");

    internal bool IsRequired(string name) => !_root.GetProperty("values").GetProperty(name).TryGetProperty("required", out JsonElement required) || required.GetBoolean();

    internal (int Rows, int Columns, double[] Values) Array(string name) => Npy.Read(Path.Combine(_folder, _root.GetProperty("values").GetProperty(name).GetProperty("file").GetString()!));

    /// <summary>Compares a found value, written as JSON with the fixture's names in camelCase, with the expected one, within its own tolerance.</summary>
    internal void Compare(string name, object? found)
    {
        JsonElement value = _root.GetProperty("values").GetProperty(name);
        Compare(name, value.GetProperty("value"), JsonSerializer.SerializeToElement(found, CamelCase), value.GetProperty("tolerance"), null);
        _compared.Add(name);
    }

    /// <summary>Compares numbers with those of the value's file.</summary>
    internal void CompareArray(string name, IReadOnlyList<double> found)
    {
        JsonElement tolerance = _root.GetProperty("values").GetProperty(name).GetProperty("tolerance");
        double[] expected = Array(name).Values;
        Assert.Equal(expected.Length, found.Count);
        for (int i = 0; i < expected.Length; i++)
            Number($"{name}[{i}]", expected[i], found[i], tolerance);
        _compared.Add(name);
    }

    /// <summary>Compares whole numbers with the first row of the value's file: later rows are bounds for single precision.</summary>
    internal void CompareArray(string name, IReadOnlyList<int> found, int columns)
    {
        double[] expected = Array(name).Values[..columns];
        Assert.Equal(expected, found.Select(v => (double)v));
        _compared.Add(name);
    }

    internal JsonElement Tolerance(string name) => _root.GetProperty("values").GetProperty(name).GetProperty("tolerance");

    /// <summary>Fails when a required value was never compared.</summary>
    internal void RequireAll(Func<string, bool> of) => Assert.Equal("", string.Join(", ", Names.Where(name => of(name) && IsRequired(name) && !_compared.Contains(name))));

    internal void Done(string name) => _compared.Add(name);

    internal static void Number(string where, double expected, double found, JsonElement tolerance)
    {
        double allowed = Part(tolerance, "absolute") + Part(tolerance, "relative") * Math.Abs(expected);
        bool same = expected.Equals(found) || Math.Abs(expected - found) <= allowed;
        Assert.True(same, string.Create(CultureInfo.InvariantCulture, $"{where}: expected {expected:R}, found {found:R}, {Math.Abs(expected - found):E2} apart where {allowed:E2} is allowed"));
    }

    private static double Part(JsonElement tolerance, string name) => tolerance.TryGetProperty(name, out JsonElement part) ? part.GetDouble() : 0;

    private static void Compare(string where, JsonElement expected, JsonElement found, JsonElement tolerance, JsonElement? special)
    {
        switch (expected.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty member in expected.EnumerateObject())
                {
                    Assert.True(found.ValueKind == JsonValueKind.Object && found.TryGetProperty(Camel(member.Name), out _), $"{where}: nothing found for {member.Name}");
                    JsonElement? own = tolerance.TryGetProperty("special", out JsonElement specials) && specials.TryGetProperty(member.Name, out JsonElement s) ? s : null;
                    Compare($"{where}.{member.Name}", member.Value, found.GetProperty(Camel(member.Name)), tolerance, own);
                }

                break;
            case JsonValueKind.Array:
                Assert.True(found.ValueKind == JsonValueKind.Array && found.GetArrayLength() == expected.GetArrayLength(), $"{where}: expected {expected.GetArrayLength()} entries, found {found}");
                for (int i = 0; i < expected.GetArrayLength(); i++)
                    Compare($"{where}[{i}]", expected[i], found[i], tolerance, special);
                break;
            case JsonValueKind.Number when special is null && expected.TryGetInt64(out long whole) && found.ValueKind == JsonValueKind.Number && found.TryGetInt64(out long other) && !expected.GetRawText().Contains('.', StringComparison.Ordinal):
                Assert.True(whole == other, $"{where}: expected {whole}, found {other}");
                break;
            case JsonValueKind.Number:
                Assert.True(found.ValueKind == JsonValueKind.Number, $"{where}: expected {expected}, found {found}");
                Number(where, expected.GetDouble(), found.GetDouble(), special ?? tolerance);
                break;
            default:
                Assert.True(expected.ToString() == found.ToString(), $"{where}: expected {expected}, found {found}");
                break;
        }
    }

    /// <summary>sd_population → sdPopulation; keys with dots keep them.</summary>
    private static string Camel(string snake)
    {
        string[] words = snake.Split('_');
        return words[0] + string.Concat(words.Skip(1).Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
    }
}
