namespace Azimuth.Checkpoints.WordVectors;

/// <summary>The formats in which a table of vectors comes without a model.</summary>
public enum TableFormat
{
    /// <summary>A line "rows dimension", then a word and its numbers a line, separated by single blanks. fastText writes it too.</summary>
    Word2VecText,

    /// <summary>A line "rows dimension", then each word, a blank, and its little-endian 32-bit floats.</summary>
    Word2VecBinary,

    /// <summary>word2vec text without its first line.</summary>
    GloveText,

    /// <summary>fastText's own .bin: words and the subwords that make up words it has not seen. Read only.</summary>
    FastText,

    /// <summary>NumPy's array of one matrix, without words.</summary>
    Npy,

    /// <summary>NumPy's archive of arrays: the matrix and its words.</summary>
    Npz,

    /// <summary>The embedding projector's pair of files: numbers separated by tabs, and beside them the words.</summary>
    ProjectorTsv,

    /// <summary>One JSON object a line.</summary>
    JsonLines,

    /// <summary>Comma-separated values with a header, as data frames read them.</summary>
    Csv,
}

/// <summary>Names and endings of <see cref="TableFormat"/>.</summary>
public static class TableFormats
{
    /// <summary>What a format is called on screen: "word2vec text".</summary>
    public static string Name(this TableFormat format) => format switch
    {
        TableFormat.Word2VecText => "word2vec text",
        TableFormat.Word2VecBinary => "word2vec binary",
        TableFormat.GloveText => "GloVe text",
        TableFormat.FastText => "fastText",
        TableFormat.Npy => "npy",
        TableFormat.Npz => "npz",
        TableFormat.ProjectorTsv => "projector TSV",
        TableFormat.JsonLines => "JSON Lines",
        TableFormat.Csv => "CSV",
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "unknown table format"),
    };

    /// <summary>The format that a file's ending asks for when it is written; null for endings that name none. A further .gz is ignored.</summary>
    public static TableFormat? OfEnding(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return TableInput.EndingOf(path) switch
        {
            ".vec" or ".w2v" => TableFormat.Word2VecText,
            ".bin" => TableFormat.Word2VecBinary,
            ".txt" => TableFormat.GloveText,
            ".npy" => TableFormat.Npy,
            ".npz" => TableFormat.Npz,
            ".tsv" => TableFormat.ProjectorTsv,
            ".jsonl" or ".ndjson" => TableFormat.JsonLines,
            ".csv" => TableFormat.Csv,
            _ => null,
        };
    }

    /// <summary>True for an ending that one of the formats has; what the file really is, its content says.</summary>
    internal static bool IsKnownEnding(string path) => OfEnding(path) is not null || TableInput.IsGzipName(path);
}
