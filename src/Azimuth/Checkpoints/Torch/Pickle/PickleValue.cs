namespace Azimuth.Checkpoints.Torch.Pickle;

/// <summary>What a value of a pickle is.</summary>
internal enum PickleKind : byte
{
    None,
    Boolean,
    Integer,
    LargeInteger,
    Float,
    Text,
    Bytes,
    Tuple,
    List,
    Dictionary,
    Set,
    Global,
    Object,
}

/// <summary>A value on a pickle's stack. Numbers of more than 64 bits, floats, bytes and sets keep their kind only: nothing here asks for more.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Number">Of an integer or a boolean.</param>
/// <param name="Reference">A string, PickleValue[], list, <see cref="PickleDictionary"/>, or what <see cref="IPickleObjects"/> made.</param>
internal readonly record struct PickleValue(PickleKind Kind, long Number = 0, object? Reference = null)
{
    public static PickleValue Text(string text) => new(PickleKind.Text, 0, text);

    public static PickleValue Tuple(params PickleValue[] items) => new(PickleKind.Tuple, 0, items);

    /// <summary>The text, or null for another kind.</summary>
    public string? AsText => Kind == PickleKind.Text ? (string)Reference! : null;

    /// <summary>The items, or null for another kind.</summary>
    public PickleValue[]? AsTuple => Kind == PickleKind.Tuple ? (PickleValue[])Reference! : null;

    /// <summary>The items, or null for another kind.</summary>
    public List<PickleValue>? AsList => Kind == PickleKind.List ? (List<PickleValue>)Reference! : null;

    /// <summary>The entries, or null for another kind.</summary>
    public PickleDictionary? AsDictionary => Kind == PickleKind.Dictionary ? (PickleDictionary)Reference! : null;

    /// <summary>False for what Python refuses as a key. A tuple's items are not looked at: keys that are no texts are not kept.</summary>
    public bool IsHashable => Kind is not (PickleKind.List or PickleKind.Dictionary or PickleKind.Set);

    /// <summary>For messages: "a list".</summary>
    public string Found => Kind switch
    {
        PickleKind.None => "None",
        PickleKind.Boolean => "a boolean",
        PickleKind.Integer => FormattableString.Invariant($"the integer {Number}"),
        PickleKind.LargeInteger => "an integer of more than 64 bits",
        PickleKind.Float => "a float",
        PickleKind.Text => "a text",
        PickleKind.Bytes => "bytes",
        PickleKind.Tuple => "a tuple",
        PickleKind.List => "a list",
        PickleKind.Dictionary => "a dictionary",
        PickleKind.Set => "a set",
        _ => Reference?.ToString() ?? "an object",
    };
}

/// <summary>A dictionary's entries under texts, in order; of equal keys the last counts, as in Python. Entries under other keys (an optimizer's) are not kept.</summary>
/// <param name="isOrderedDict">True for a collections.OrderedDict, which may have attributes.</param>
internal sealed class PickleDictionary(bool isOrderedDict)
{
    /// <summary>True for a collections.OrderedDict.</summary>
    public bool IsOrderedDict { get; } = isOrderedDict;

    public OrderedDictionary<string, PickleValue> Entries { get; } = new(StringComparer.Ordinal);

    public void Set(PickleValue key, PickleValue value)
    {
        if (key.AsText is { } text)
            Entries[text] = value;
    }
}
