using System.Text.Json;
using Azimuth.Tokenization.Files;

namespace Azimuth.Tokenization.Lengths;

/// <summary>Reads the sections "truncation" and "padding" of a tokenizer.json.</summary>
internal static class LengthSections
{
    // A file must not make every encoding as long as it likes.
    private const int LongestPadding = 1 << 24;

    public static TruncationOptions Truncation(JsonSection section) => new()
    {
        MaxLength = Large(section, "max_length"),
        Stride = Large(section, "stride"),
        Strategy = Choice(section, "strategy", TruncationStrategy.LongestFirst),
        Side = Choice(section, "direction", TextSide.Right),
    };

    public static PaddingOptions Padding(JsonSection section) => new()
    {
        Length = section.Find("strategy") is { ValueKind: JsonValueKind.Object } ? Bounded(section.Section("strategy"), "Fixed") : Batch(section),
        MultipleOf = section.Find("pad_to_multiple_of") is null || section.Integer("pad_to_multiple_of") == 0 ? null : Bounded(section, "pad_to_multiple_of"),
        Id = section.Integer("pad_id", 0),
        TypeId = section.Integer("pad_type_id", 0),
        Token = section.OptionalText("pad_token") ?? "[PAD]",
        Side = Choice(section, "direction", TextSide.Right),
    };

    private static int? Batch(JsonSection section)
        => section.OptionalText("strategy") is null or "BatchLongest" ? null : throw section.Unknown("strategy", section.Text("strategy"), ["BatchLongest", "Fixed"]);

    private static int Bounded(JsonSection section, string name)
        => section.Integer(name) is var value and <= LongestPadding ? value : throw section.Wrong(name, FormattableString.Invariant($"at most {LongestPadding}"));

    // Files say 10^30 or so for "no limit".
    private static int Large(JsonSection section, string name) => section.Find(name) switch
    {
        null => throw section.Wrong(name, "a whole number"),
        { ValueKind: JsonValueKind.Number } value when value.TryGetDouble(out double number) && number > int.MaxValue => int.MaxValue,
        _ => section.Integer(name),
    };

    private static T Choice<T>(JsonSection section, string name, T otherwise)
        where T : struct, Enum
        => section.OptionalText(name) is not { } text ? otherwise
            : Enum.TryParse(text, out T value) && value.ToString() == text ? value : throw section.Unknown(name, text, Enum.GetNames<T>());
}
