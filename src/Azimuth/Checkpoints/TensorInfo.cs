using System.Globalization;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints;

/// <summary>What a checkpoint's header says of one tensor. <paramref name="Shape"/> is in the usual order: slowest dimension first.</summary>
/// <param name="Name">The name in the file.</param>
/// <param name="Type">How its numbers are stored; null for a type that is known but not read, see <paramref name="TypeName"/>.</param>
/// <param name="TypeName">The type as the file spells it.</param>
/// <param name="Shape">Dimensions, slowest first; empty for a scalar.</param>
/// <param name="File">The file that holds it.</param>
/// <param name="Offset">Where its data starts in that file.</param>
/// <param name="SizeBytes">How many bytes it takes there.</param>
public sealed record TensorInfo(string Name, TensorType? Type, string TypeName, IReadOnlyList<long> Shape, string File, long Offset, long SizeBytes)
{
    /// <summary>The product of the dimensions.</summary>
    public long ElementCount => Product(Shape);

    /// <summary>"[2048, 512]".</summary>
    public string ShapeText => "[" + string.Join(", ", Shape.Select(d => d.ToString(CultureInfo.InvariantCulture))) + "]";

    /// <summary>The product of dimensions, 1 for none.</summary>
    /// <exception cref="OverflowException">It exceeds 63 bits, also where a later dimension is 0.</exception>
    internal static long Product(IReadOnlyList<long> shape)
    {
        long product = 1;
        foreach (long dimension in shape)
            product = checked(product * dimension);
        return product;
    }
}
