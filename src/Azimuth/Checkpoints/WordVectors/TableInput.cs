using Azimuth.Checkpoints.Compression;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>A file of vectors about to be read: its bytes, whether they are compressed, and who wants to know how far the reading is.</summary>
/// <param name="Path">As the user named it, for messages.</param>
/// <param name="Bytes">All of the file; mapped, where it is one, and only touched by formats that are read out of order.</param>
/// <param name="Progress">Told the share read, 0 to 1.</param>
/// <param name="Cancellation">Checked between blocks.</param>
internal sealed record TableInput(string Path, StoredBytes Bytes, IProgress<double>? Progress, CancellationToken Cancellation)
{
    private const long FreeOfProportion = 1 << 17;
    private const long Proportion = 8;
    private const long UnpackedFree = 1 << 24;
    private const long UnpackedProportion = 64; // floats compress to about nine tenths, rows of zeros and ones to a fortieth

    /// <summary>The file to read in order; null when the content came from memory.</summary>
    public string? File { get; private init; }

    /// <summary>Opens a file beside this one by its name; null where there is none, as for content that came from memory.</summary>
    public Func<string, TableInput?> Beside { get; init; } = _ => null;

    /// <summary>Whether the content is compressed, whatever the name says.</summary>
    public bool IsGzip { get; } = GzipReader.IsGzip(Bytes);

    /// <summary>The ending that tells the format, in lower case and without .gz: ".txt", or "" when there is none.</summary>
    public string Ending => EndingOf(Path);

    /// <summary>The ending that tells the format of a name: ".txt" for words.TXT.gz.</summary>
    public static string EndingOf(string path)
    {
        string name = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path;
        return System.IO.Path.GetExtension(name).ToLowerInvariant();
    }

    /// <summary>Whether a name ends in .gz.</summary>
    public static bool IsGzipName(string path) => path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);

    /// <summary>A file on disk.</summary>
    public static TableInput Open(string path, IProgress<double>? progress, CancellationToken cancellation) =>
        new(path, MappedFile.Open(path), progress, cancellation)
        {
            File = path,
            Beside = name => System.IO.Path.Combine(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!, name) is var other && System.IO.File.Exists(other)
                ? Open(other, null, cancellation) : null,
        };

    /// <summary>The threads to compute with; null where none were given, and all processors are used.</summary>
    public Workers? Workers { get; init; }

    /// <summary>The file's bytes, compressed or not, to look at in order. What has no length may be a pipe, which is never opened.</summary>
    public ByteWindow Window() => File is null || Bytes.Length == 0 ? new ByteWindow(Bytes) : new ByteWindow(File);

    /// <summary>The content from its beginning, decompressed where it is compressed.</summary>
    public ByteReader Read() => new(this);

    /// <summary>The whole content in memory: the mapping itself, or what it decompresses to.</summary>
    /// <exception cref="CheckpointFormatException">It is damaged, or decompresses to more than 16 MiB and 64 times its size.</exception>
    public StoredBytes Whole()
    {
        if (!IsGzip)
            return Bytes;
        using ByteWindow window = Window();
        GzipReader gzip = new(Path, window);
        using GrowingMemory memory = new(1, null, _ => { });
        long most = UnpackedFree + (UnpackedProportion * Bytes.Length);
        while (true)
        {
            Cancellation.ThrowIfCancellationRequested();
            Progress?.Report((double)gzip.Position / Bytes.Length);
            Span<byte> free = memory.Free();
            int count = gzip.Read(free);
            if (count == 0)
                return memory.Join();
            memory.Commit(count);
            if (memory.Length > most)
                throw Error(FormattableString.Invariant($"expected at most {most} bytes in {Bytes.Length} compressed ones, found more. If the file is what it should be, decompress it first"), kind: "OutOfProportion");
        }
    }

    /// <summary>The exception for a file that breaks its format's rules.</summary>
    /// <param name="problem">Expected, found, what to do.</param>
    /// <param name="line">The line it is about, from 1; 0 when it is about the whole.</param>
    /// <param name="kind">A stable word.</param>
    public CheckpointFormatException Error(string problem, long line = 0, string kind = "Malformed") =>
        new(Path, line == 0 ? problem : FormattableString.Invariant($"line {line}: {problem}"), kind: kind);

    /// <summary>Stops an allocation that what was read of the file cannot justify; readers check sizes themselves, this proves that they did.</summary>
    /// <exception cref="InvalidOperationException">More than a few times what was read.</exception>
    public static void RequireProportion(long bytes, long read)
    {
        if (bytes > FreeOfProportion + (Proportion * read))
            throw new InvalidOperationException(FormattableString.Invariant($"{bytes} bytes were about to be allocated after {read} bytes of the file"));
    }
}
