using Azimuth.Checkpoints.Compression;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.Npy;

/// <summary>NumPy's archive of named arrays (.npz), stored or deflated. Immutable, safe for many threads, nobody disposes it.</summary>
public sealed class NpzArchive
{
    private const string Ending = ".npy";
    private const int HeaderBytes = 1 << 16;

    private readonly ZipDirectory _zip;
    private readonly Dictionary<string, ZipEntry> _entries; // by the array's name

    private NpzArchive(string path, ZipDirectory zip)
    {
        (Path, _zip) = (path, zip);
        ZipEntry[] arrays = [.. zip.Entries.Where(e => e.Name.EndsWith(Ending, StringComparison.Ordinal))];
        Names = [.. arrays.Select(NameOf)];
        _entries = arrays.ToDictionary(NameOf, StringComparer.Ordinal);
        if (Names.Count == 0)
        {
            bool torch = zip.Entries.Any(e => e.Name.EndsWith("data.pkl", StringComparison.Ordinal));
            throw new CheckpointFormatException(path, torch
                ? "expected an archive of .npy arrays, found what torch.save writes. Give it the ending .pt"
                : "expected an archive of .npy arrays, found none in it. It is another zip file", kind: "UnknownFormat");
        }
    }

    /// <summary>The file it was read from.</summary>
    public string Path { get; }

    /// <summary>The arrays' names without .npy, in the archive's order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Reads the archive's directory; no array is looked at.</summary>
    /// <exception cref="CheckpointFormatException">No such file, no zip archive, a damaged one, or one without arrays.</exception>
    public static NpzArchive Load(string path) => FromBytes(MappedFile.Open(path), path);

    /// <summary>One array, its checksum verified. A stored one is mapped, a deflated one is unpacked to memory.</summary>
    /// <exception cref="ArgumentException">No array of that name.</exception>
    /// <exception cref="CheckpointFormatException">The entry or the array in it is damaged or of a type that is not read.</exception>
    public NpyArray Read(string name, CancellationToken cancellation = default)
    {
        ZipEntry entry = _entries.GetValueOrDefault(name)
            ?? throw new ArgumentException($"{Path} has no array {name}; it has {string.Join(", ", Names)}", nameof(name));
        return NpyArray.FromBytes(_zip.Content(entry, cancellation), $"{Path}:{name}");
    }

    /// <summary>The header of an array, without its numbers.</summary>
    internal NpyHeader Header(string name)
    {
        byte[] start = _zip.Start(_entries[name], HeaderBytes);
        return NpyHeader.Parse($"{Path}:{name}", StoredBytes.FromBytes(start));
    }

    private static string NameOf(ZipEntry entry) => entry.Name[..^Ending.Length];

    internal static NpzArchive FromBytes(StoredBytes bytes, string path) => new(path, ZipDirectory.Read(path, bytes));
}
