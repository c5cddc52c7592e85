using System.Globalization;
using System.Text.RegularExpressions;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Numerics;

namespace Azimuth.Tests.Checkpoints;

/// <summary>Tensors of every type in big-endian files give the floats of the little-endian ones.</summary>
public sealed partial class GgufBigEndianTests
{
    /// <summary>The members of ggml's C structures in order: b bytes, h 16-bit and w 32-bit and q 64-bit numbers (ggml-common.h).</summary>
    private static readonly Dictionary<TensorType, string> Members = new()
    {
        [TensorType.F32] = "1w",
        [TensorType.F16] = "1h",
        [TensorType.BF16] = "1h",
        [TensorType.F64] = "1q",
        [TensorType.I8] = "1b",
        [TensorType.I16] = "1h",
        [TensorType.I32] = "1w",
        [TensorType.I64] = "1q",
        [TensorType.Q4_0] = "1h16b",
        [TensorType.Q4_1] = "2h16b",
        [TensorType.Q5_0] = "1h4b16b",
        [TensorType.Q5_1] = "2h4b16b",
        [TensorType.Q8_0] = "1h32b",
        [TensorType.Q8_1] = "2h32b",
        [TensorType.Q1_0] = "1h16b",
        [TensorType.Q2_0] = "1h16b",
        [TensorType.Q2_K] = "16b64b2h",
        [TensorType.Q3_K] = "32b64b12b1h",
        [TensorType.Q4_K] = "2h12b128b",
        [TensorType.Q5_K] = "2h12b32b128b",
        [TensorType.Q6_K] = "128b64b16b1h",
        [TensorType.Q8_K] = "1w256b16h",
        [TensorType.IQ2_XXS] = "1h32h",
        [TensorType.IQ2_XS] = "1h32h8b",
        [TensorType.IQ2_S] = "1h64b8b8b",
        [TensorType.IQ3_XXS] = "1h96b",
        [TensorType.IQ3_S] = "1h64b8b32b4b",
        [TensorType.IQ1_S] = "1h32b8h",
        [TensorType.IQ1_M] = "32b16b8b",
        [TensorType.IQ4_NL] = "1h16b",
        [TensorType.IQ4_XS] = "1h1h4b128b",
        [TensorType.TQ1_0] = "48b4b1h",
        [TensorType.TQ2_0] = "64b1h",
        [TensorType.MXFP4] = "1b16b",
        [TensorType.NVFP4] = "4b32b",
    };

    [Fact]
    public void Every_type_of_the_format_is_among_them() => Assert.Equal(GgmlTypes.All.Order(), Members.Keys.Order());

    [Fact]
    public void Numbers_are_swapped_where_the_structures_have_numbers()
    {
        foreach (var (type, members) in Members)
        {
            const int Blocks = 5;
            var plain = new byte[Blocks * type.BlockBytes()];
            new Random(3).NextBytes(plain);
            byte[] swapped = [.. plain];
            int at = 0;
            for (int block = 0; block < Blocks; block++)
            {
                foreach (Match member in Member().Matches(members))
                {
                    int width = member.Groups[2].Value switch { "b" => 1, "h" => 2, "w" => 4, _ => 8 };
                    for (int i = int.Parse(member.Groups[1].Value, CultureInfo.InvariantCulture); i > 0; i--, at += width)
                        swapped.AsSpan(at, width).Reverse();
                }
            }

            Assert.Equal(plain.Length, at);
            StoredBytes copy = SwappedTensor.Copy(StoredBytes.FromBytes(swapped), type);
            Assert.Equal(plain, copy.Span(0, plain.Length).ToArray());
            GC.KeepAlive(copy);
        }
    }

    [GeneratedRegex(@"(\d+)(\w)")]
    private static partial Regex Member();
}
