using Azimuth.Checkpoints.Compression;
using Azimuth.Checkpoints.Torch.Pickle;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.Torch;

/// <summary>Reads the form since version 1.6: a zip archive with a folder of any name that holds data.pkl, byteorder and data/KEY for each storage.</summary>
internal static class TorchArchive
{
    private const string Pickle = "data.pkl";

    // PyTorch never compresses. Who does so afterwards gains a few times, on a few zeros a hundred times; a bomb gains a thousand times.
    private const long LargestRatio = 100, RatioMattersFrom = 1 << 20;

    public static bool Is(StoredBytes file) => file.Length >= 4 && file.Span(0, 4).SequenceEqual("PK\u0003\u0004"u8);

    /// <summary>Reads the archive's directory and its pickle; stored storages stay mapped, their checksums are not computed.</summary>
    /// <exception cref="CheckpointFormatException">Damage, or a pickle that asks for more than tensors.</exception>
    public static TorchContent Read(string path, StoredBytes file)
    {
        ZipDirectory zip = ZipDirectory.Read(path, file);
        Dictionary<string, ZipEntry> entries = zip.Entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
        ZipEntry pickle = FindPickle(path, zip);
        string root = pickle.Name[..^Pickle.Length];
        if (entries.ContainsKey(root + "constants.pkl"))
            throw new CheckpointFormatException(path, "expected a state dict, found a TorchScript program. Save the model's state_dict() where it was made", kind: "TorchScript");
        bool isBigEndian = entries.TryGetValue(root + "byteorder", out ZipEntry? order) && IsBigEndian(path, zip, order);
        CheckRatio(path, pickle);
        (StoredBytes packed, long at) = zip.Packed(pickle);
        bool isStored = pickle.Method == 0;
        PickleSource source = new(path, isStored ? packed : zip.Content(pickle), 0, isStored ? at : null, file.Length);
        TorchObjects objects = new(source, isLegacy: false);
        PickleValue value = new PickleMachine(source, objects).Run();
        if (isStored)
            zip.Content(pickle); // for its checksum, after the pickle's own and clearer errors
        Dictionary<string, StorageRecord> records = new(StringComparer.Ordinal);
        foreach (TorchStorage storage in objects.Storages.Values)
            records.Add(storage.Key, Record(path, zip, entries, root, storage));
        return new TorchContent("PyTorch", value, records, isBigEndian, []);
    }

    private static ZipEntry FindPickle(string path, ZipDirectory zip)
    {
        ZipEntry[] found = [.. zip.Entries.Where(entry => entry.Name == Pickle || entry.Name.EndsWith("/" + Pickle, StringComparison.Ordinal))];
        return found.Length switch
        {
            1 => found[0],
            0 => throw new CheckpointFormatException(path, $"expected a PyTorch archive with {Pickle}, found a zip file without it. It is another zip file, or damaged", kind: "PickleMissing"),
            _ => throw new CheckpointFormatException(path, $"expected one {Pickle}, found {found[0].Name} and {found[1].Name}{CheckpointFormatException.Malformed}", kind: "SeveralPickles"),
        };
    }

    private static bool IsBigEndian(string path, ZipDirectory zip, ZipEntry order)
    {
        const int Longest = 16;
        string text = order.SizeBytes > Longest ? "a longer text" : System.Text.Encoding.UTF8.GetString(zip.Content(order).Span(0, (int)order.SizeBytes));
        return text switch
        {
            "little" => false,
            "big" => true,
            _ => throw new CheckpointFormatException(path, $"expected the byteorder little or big, found {text}{CheckpointFormatException.Malformed}", kind: "BadByteOrder"),
        };
    }

    private static StorageRecord Record(string path, ZipDirectory zip, Dictionary<string, ZipEntry> entries, string root, TorchStorage storage)
    {
        if (storage.Key.Length == 0 || storage.Key is "." or ".." || storage.Key.AsSpan().ContainsAny('/', '\\'))
            throw Bad(path, $"the storage's key {storage.Key} is no plain name");
        if (!entries.TryGetValue($"{root}data/{storage.Key}", out ZipEntry? entry))
            throw Bad(path, $"the archive has no entry {root}data/{storage.Key} for the storage {storage.Key}");
        if (entry.SizeBytes != storage.SizeBytes)
            throw Bad(path, FormattableString.Invariant($"expected {storage.SizeBytes} bytes of the storage {storage.Key}, found {entry.SizeBytes} in {entry.Name}"));
        CheckRatio(path, entry);
        (StoredBytes packed, long at) = zip.Packed(entry);
        return entry.Method == 0 ? new StorageRecord(packed, at) : new StorageRecord(entry.SizeBytes, at, () => zip.Content(entry));
    }

    private static void CheckRatio(string path, ZipEntry entry)
    {
        if (entry.SizeBytes >= RatioMattersFrom && entry.SizeBytes / LargestRatio > entry.PackedBytes)
            throw new CheckpointFormatException(path, $"{entry.Name} grows from {entry.PackedBytes} to {entry.SizeBytes} bytes, more than {LargestRatio}-fold, as no weights do. Do not open it, or save it without compression", kind: "TooLarge");
    }

    private static CheckpointFormatException Bad(string path, string problem) => new(path, problem + CheckpointFormatException.Malformed, kind: "BadStorage");
}
