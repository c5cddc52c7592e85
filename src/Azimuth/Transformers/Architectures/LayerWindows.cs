namespace Azimuth.Transformers.Architectures;

/// <summary>Which layers see only a window's length.</summary>
internal static class LayerWindows
{
    /// <summary>
    /// The window of each layer, null for all positions: by <c>layer_types</c> where the file has it, by <paramref name="slidesByDefault"/> otherwise; the
    /// length by <c>sliding_window</c>, no window anywhere where that is null.
    /// </summary>
    /// <param name="config">config.json.</param>
    /// <param name="layers">How many layers.</param>
    /// <param name="slidesByDefault">Which of them slide where no types are stated.</param>
    /// <param name="unstated">The family's length where none is stated; null for no window.</param>
    public static int?[] Read(ConfigReader config, int layers, Func<int, bool> slidesByDefault, int? unstated = null)
    {
        int? window = config.OptionalCount("sliding_window", unstated);
        return [.. Sliding(config, layers, slidesByDefault).Select(slides => slides ? window : null)];
    }

    /// <summary>Which layers have a window.</summary>
    public static IReadOnlyList<bool> Sliding(ConfigReader config, int layers, Func<int, bool> slidesByDefault)
    {
        IReadOnlyList<string>? types = config.OptionalTexts("layer_types", layers);
        return [.. Enumerable.Range(0, layers).Select(layer => types is null ? slidesByDefault(layer) : Slides(config, types[layer]))];
    }

    private static bool Slides(ConfigReader config, string type) => type switch
    {
        "sliding_attention" => true,
        "full_attention" => false,
        _ => throw config.Error("layer_types", $"expected full_attention or sliding_attention, found \"{type}\""),
    };
}
