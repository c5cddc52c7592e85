using Azimuth.Checkpoints;
using Azimuth.Numerics;
using Azimuth.Transformers.Weights;

namespace Azimuth.Checking;

/// <summary>A table in a checkpoint, whatever its number of rows.</summary>
/// <param name="Tensor">Its name in the file.</param>
/// <param name="Matrix">Its rows.</param>
internal sealed record FoundTable(string Tensor, StoredMatrix Matrix);

/// <summary>Finds the tables by the family's names; without a config that can be read, by the names that families use.</summary>
internal static class TableFinder
{
    private static readonly string[] InputNames =
        ["wte.weight", "embed_tokens.weight", "word_embeddings.weight", "embed_in.weight", "token_embd.weight", "tok_embeddings.weight"];

    private static readonly string[] OutputNames = ["lm_head.weight", "embed_out.weight", "output.weight"];

    public static FoundTable? Input(CheckSubject subject) => subject.Table.Value is { } table
        ? new FoundTable(System.IO.Path.GetFileName(table.Path), table.Table.Rows)
        : Open(subject, InputTensor(subject));

    public static FoundTable? Output(CheckSubject subject) => Open(subject, OutputTensor(subject));

    public static TensorInfo? InputTensor(CheckSubject subject) => subject.Weights.Value is not { } weights ? null
        : subject.Read.Value is { } read ? weights.Find($"{read.Prefix}{read.Names.TokenEmbedding}.weight") : Named(weights, InputNames);

    public static TensorInfo? OutputTensor(CheckSubject subject) => subject.Weights.Value is not { } weights ? null
        : subject.Read.Value is { } read ? weights.Find(TensorPlan.UnembeddingName(read.Names)) : Named(weights, OutputNames);

    /// <summary>The learned table of positions.</summary>
    public static TensorInfo? PositionTensor(CheckSubject subject) =>
        subject.Weights.Value is { } weights && subject.Read.Value is { Names.PositionEmbedding: { } name } read ? weights.Find($"{read.Prefix}{name}.weight") : null;

    public static FoundTable? Open(CheckSubject subject, TensorInfo? tensor) => tensor is { Shape.Count: 2, Type: { } type } && type.IsReadableAsFloat()
        ? new FoundTable(tensor.Name, subject.Weights.Value!.Matrix(tensor.Name))
        : null;

    private static TensorInfo? Named(Checkpoint weights, string[] names) =>
        weights.Tensors.FirstOrDefault(t => names.Any(n => t.Name == n || t.Name.EndsWith("." + n, StringComparison.Ordinal)));
}
