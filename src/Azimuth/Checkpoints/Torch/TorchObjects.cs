using Azimuth.Checkpoints.Torch.Pickle;

namespace Azimuth.Checkpoints.Torch;

/// <summary>
/// Makes what a checkpoint's pickle names and calls: storages, tensors, parameters, dictionaries. Nothing is executed: a call is recognised by its name, its
/// arguments are checked, and a description results. Everything else is refused by name. Belongs to one thread.
/// </summary>
internal sealed class TorchObjects(PickleSource source, bool isLegacy) : IPickleObjects
{
    private const int PairBytes = 128;

    private readonly Dictionary<string, TorchStorage> _storages = new(StringComparer.Ordinal);

    /// <summary>All storages that the pickle declares, by key.</summary>
    public IReadOnlyDictionary<string, TorchStorage> Storages => _storages;

    /// <inheritdoc/>
    public PickleValue Global(string module, string name) => TorchGlobal.Find(module, name) is { } global
        ? new(PickleKind.Global, 0, global)
        : throw source.Error(
            $"expected tensors in plain containers, found the Python object {module}.{name}, which could run code and is not read", "ForeignGlobal",
            ". Save the model's state_dict() alone, or convert it to safetensors where it was made");

    /// <inheritdoc/>
    public PickleValue Call(PickleValue callable, PickleValue[] arguments)
    {
        TorchGlobal global = (TorchGlobal)callable.Reference!;
        return global.Kind switch
        {
            TorchGlobalKind.OrderedDict => OrderedDict(arguments),
            TorchGlobalKind.RebuildTensor when arguments.Length == 4 => Tensor(global, arguments, null),
            TorchGlobalKind.RebuildTensor2 when arguments.Length == 6 => Tensor(global, arguments, null),
            TorchGlobalKind.RebuildTensor2 when arguments.Length == 7 => Tensor(global, arguments, null, arguments[6]),
            TorchGlobalKind.RebuildTensor3 when arguments.Length == 7 => Tensor(global, arguments, arguments[6]),
            TorchGlobalKind.RebuildTensor3 when arguments.Length == 8 => Tensor(global, arguments, arguments[6], arguments[7]),
            TorchGlobalKind.RebuildParameter when arguments.Length == 3 && arguments[0].Reference is TorchTensor => arguments[0],
            TorchGlobalKind.EncodeBytes when arguments.Length == 2 && arguments[0].AsText is not null && arguments[1].AsText == "latin1" => new(PickleKind.Bytes),
            TorchGlobalKind.Set when arguments.Length == 1 && arguments[0].AsList is not null => new(PickleKind.Set),
            _ => throw source.Error($"{global.Name} is called with {arguments.Length} arguments ({string.Join(", ", arguments.Take(8).Select(a => a.Found))}), which PyTorch does not write"),
        };
    }

    /// <summary>A storage: ('storage', class, key, location, count), and in old files a view's description, which PyTorch stopped writing long before.</summary>
    public PickleValue Persistent(PickleValue identity)
    {
        if (identity.AsTuple is not { } items || items.Length != (isLegacy ? 6 : 5) || items[0].AsText != "storage")
            throw source.Error($"expected an identity ('storage', class, key, location, count{(isLegacy ? ", view" : "")}), found {identity.Found}{(identity.AsTuple is { } t ? $" of {t.Length}" : "")}", "BadStorage");
        if (items[1].Reference is not TorchGlobal { Kind: TorchGlobalKind.Storage } declared)
            throw source.Error($"expected the class of a storage, found {items[1].Found}", "BadStorage");
        if (items[2].AsText is not { } key || items[3].AsText is null || items[4].Kind != PickleKind.Integer || items[4].Number < 0)
            throw source.Error($"expected a storage's key, location and count, found {items[2].Found}, {items[3].Found} and {items[4].Found}", "BadStorage");
        if (isLegacy && items[5].Kind != PickleKind.None)
            throw source.Error("it holds a view of a storage as PyTorch wrote before version 0.4, which is not read", "BadStorage", ". Save the model again with a newer version");
        TorchType? type = declared.Type is null ? null : Readable(declared.Type);
        long width = type?.Bytes ?? 1;
        if (items[4].Number > long.MaxValue / width)
            throw source.Error(FormattableString.Invariant($"the storage {key} of {items[4].Number} numbers exceeds 63 bits"), "BadStorage");
        TorchStorage storage = new(key, type, items[4].Number * width);
        if (!_storages.TryAdd(key, storage) && _storages[key] != storage)
            throw source.Error($"the storage {key} is declared twice with different classes or counts", "BadStorage");
        return new(PickleKind.Object, 0, _storages[key]);
    }

    private PickleValue OrderedDict(PickleValue[] arguments)
    {
        PickleDictionary dictionary = new(isOrderedDict: true);
        // Python 2 passed the entries as a list of pairs.
        if (arguments.Length > 1 || (arguments.Length == 1 && arguments[0].AsList is null))
            throw source.Error($"expected OrderedDict of a list of pairs, found {arguments.Length} arguments, the first {arguments[0].Found}");
        foreach (PickleValue pair in arguments.Length == 0 ? [] : arguments[0].AsList!)
        {
            source.Spend(PairBytes);
            IReadOnlyList<PickleValue>? items = (IReadOnlyList<PickleValue>?)pair.AsTuple ?? pair.AsList;
            if (items is not [{ IsHashable: true } key, var value])
                throw source.Error($"expected a pair of a key and a value in an OrderedDict, found {pair.Found}");
            dictionary.Set(key, value);
        }

        return new(PickleKind.Dictionary, 0, dictionary);
    }

    private PickleValue Tensor(TorchGlobal global, PickleValue[] arguments, PickleValue? typeArgument, PickleValue metadata = default)
    {
        if (arguments[0].Reference is not TorchStorage storage || arguments[1].Kind != PickleKind.Integer || Numbers(arguments[2]) is not { } sizes || Numbers(arguments[3]) is not { } strides)
        {
            throw source.Error(
                $"expected {global.Name} of a storage, an offset, sizes and strides of at most 64 bits, found {string.Join(", ", arguments.Take(4).Select(a => a.Found))}", "BadTensor");
        }

        // Conjugate and negative views are marks here: the numbers are others than those stored.
        if (metadata.Kind != PickleKind.None && metadata.AsDictionary is not { Entries.Count: 0 })
            throw source.Error("a tensor has marks of a conjugate or negative view, which are not read", "TypeNotReadable", ". Save it after resolve_conj() and resolve_neg()");
        TorchType type;
        if (typeArgument is not { } argument)
            type = storage.Type ?? throw source.Error($"{global.Name} is given a storage of bytes, whose type it cannot know", "BadTensor");
        else if (argument.Reference is TorchGlobal { Kind: TorchGlobalKind.Type, Type: { } named } && storage.Type is null)
            type = Readable(named);
        else
            throw source.Error($"expected {global.Name} of a storage of bytes and a type, found {argument.Found}", "BadTensor");
        var (tensor, problem) = TorchTensor.Create(storage, type, arguments[1].Number, sizes, strides);
        return tensor is not null ? new(PickleKind.Object, 0, tensor) : throw source.Error("a tensor: " + problem, "BadTensor");
    }

    private TorchType Readable(TorchType type) => type.IsRead
        ? type
        : throw source.Error($"it holds numbers of the type {type}, which is not read", "TypeNotReadable", ". Save the model with plain types");

    private static long[]? Numbers(PickleValue value) =>
        value.AsTuple is { } items && Array.TrueForAll(items, item => item.Kind == PickleKind.Integer) ? [.. items.Select(item => item.Number)] : null;
}
