using System.Globalization;
using System.IO.Compression;
using System.Text;
using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.WordVectors;

/// <summary>
/// A table of vectors in a file of its own, without a model: word vectors, arrays, exported rows. Immutable, safe for many threads, nobody
/// disposes it.
/// </summary>
public sealed class TableFile
{
    private TableFile(string path, string format, EmbeddingTable table, IReadOnlyList<string> warnings) =>
        (Path, Format, Table, Warnings) = (path, format, table, warnings);

    /// <summary>The file it was read from.</summary>
    public string Path { get; }

    /// <summary>The format's name: "GloVe text".</summary>
    public string Format { get; }

    /// <summary>The rows and their words.</summary>
    public EmbeddingTable Table { get; }

    /// <summary>Remarks that do not stop the reading, such as words that come twice.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>True for a path whose ending is one of the formats read here; a model's weights have other endings.</summary>
    public static bool IsTableFile(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string name = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path;
        return System.IO.Path.GetExtension(name).ToLowerInvariant() is ".txt" or ".vec";
    }

    /// <summary>Reads a file of vectors, whatever its format.</summary>
    /// <param name="path">The file.</param>
    /// <param name="progress">Told the share of the file that has been read, 0 to 1.</param>
    /// <param name="cancellation">Checked between rows.</param>
    /// <exception cref="CheckpointFormatException">No such file, or one that breaks its format's rules.</exception>
    public static TableFile Load(string path, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        var words = new List<string>();
        var values = new List<float>();
        using Stream file = File.OpenRead(path);
        using Stream stream = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        while (reader.ReadLine() is { } line)
        {
            cancellation.ThrowIfCancellationRequested();
            string[] parts = line.Split(' ');
            if (parts.Length < 3)
                continue;
            words.Add(parts[0]);
            for (int i = 1; i < parts.Length; i++)
                values.Add(float.Parse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture));
        }

        var rows = StoredMatrix.FromFloats([.. values], words.Count, values.Count / words.Count);
        return new TableFile(path, "GloVe text", new EmbeddingTable("word vectors", rows, id => words[id]), []);
    }
}
