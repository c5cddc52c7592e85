using Azimuth.Checkpoints;
using Azimuth.Transformers.Architectures;
using Azimuth.Transformers.Weights;

namespace Azimuth.Transformers;

/// <summary>Counts what a <see cref="TensorPlan"/> lists.</summary>
internal static class SizeCounter
{
    private const int BlockLength = 32, Q8Bytes = 34, Q4Bytes = 18;

    public static ModelSizes Of(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            if (ConfigAlone(path) is not { } config)
                return Of(ModelFolder.Open(path));
            var (read, names) = ArchitectureRegistry.Read(new ConfigReader(JsonFile.ReadObject(config), config));
            return Count(Path.GetFileName(Path.GetDirectoryName(config)!), read, TensorPlan.Of(read, names, names.Prefixes[0]), null);
        }
        catch (OverflowException)
        {
            throw new CheckpointFormatException(path, "expected counts of parameters below 2^63, found more. Check the sizes in config.json", kind: "Config");
        }
    }

    /// <summary>The config.json that is to be read without weights, or null.</summary>
    private static string? ConfigAlone(string path)
    {
        string full = Path.GetFullPath(path);
        if (File.Exists(full) && full.EndsWith(".json", StringComparison.OrdinalIgnoreCase) && !full.EndsWith(".index.json", StringComparison.OrdinalIgnoreCase))
            return full;
        string inside = Path.Combine(full, "config.json");
        if (!File.Exists(inside))
            return null;
        try
        {
            return WeightsLocator.Find(full) is null ? inside : null;
        }
        catch (CheckpointFormatException e) when (e.Kind == "WeightsMissing")
        {
            return inside;
        }
    }

    private static ModelSizes Of(ModelFolder folder)
    {
        var (config, names) = folder.Gguf is { } gguf
            ? ArchitectureRegistry.Read(gguf)
            : ArchitectureRegistry.Read(new ConfigReader(folder.Config!.Value, Path.Combine(folder.TokenizerFolder, "config.json"), folder.Checkpoint));
        return Count(folder.Name, config, TensorPlan.Of(config, names, names.PrefixIn(folder.Checkpoint)), folder.Checkpoint);
    }

    private static ModelSizes Count(string name, TransformerConfig config, IEnumerable<PlannedTensor> plan, Checkpoint? checkpoint)
    {
        var parts = new Dictionary<ModelPart, Tally>();
        var stored = checkpoint is null ? null : new StoredTally(checkpoint);
        long quantised8 = 0, quantised4 = 0;
        foreach (PlannedTensor tensor in plan)
        {
            if (!parts.TryGetValue(tensor.Part, out Tally? tally))
                parts[tensor.Part] = tally = new Tally();
            long values = tensor.Values;
            tally.Tensors++;
            tally.Values = checked(tally.Values + values);
            quantised8 = checked(quantised8 + Quantised(tensor, Q8Bytes));
            quantised4 = checked(quantised4 + Quantised(tensor, Q4Bytes));
            tally.Bytes += stored?.Add(tensor) ?? 0;
        }

        long parameters = 0;
        foreach (Tally tally in parts.Values)
            parameters = checked(parameters + tally.Values);
        long table = parts[ModelPart.TokenTable].Values;
        bool tied = config.Output.Tied;
        long outputTable = tied ? 0 : table, positions = parts.GetValueOrDefault(ModelPart.Positions)?.Values ?? 0;
        return new ModelSizes
        {
            Name = name,
            Architecture = config.Architecture,
            Layers = config.LayerCount,
            VocabSize = config.VocabSize,
            ModelDim = config.ModelDim,
            Tied = tied,
            Parameters = parameters,
            ParametersTied = parameters - outputTable,
            ParametersUntied = checked(parameters - outputTable + table),
            ParametersWithoutTables = parameters - table - positions - outputTable,
            Parts = [.. parts.OrderBy(p => p.Key).Select(p => new PartSize(p.Key, p.Value.Tensors, p.Value.Values, (double)p.Value.Values / parameters, checkpoint is null ? null : p.Value.Bytes))],
            Bytes = new StorageBytes(checked(4 * parameters), checked(2 * parameters), checked(2 * parameters), quantised8, quantised4),
            Cache = Cache(config),
            Checkpoint = stored?.Result(),
        };
    }

    private static long Quantised(PlannedTensor tensor, int blockBytes)
    {
        // Converters leave vectors and learned positions in single precision.
        if (tensor.RowWidth is not { } width || tensor.Part == ModelPart.Positions)
            return checked(4 * tensor.Values);
        return width % BlockLength == 0 ? checked(tensor.Values / BlockLength * blockBytes) : checked(2 * tensor.Values);
    }

    private static CacheSize Cache(TransformerConfig config)
    {
        long perToken = 0, atContext = 0;
        if (!config.IsCausal)
            return new CacheSize(0, 0, 0, config.ContextLength, 0, 0, 0);
        foreach (LayerConfig layer in config.Layers)
        {
            long values = 2L * layer.Attention.KeyWidth;
            perToken = checked(perToken + values);
            atContext = checked(atContext + values * Math.Min(config.ContextLength, layer.Attention.Window ?? config.ContextLength));
        }

        return new CacheSize(perToken, checked(4 * perToken), checked(2 * perToken), config.ContextLength, checked(4 * atContext), checked(2 * atContext),
            config.Layers.Count(layer => layer.Attention.Window < config.ContextLength));
    }

    private sealed class Tally
    {
        public int Tensors;
        public long Values;
        public long Bytes;
    }

    /// <summary>What of a checkpoint has been asked for.</summary>
    private sealed class StoredTally(Checkpoint checkpoint)
    {
        private readonly HashSet<string> _asked = new(StringComparer.Ordinal);
        private readonly List<string> _missing = [], _misshapen = [];
        private long _values;

        /// <summary>The tensor's bytes in the file, 0 where it is missing.</summary>
        public long Add(PlannedTensor tensor)
        {
            _asked.Add(tensor.Name);
            if (checkpoint.Find(tensor.Name) is not { } found)
            {
                _missing.Add(tensor.Name);
                return 0;
            }

            if (!found.Shape.SequenceEqual(tensor.Shape))
                _misshapen.Add(tensor.Name);
            _values += found.ElementCount;
            return found.SizeBytes;
        }

        public StoredSize Result() => new(
            checkpoint.Format, checkpoint.FileBytes, checkpoint.Tensors.Count, checkpoint.Tensors.Sum(t => t.ElementCount), checkpoint.Tensors.Sum(t => t.SizeBytes),
            _values, _missing.Count + _misshapen.Count == 0, _missing, _misshapen, [.. checkpoint.Tensors.Select(t => t.Name).Where(n => !_asked.Contains(n))]);
    }
}
