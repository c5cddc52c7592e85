using System.Text.Json;

namespace Azimuth.Cli.Tests;

/// <summary>Compares a document with its reference, whose keys are in snake_case, and says where they differ.</summary>
internal sealed class ReferenceNumbers(string what)
{
    private string _where = "";

    /// <summary>logit_target → logitTarget; keys with dots keep them.</summary>
    public static string Camel(string snake)
    {
        string[] words = snake.Split('_');
        return words[0] + string.Concat(words.Skip(1).Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
    }

    /// <summary>Says in later messages where the comparison is.</summary>
    public void At(string where) => _where = where;

    public void Close(double expected, double found, double tolerance, string name) =>
        Assert.True(Math.Abs(expected - found) <= tolerance, FormattableString.Invariant($"{what}, {_where} {name}: expected {expected:R}, found {found:R}, tolerance {tolerance:R}"));

    public void Equal(int expected, int found, string name) => Assert.True(expected == found, $"{what}, {_where} {name}: expected {expected}, found {found}");

    public void Relative(JsonElement expected, JsonElement found, double tolerance, params string[] names)
    {
        foreach (string name in names)
        {
            double value = expected.GetProperty(name).GetDouble();
            Close(value, found.GetProperty(Camel(name)).GetDouble(), tolerance * Math.Abs(value), name);
        }
    }

    public void Absolute(JsonElement expected, JsonElement found, double tolerance, params string[] names)
    {
        foreach (string name in names)
            Close(expected.GetProperty(name).GetDouble(), found.GetProperty(Camel(name)).GetDouble(), tolerance, name);
    }

    public void Same(JsonElement expected, JsonElement found, string name) => Equal(expected.GetProperty(name).GetInt32(), found.GetProperty(Camel(name)).GetInt32(), name);

    public void RelativeEach(JsonElement expected, JsonElement found, double tolerance) => Pairs(expected, found, (e, f) =>
        Close(e.GetDouble(), f.GetDouble(), tolerance * Math.Abs(e.GetDouble()), "list"));

    public void AbsoluteDeep(JsonElement expected, JsonElement found, double tolerance) => Pairs(expected, found, (e, f) =>
    {
        if (e.ValueKind == JsonValueKind.Array)
            AbsoluteDeep(e, f, tolerance);
        else
            Close(e.GetDouble(), f.GetDouble(), tolerance, "list");
    });

    /// <summary>Ids, plain or with their texts.</summary>
    public void SameIds(JsonElement expected, JsonElement found) => Pairs(expected, found, (e, f) =>
        Equal(e.GetInt32(), f.ValueKind == JsonValueKind.Object ? f.GetProperty("id").GetInt32() : f.GetInt32(), "id"));

    /// <summary>[id, probability] against {id, probability}: equal ids, unless two probabilities are closer than 1e-5.</summary>
    public void Probabilities(JsonElement expected, JsonElement found) => Pairs(expected, found, (e, f) =>
    {
        Close(e[1].GetDouble(), f.GetProperty("probability").GetDouble(), 1e-4, "probability");
        int id = f.GetProperty("id").GetInt32();
        bool tied = expected.EnumerateArray().Any(other => other[0].GetInt32() != e[0].GetInt32() && Math.Abs(other[1].GetDouble() - e[1].GetDouble()) < 1e-5)
            || e[1].GetDouble() < 1e-5;
        if (!tied)
            Equal(e[0].GetInt32(), id, "id");
    });

    public void Pairs(JsonElement expected, JsonElement found, Action<JsonElement, JsonElement> compare)
    {
        Assert.Equal(expected.GetArrayLength(), found.GetArrayLength());
        for (int i = 0; i < expected.GetArrayLength(); i++)
            compare(expected[i], found[i]);
    }
}
