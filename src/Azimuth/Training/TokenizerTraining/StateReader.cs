using System.Runtime.InteropServices;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;
using Azimuth.Training.Corpora;

namespace Azimuth.Training.TokenizerTraining;

/// <summary>The saved state of a tokenizer's training: arrays of whole numbers, bytes and doubles as tensors of one dimension.</summary>
internal sealed class StateReader
{
    private readonly string _folder;
    private readonly StateValues _values;
    private readonly SafetensorsFile _tensors;

    public StateReader(string folder)
    {
        _folder = folder;
        (_values, _tensors) = TrainingState.Open(folder);
    }

    /// <summary>A number of the state, 0 at least.</summary>
    public long Number(string name, long most = long.MaxValue) => _values.Number(name, most);

    /// <summary>One of several texts of the state.</summary>
    public string OneOf(string name, params ReadOnlySpan<string> texts) => _values.OneOf(name, texts);

    /// <summary>An array of the state.</summary>
    public T[] Array<T>(string name) where T : unmanaged
    {
        if (_tensors.Find(name) is not { Shape.Count: 1 } tensor || tensor.Type != TypeOf<T>())
            throw Damaged($"expected the tensor {name} as {TypeOf<T>()} of one dimension, found none. Delete the folder to go on from the state before it");
        var values = new T[checked((int)tensor.ElementCount)];
        StoredBytes stored = _tensors.Bytes(name);
        int size = Marshal.SizeOf<T>();
        for (int at = 0; at < values.Length;)
        {
            Span<T> part = values.AsSpan(at, Math.Min(values.Length - at, 1 << 20));
            stored.Span((long)at * size, part.Length * size).CopyTo(MemoryMarshal.AsBytes(part));
            at += part.Length;
        }

        return values;
    }

    /// <summary>The counted words.</summary>
    public WordTable Words() => WordTable.From(Array<byte>("words.bytes"), Array<int>("words.ends"), Array<long>("words.counts"))
        ?? throw Damaged("expected words with their counts, found tensors that do not fit together. Delete the folder to go on from the state before it");

    /// <summary>Adds counted words to what is saved.</summary>
    public static void Add(List<SafetensorsEntry> tensors, WordTable words) => tensors.AddRange(
        [Of("words.bytes", words.AllBytes), Of("words.ends", words.Ends), Of("words.counts", words.Counts)]);

    /// <summary>An array to be saved.</summary>
    public static SafetensorsEntry Of<T>(string name, ReadOnlySpan<T> values) where T : unmanaged =>
        new(name, TypeOf<T>(), [values.Length], StoredBytes.FromBytes(MemoryMarshal.AsBytes(values)));

    /// <summary>An error that names the folder.</summary>
    public CheckpointFormatException Damaged(string problem) => new(_folder, problem);

    private static TensorType TypeOf<T>() =>
        typeof(T) == typeof(byte) ? TensorType.U8 : typeof(T) == typeof(int) ? TensorType.I32 : typeof(T) == typeof(long) ? TensorType.I64 : TensorType.F64;
}
