using Azimuth.Checkpoints;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Weights;

namespace Azimuth.Vocabulary.Resizing;

/// <summary>The tensors of a model that have a row, or an entry, for each token, and what becomes of them.</summary>
internal sealed class ResizedTables
{
    private readonly Checkpoint _checkpoint;
    private readonly VocabularyChange _change;
    private readonly Dictionary<string, TensorContent> _contents = new(StringComparer.Ordinal);

    private ResizedTables(Checkpoint checkpoint, VocabularyChange change) => (_checkpoint, _change) = (checkpoint, change);

    /// <summary>Input table, output table where it is stored, output bias where there is one.</summary>
    public static IReadOnlyList<TensorInfo> Find(LanguageModel model)
    {
        Checkpoint checkpoint = model.Folder.Checkpoint;
        string[] names =
        [
            .. WeightSlots.Of(model.Config, model.Names, checkpoint)
                .Where(slot => slot.Role is WeightRole.TokenTable or WeightRole.OutputTable)
                .SelectMany(slot => new[] { slot.Name + ".weight", slot.Name + ".bias" }),
        ];
        return [.. names.Select(checkpoint.Find).OfType<TensorInfo>().Where(tensor => tensor.Shape.Count > 0 && tensor.Shape[0] == model.Config.VocabSize)];
    }

    /// <summary>Makes the new rows of every table.</summary>
    public static ResizedTables Create(LanguageModel model, VocabularyChange change, NewRows rows, CancellationToken cancellation)
    {
        var result = new ResizedTables(model.Folder.Checkpoint, change);
        int[] ids = [.. change.NewIds];
        foreach (TensorInfo tensor in Find(model))
        {
            // A bias is a table of one column.
            int columns = tensor.Shape.Count == 1 ? 1 : checked((int)tensor.Shape[1]);
            var table = new StoredMatrix(tensor.Type!.Value, tensor.Shape[0], columns, model.Folder.Checkpoint.Bytes(tensor.Name));
            result._contents.Add(tensor.Name, result.Join(table, rows.Of(table, ids, model.Workers, cancellation)));
        }

        return result;
    }

    /// <summary>What changed.</summary>
    public IReadOnlyList<ResizedTensor> Changes =>
        [.. _contents.Keys.Select(name => _checkpoint.Find(name)!).Select(tensor => new ResizedTensor(tensor.Name, tensor.TypeName, tensor.ShapeText, (tensor with { Shape = Shape(tensor) }).ShapeText))];

    /// <summary>The tensor's dimensions afterwards.</summary>
    public IReadOnlyList<long> Shape(TensorInfo tensor) => _contents.ContainsKey(tensor.Name) ? [_change.NewRows, .. tensor.Shape.Skip(1)] : tensor.Shape;

    /// <summary>The tensor's bytes afterwards.</summary>
    public TensorContent Content(TensorInfo tensor) => _contents.TryGetValue(tensor.Name, out TensorContent? content) ? content : _checkpoint.Bytes(tensor.Name);

    /// <summary>Runs of rows that stay together are taken as they lie.</summary>
    private TensorContent Join(StoredMatrix table, StoredBytes made)
    {
        var parts = new List<TensorContent>();
        int next = 0, id = 0;
        while (id < _change.NewRows)
        {
            int from = _change.OldIdOfNew[id], length = 1;
            while (id + length < _change.NewRows && (from < 0 ? _change.OldIdOfNew[id + length] < 0 : _change.OldIdOfNew[id + length] == from + length))
                length++;
            long bytes = length * table.RowBytes;
            parts.Add(from < 0 ? made.Slice(next * table.RowBytes, bytes) : table.Bytes.Slice(from * table.RowBytes, bytes));
            next += from < 0 ? length : 0;
            id += length;
        }

        return TensorContent.Join(parts);
    }
}
