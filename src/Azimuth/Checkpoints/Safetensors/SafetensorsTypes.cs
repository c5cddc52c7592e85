using Azimuth.Numerics;

namespace Azimuth.Checkpoints.Safetensors;

/// <summary>The element types of the format, with their size in bits (some are smaller than a byte).</summary>
internal static class SafetensorsTypes
{
    /// <summary>Every type of the reference implementation; those without a <see cref="TensorType"/> are listed with their size but not read.</summary>
    private static readonly (string Name, int Bits, TensorType? Type)[] Known =
    [
        ("F64", 64, TensorType.F64), ("F32", 32, TensorType.F32), ("F16", 16, TensorType.F16), ("BF16", 16, TensorType.BF16),
        ("I64", 64, TensorType.I64), ("I32", 32, TensorType.I32), ("I16", 16, TensorType.I16), ("I8", 8, TensorType.I8),
        ("U64", 64, TensorType.U64), ("U32", 32, TensorType.U32), ("U16", 16, TensorType.U16), ("U8", 8, TensorType.U8),
        ("BOOL", 8, TensorType.Bool),
        ("C64", 64, null), ("F8_E4M3", 8, null), ("F8_E5M2", 8, null), ("F8_E8M0", 8, null), ("F8_E4M3FNUZ", 8, null), ("F8_E5M2FNUZ", 8, null),
        ("F6_E2M3", 6, null), ("F6_E3M2", 6, null), ("F4", 4, null),
    ];

    /// <summary>All names, as the format spells them.</summary>
    public static IEnumerable<string> Names => Known.Select(k => k.Name);

    /// <summary>The type of this name; false when the format has none.</summary>
    public static bool TryFind(string name, out int bits, out TensorType? type)
    {
        foreach (var known in Known)
        {
            if (known.Name == name)
            {
                (bits, type) = (known.Bits, known.Type);
                return true;
            }
        }

        (bits, type) = (0, null);
        return false;
    }

    /// <summary>How the format spells a type; null for the block types of GGUF, which it does not have.</summary>
    public static string? NameOf(TensorType type) => Array.Find(Known, k => k.Type == type).Name;
}
