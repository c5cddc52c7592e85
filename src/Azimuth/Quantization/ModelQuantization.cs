using Azimuth.Transformers;

namespace Azimuth.Quantization;

/// <summary>What is stored in which type, and how it is measured.</summary>
public sealed record ModelQuantizationOptions
{
    /// <summary>Which weights.</summary>
    public QuantizedPart Part { get; init; } = QuantizedPart.All;

    /// <summary>How the token tables are measured.</summary>
    public TableQuantizationOptions Tables { get; init; } = new();

    /// <summary>Tokens run at a time when two models are compared; the context where that is shorter.</summary>
    public int Window { get; init; } = 512;
}

/// <summary>Errors of a model's matrices, token tables apart.</summary>
/// <param name="Count">Matrices that are stored anew.</param>
/// <param name="Values">Their values.</param>
/// <param name="RmsError">Root of the mean squared error of all values.</param>
/// <param name="MaxError">The largest error of a value.</param>
/// <param name="RelativeRmsError">The first over the root mean square of the values.</param>
public sealed record MatrixErrors(int Count, long Values, double RmsError, double MaxError, double RelativeRmsError);

/// <summary>What storing a model in fewer bits does to it.</summary>
public sealed record ModelQuantization
{
    /// <summary>How it would be stored.</summary>
    public required QuantizationType Type { get; init; }

    /// <summary>Which weights.</summary>
    public required QuantizedPart Part { get; init; }

    /// <summary>Bytes of all tensors now.</summary>
    public required long SizeBytesBefore { get; init; }

    /// <summary>Bytes of all tensors then, scales included, headers not.</summary>
    public required long SizeBytesAfter { get; init; }

    /// <summary>Each token table.</summary>
    public required IReadOnlyList<TableQuantization> Tables { get; init; }

    /// <summary>All matrices of the blocks; null when they stay as they are.</summary>
    public required MatrixErrors? Matrices { get; init; }

    /// <summary>Matrices stored as F16 because their rows are no whole number of blocks.</summary>
    public required IReadOnlyList<string> StoredAsF16 { get; init; }

    /// <summary>The changed model beside the original on a text; null when no text was given.</summary>
    public required NextTokenDivergence? Divergence { get; init; }
}

/// <summary>A model's tables: where they lie, measured and written without the rest.</summary>
internal static class ModelTables
{
    /// <summary>The table or tables, with what files call them.</summary>
    public static IReadOnlyList<(string Name, Embeddings.EmbeddingTable Table)> Of(LanguageModel model) =>
        model.IsTied ? [("input", model.TokenEmbedding)] : [("input", model.TokenEmbedding), ("output", model.Unembedding)];
}
