namespace Azimuth.Tokenization.Files;

/// <summary>One stage's components by the "type" their JSON carries. Immutable, thread-safe.</summary>
/// <typeparam name="T">The stage's interface.</typeparam>
/// <param name="stage">The stage in words, for errors.</param>
/// <param name="readers">Type name → reader of its section.</param>
internal sealed class ComponentRegistry<T>(string stage, IReadOnlyDictionary<string, Func<JsonSection, T>> readers)
{
    /// <summary>Reads a component.</summary>
    /// <exception cref="Checkpoints.CheckpointFormatException">A type that is not known (the message lists those that are), or a setting that is wrong.</exception>
    public T Read(JsonSection section)
    {
        string type = section.Type;
        return readers.TryGetValue(type, out Func<JsonSection, T>? read)
            ? read(section)
            : throw section.Unknown(stage, type, readers.Keys.Order(StringComparer.Ordinal));
    }

    /// <summary>All components of a list.</summary>
    public IReadOnlyList<T> ReadAll(JsonSection section, string name) => [.. section.Sections(name).Select(Read)];
}
