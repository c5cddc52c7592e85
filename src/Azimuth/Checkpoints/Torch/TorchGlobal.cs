namespace Azimuth.Checkpoints.Torch;

/// <summary>What a global does.</summary>
internal enum TorchGlobalKind
{
    /// <summary>collections.OrderedDict.</summary>
    OrderedDict,

    /// <summary>torch._utils._rebuild_tensor: storage, offset, size, stride.</summary>
    RebuildTensor,

    /// <summary>torch._utils._rebuild_tensor_v2: further requires_grad and hooks.</summary>
    RebuildTensor2,

    /// <summary>torch._utils._rebuild_tensor_v3: further the type, of a storage of bytes.</summary>
    RebuildTensor3,

    /// <summary>torch._utils._rebuild_parameter: the tensor, requires_grad, hooks.</summary>
    RebuildParameter,

    /// <summary>_codecs.encode: bytes as protocol 2 writes them.</summary>
    EncodeBytes,

    /// <summary>__builtin__.set: a set as protocol 2 writes it.</summary>
    Set,

    /// <summary>The class of a storage.</summary>
    Storage,

    /// <summary>A type of numbers.</summary>
    Type,
}

/// <summary>Something a checkpoint may name. The list is closed: a state dict needs no more.</summary>
/// <param name="Name">With its module.</param>
/// <param name="Kind">What it does.</param>
/// <param name="Type">Of a storage's numbers, or the type itself; null for a storage of bytes.</param>
internal sealed record TorchGlobal(string Name, TorchGlobalKind Kind, TorchType? Type = null)
{
    /// <summary>The global of this name, or null for a foreign one. Names are compared whole: a dotted path never reaches inside.</summary>
    public static TorchGlobal? Find(string module, string name)
    {
        string full = module + "." + name;
        TorchGlobalKind? kind = (module, name) switch
        {
            ("collections", "OrderedDict") => TorchGlobalKind.OrderedDict,
            ("torch._utils", "_rebuild_tensor") => TorchGlobalKind.RebuildTensor,
            ("torch._utils", "_rebuild_tensor_v2") => TorchGlobalKind.RebuildTensor2,
            ("torch._utils", "_rebuild_tensor_v3") => TorchGlobalKind.RebuildTensor3,
            ("torch._utils", "_rebuild_parameter") => TorchGlobalKind.RebuildParameter,
            ("_codecs", "encode") => TorchGlobalKind.EncodeBytes,
            ("__builtin__", "set") => TorchGlobalKind.Set,
            ("torch.storage" or "torch", "UntypedStorage") => TorchGlobalKind.Storage,
            _ => null,
        };
        if (kind is { } known)
            return new TorchGlobal(full, known);
        if (module != "torch")
            return null;
        return TorchType.OfStorage(name) is { } stored ? new TorchGlobal(full, TorchGlobalKind.Storage, stored)
            : TorchType.Find(name) is { } type ? new TorchGlobal(full, TorchGlobalKind.Type, type) : null;
    }

    public override string ToString() => Name;
}
