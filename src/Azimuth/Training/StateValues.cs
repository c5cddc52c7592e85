using System.Text.Json;
using Azimuth.Checkpoints;

namespace Azimuth.Training;

/// <summary>The named values of a saved state's JSON file, each of its kind and within its bounds. Immutable.</summary>
public sealed class StateValues
{
    private const string GoOn = "Delete the folder to go on from the state before it";
    private readonly string _path;
    private readonly JsonElement _values;

    private StateValues(string path, JsonElement values) => (_path, _values) = (path, values);

    /// <summary>Reads a file.</summary>
    /// <exception cref="CheckpointFormatException">Missing, or no JSON object.</exception>
    public static StateValues Read(string path) => new(path, OfState(() => JsonFile.ReadObject(path)));

    /// <summary>Opens a file of a state, which cannot be downloaded again when it is damaged.</summary>
    internal static T OfState<T>(Func<T> open)
    {
        try
        {
            return open();
        }
        catch (CheckpointFormatException e)
        {
            int advice = e.Problem.IndexOf(". ", StringComparison.Ordinal);
            throw new CheckpointFormatException(e.Path, $"{(advice < 0 ? e.Problem.TrimEnd('.') : e.Problem[..advice])}. {GoOn}", e.Tensor, e.Offset, e.Kind);
        }
    }

    /// <summary>A whole number.</summary>
    /// <param name="name">Of the value.</param>
    /// <param name="most">Its bound; the least is 0.</param>
    /// <exception cref="CheckpointFormatException">Another: the file is named.</exception>
    public long Number(string name, long most = long.MaxValue) =>
        _values.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) && number >= 0 && number <= most
            ? number : throw new CheckpointFormatException(_path, FormattableString.Invariant($"expected \"{name}\" as a whole number from 0 to {most}, found {Found(name)}. {GoOn}"));

    /// <summary>Seconds or another amount: finite and not below 0.</summary>
    /// <exception cref="CheckpointFormatException">Others: the file is named.</exception>
    public double Amount(string name) =>
        _values.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double amount) && double.IsFinite(amount) && amount >= 0
            ? amount : throw new CheckpointFormatException(_path, $"expected \"{name}\" as a number of at least 0, found {Found(name)}. {GoOn}");

    /// <summary>Several amounts.</summary>
    /// <param name="name">Of the list.</param>
    /// <param name="most">How many at most.</param>
    /// <exception cref="CheckpointFormatException">Others: the file is named.</exception>
    public double[] Amounts(string name, int most)
    {
        if (_values.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array && list.GetArrayLength() <= most)
        {
            double[] amounts = [.. list.EnumerateArray().Select(value => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double amount) ? amount : double.NaN)];
            if (amounts.All(amount => double.IsFinite(amount) && amount >= 0))
                return amounts;
        }

        throw new CheckpointFormatException(_path, FormattableString.Invariant($"expected \"{name}\" as a list of at most {most} numbers of at least 0, found {Found(name)}. {GoOn}"));
    }

    /// <summary>One of several texts.</summary>
    /// <exception cref="CheckpointFormatException">Another: the file is named.</exception>
    public string OneOf(string name, params ReadOnlySpan<string> texts)
    {
        string? found = _values.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        foreach (string text in texts)
        {
            if (text == found)
                return text;
        }

        throw new CheckpointFormatException(_path, $"expected \"{name}\" as {string.Join(" or ", texts.ToArray())}, found {Found(name)}. {GoOn}");
    }

    private string Found(string name)
    {
        const int Longest = 40;
        if (!_values.TryGetProperty(name, out JsonElement value))
            return "none";
        string text = value.GetRawText();
        return text.Length <= Longest ? text : text[..Longest] + "…";
    }
}
