using Azimuth.Numerics;

namespace Azimuth.Checkpoints.Torch;

/// <summary>A type of PyTorch's numbers.</summary>
/// <param name="Name">As PyTorch spells it: "float32".</param>
/// <param name="Storage">The class of storages that hold it, such as "FloatStorage"; null for the types that came after those classes.</param>
/// <param name="TypeName">As safetensors spells it, which is how all formats here name plain types: "F32"; null for what is not read.</param>
/// <param name="Bytes">Of one number.</param>
/// <param name="Type">How it is read as numbers; null for types whose bytes are given only.</param>
internal sealed record TorchType(string Name, string? Storage, string? TypeName, int Bytes, TensorType? Type)
{
    private static readonly TorchType[] Known =
    [
        new("float32", "FloatStorage", "F32", 4, TensorType.F32), new("float64", "DoubleStorage", "F64", 8, TensorType.F64),
        new("float16", "HalfStorage", "F16", 2, TensorType.F16), new("bfloat16", "BFloat16Storage", "BF16", 2, TensorType.BF16),
        new("int64", "LongStorage", "I64", 8, TensorType.I64), new("int32", "IntStorage", "I32", 4, TensorType.I32),
        new("int16", "ShortStorage", "I16", 2, TensorType.I16), new("int8", "CharStorage", "I8", 1, TensorType.I8),
        new("uint8", "ByteStorage", "U8", 1, TensorType.U8), new("bool", "BoolStorage", "BOOL", 1, TensorType.Bool),
        new("uint16", null, "U16", 2, TensorType.U16), new("uint32", null, "U32", 4, TensorType.U32), new("uint64", null, "U64", 8, TensorType.U64),
        new("float8_e4m3fn", null, "F8_E4M3", 1, null), new("float8_e5m2", null, "F8_E5M2", 1, null), new("float8_e8m0fnu", null, "F8_E8M0", 1, null),
        new("float8_e4m3fnuz", null, "F8_E4M3FNUZ", 1, null), new("float8_e5m2fnuz", null, "F8_E5M2FNUZ", 1, null),
        new("complex32", "ComplexHalfStorage", null, 4, null), new("complex64", "ComplexFloatStorage", null, 8, null), new("complex128", "ComplexDoubleStorage", null, 16, null),
        new("qint8", "QInt8Storage", null, 1, null), new("quint8", "QUInt8Storage", null, 1, null), new("qint32", "QInt32Storage", null, 4, null),
        new("quint4x2", "QUInt4x2Storage", null, 1, null), new("quint2x4", "QUInt2x4Storage", null, 1, null),
    ];

    /// <summary>False for complex and quantized numbers.</summary>
    public bool IsRead => TypeName is not null;

    /// <summary>The type of this name, or null.</summary>
    public static TorchType? Find(string name) => Array.Find(Known, type => type.Name == name);

    /// <summary>The type in storages of this class, or null.</summary>
    public static TorchType? OfStorage(string name) => Array.Find(Known, type => type.Storage == name);

    public override string ToString() => "torch." + Name;
}
