namespace Azimuth.Transformers.Architectures;

/// <summary>Which layers see only a window's length.</summary>
internal static class LayerWindows
{
    /// <summary>
    /// The window of each layer, null for all positions: by <c>layer_types</c> where the file has it, by <paramref name="slidesByDefault"/> otherwise; the
    /// length by <c>sliding_window</c>, no window anywhere where that is null.
    /// </summary>
    public static int?[] Read(ConfigReader config, int layers, Func<int, bool> slidesByDefault)
    {
        int? window = config.OptionalCount("sliding_window");
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
