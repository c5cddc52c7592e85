using System.Collections.Concurrent;

namespace Azimuth.Transformers.Positions;

/// <summary>The rotary tables of a model, made when first needed. Layers with the same rotation share one. Safe for many threads.</summary>
internal sealed class RotaryTables
{
    private readonly ConcurrentDictionary<RotaryConfig, Entry> _tables = new();

    /// <summary>The table for a run of <paramref name="length"/> tokens, with all its positions.</summary>
    public RotaryTable For(RotaryConfig config, int length)
    {
        int lengthClass = RotaryFrequencies.LengthClass(config.Scaling, length);
        if (!_tables.TryGetValue(config, out Entry? entry) || entry.LengthClass != lengthClass)
            _tables[config] = entry = new Entry(lengthClass, RotaryTable.Create(config, length));
        entry.Table.Reach(length);
        return entry.Table;
    }

    private sealed record Entry(int LengthClass, RotaryTable Table);
}
