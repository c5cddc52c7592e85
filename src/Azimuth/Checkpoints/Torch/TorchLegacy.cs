using System.Buffers.Binary;
using Azimuth.Checkpoints.Torch.Pickle;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.Torch;

/// <summary>
/// Reads the form before version 1.6: pickles of a magic number, a protocol version, the system's description, the object and the list of storage keys; then
/// each storage in the list's order, its count of numbers (8 bytes) and the numbers, little-endian on whatever machine.
/// </summary>
internal static class TorchLegacy
{
    private const int ProtocolVersion = 1001;

    /// <summary>LONG1 of ten bytes, the magic number 0x1950a86a20f9469cfc6c, STOP.</summary>
    private static ReadOnlySpan<byte> Magic => [0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, (byte)'.'];

    /// <summary>Bytes that suffice for <see cref="MagicLength"/>.</summary>
    public const int Looked = 24;

    /// <summary>The length of the first pickle; 0 for a file of another form.</summary>
    public static int MagicLength(ReadOnlySpan<byte> start)
    {
        if (start.Length < 2 || start[0] != 0x80 || start[1] is < 2 or > 5)
            return 0;
        // Protocols 4 and 5 put it into a frame.
        int at = start.Length > 2 && start[2] == 0x95 ? 2 + 1 + sizeof(long) : 2;
        return start.Length >= at && start[at..].StartsWith(Magic) ? at + Magic.Length : 0;
    }

    /// <summary>Reads the pickles and finds the storages, which stay mapped.</summary>
    /// <exception cref="CheckpointFormatException">Damage, or a pickle that asks for more than tensors.</exception>
    public static TorchContent Read(string path, StoredBytes file)
    {
        PickleSource source = new(path, file, MagicLength(file.Span(0, (int)Math.Min(Looked, file.Length))), 0, file.Length);
        TorchObjects objects = new(source, isLegacy: true);
        PickleMachine machine = new(source, objects);
        PickleValue version = machine.Run();
        if (version is not { Kind: PickleKind.Integer, Number: ProtocolVersion })
            throw source.Error($"expected the format's version {ProtocolVersion}, found {version.Found}");
        PickleValue system = machine.Run();
        if (system.AsDictionary is null)
            throw source.Error($"expected a dictionary that describes the system, found {system.Found}");
        PickleValue root = machine.Run();
        PickleValue keys = machine.Run();
        if (keys.AsList is not { } list)
            throw source.Error($"expected a list of the storages' keys, found {keys.Found}");
        Dictionary<string, StorageRecord> records = new(StringComparer.Ordinal);
        long at = source.Position;
        foreach (PickleValue key in list)
        {
            if (key.AsText is not { } name || !objects.Storages.TryGetValue(name, out TorchStorage? storage) || records.ContainsKey(name))
                throw source.Error($"expected each storage's key once in the list of keys, found {key.AsText ?? key.Found}", "BadStorage");
            records.Add(name, Record(path, file, ref at, storage));
        }

        if (objects.Storages.Keys.FirstOrDefault(key => !records.ContainsKey(key)) is { } missing)
            throw source.Error($"the storage {missing} is not in the list of keys", "BadStorage");
        string[] remarks = at < file.Length ? [$"{file.Length - at} bytes behind the last storage are not read"] : [];
        return new TorchContent("PyTorch before 1.6", root, records, IsBigEndian: false, remarks);
    }

    private static StorageRecord Record(string path, StoredBytes file, ref long at, TorchStorage storage)
    {
        if (file.Length - at < sizeof(long))
            throw Bad(path, at, $"expected the storage {storage.Key}, found the file's end: it is cut off");
        long count = BinaryPrimitives.ReadInt64LittleEndian(file.Span(at, sizeof(long)));
        long expected = storage.SizeBytes / (storage.Type?.Bytes ?? 1);
        if (count != expected)
            throw Bad(path, at, FormattableString.Invariant($"expected {expected} numbers in the storage {storage.Key}, found {count}"));
        at += sizeof(long);
        if (storage.SizeBytes > file.Length - at)
            throw Bad(path, at, FormattableString.Invariant($"expected {storage.SizeBytes} bytes of the storage {storage.Key}, found {file.Length - at}: the file is cut off"));
        StorageRecord record = new(file.Slice(at, storage.SizeBytes), at);
        at += storage.SizeBytes;
        return record;
    }

    private static CheckpointFormatException Bad(string path, long at, string problem) => new(path, problem + CheckpointFormatException.Malformed, offset: at, kind: "BadStorage");
}
