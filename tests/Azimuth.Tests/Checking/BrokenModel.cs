using System.Text.Json.Nodes;
using Azimuth.Checking;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;
using Azimuth.Tests.Checkpoints;

namespace Azimuth.Tests.Checking;

/// <summary>A copy of a sound model, to be broken in one place. Tensors are kept in memory and written when the copy is checked.</summary>
internal sealed class BrokenModel : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, Kept> _tensors;

    private BrokenModel(string source)
    {
        foreach (string file in Directory.GetFiles(source).Where(f => Path.GetFileName(f) is not ("vocab.json" or "merges.txt" or "model.safetensors") && !f.Contains("expected", StringComparison.Ordinal)))
            File.Copy(file, _folder.File(Path.GetFileName(file)));
        SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(source, "model.safetensors"));
        _tensors = weights.Tensors.ToDictionary(t => t.Name, t => new Kept(t.Type!.Value, t.Shape, weights.Bytes(t.Name)));
    }

    public string Folder => _folder.Path;

    public static BrokenModel Novels() => new(TestFiles.Traced("novels-gpt"));

    public static BrokenModel Family(string name) => new(TestFiles.Fixture("families", name));

    public string Where(string name) => _folder.File(name);

    public void Write(string name, string text) => _folder.Write(name, text);

    /// <summary>Changes one of the JSON files.</summary>
    public void Json(string name, Action<JsonObject> change)
    {
        JsonObject json = JsonNode.Parse(File.ReadAllText(_folder.File(name)))!.AsObject();
        change(json);
        Write(name, json.ToJsonString());
    }

    public void Config(string key, JsonNode? value) => Json("config.json", json => json[key] = value);

    public void Remove(string tensor) => Assert.True(_tensors.Remove(tensor));

    public void Add(string tensor, float[] values, params long[] shape) => _tensors.Add(tensor, new Kept(TensorType.F32, shape, StoredBytes.FromFloats(values)));

    public void Retype(string tensor, TensorType type)
    {
        Kept old = _tensors[tensor];
        int bytes = (int)Count(old) * type.BlockBytes();
        _tensors[tensor] = new Kept(type, old.Shape, StoredBytes.FromBytes(new byte[bytes]));
    }

    /// <summary>Changes a matrix's rows; it is stored as F32 afterwards, in its own type when <paramref name="keepType"/>.</summary>
    public void Rows(string tensor, Func<float[][], float[][]> change, bool keepType = false)
    {
        Kept old = _tensors[tensor];
        float[][] rows = change(Read(tensor));
        float[] values = [.. rows.SelectMany(r => r)];
        long[] shape = old.Shape.Count == 1 ? [values.Length] : [rows.Length, rows[0].Length];
        _tensors[tensor] = keepType && old.Type == TensorType.F16
            ? new Kept(TensorType.F16, shape, StoredBytes.FromBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes<Half>(values.Select(v => (Half)v).ToArray())))
            : new Kept(TensorType.F32, shape, StoredBytes.FromFloats(values));
    }

    public float[][] Read(string tensor)
    {
        Kept entry = _tensors[tensor];
        int columns = (int)entry.Shape[^1], rows = (int)(Count(entry) / columns);
        StoredMatrix matrix = new(entry.Type, rows, columns, entry.Bytes);
        return [.. Enumerable.Range(0, rows).Select(r => matrix.Row(r))];
    }

    /// <summary>Sets one row of a matrix.</summary>
    public void Row(string tensor, int row, Func<float[][], float[]> value) => Rows(tensor, rows =>
    {
        rows[row] = value(rows);
        return rows;
    }, keepType: true);

    /// <summary>Writes the weights; called by <see cref="Check"/>, or before a file is damaged further.</summary>
    public string Save()
    {
        SafetensorsWriter.Save(_folder.File("model.safetensors"), _tensors.Select(t => new SafetensorsEntry(t.Key, t.Value.Type, t.Value.Shape, t.Value.Bytes)));
        return _folder.Path;
    }

    public CheckReport Check(CheckOptions? options = null, bool save = true)
    {
        if (save)
            Save();
        using Workers workers = new(2);
        return ModelCheck.Run(_folder.Path, workers, options ?? new CheckOptions { Run = TrialRuns.Never });
    }

    public void Dispose() => _folder.Dispose();

    private static long Count(Kept entry) => entry.Shape.Aggregate(1L, (a, b) => a * b);

    private sealed record Kept(TensorType Type, IReadOnlyList<long> Shape, StoredBytes Bytes);
}
