using System.Runtime.CompilerServices;

namespace Azimuth.Numerics;

/// <summary>Reorders stored weights into the panels of a <see cref="PackedMatrix"/>; its remarks say how they lie.</summary>
internal sealed unsafe class PanelPacker(PackedMatrix target, StoredMatrix source, WeightLayout layout, int[]? outputRows)
{
    private const int Width = PackedMatrix.PanelWidth;
    private const int BlockLength = 32;

    /// <summary>Fills panels <paramref name="from"/> … <paramref name="to"/> − 1.</summary>
    public void Pack(int from, int to)
    {
        var outputs = new int[Width];
        for (int panel = from; panel < to; panel++)
        {
            int count = Math.Min(Width, target.Outputs - panel * Width);
            for (int i = 0; i < count; i++)
                outputs[i] = outputRows?[panel * Width + i] ?? panel * Width + i;
            byte* to0 = target.Panel(panel);
            if (count < Width)
                new Span<byte>(to0, checked((int)target.PanelBytes)).Clear();
            if (target.Type == TensorType.F32 && source.Type != TensorType.F32)
                PackWidened(outputs.AsSpan(0, count), (float*)to0);
            else if (layout == WeightLayout.InputsByOutputs)
                PackColumns(outputs.AsSpan(0, count), to0);
            else
                PackRows(outputs.AsSpan(0, count), to0);
        }

        GC.KeepAlive(source);
        GC.KeepAlive(target);
    }

    private void PackRows(ReadOnlySpan<int> outputs, byte* to)
    {
        switch (source.Type)
        {
            case TensorType.F32:
                Transpose<float>(outputs, to);
                break;
            case TensorType.F16 or TensorType.BF16:
                Transpose<ushort>(outputs, to);
                break;
            case TensorType.Q8_0:
                for (int i = 0; i < outputs.Length; i++)
                    PackQ8(source.Bytes.Pointer + outputs[i] * source.RowBytes, to + i, to + 2 * i);
                break;
            case TensorType.Q4_0:
                for (int i = 0; i < outputs.Length; i++)
                    PackQ4(source.Bytes.Pointer + outputs[i] * source.RowBytes, to + 2 * i, to + 4 * i, hasMinima: false);
                break;
            case TensorType.Q4_1:
                for (int i = 0; i < outputs.Length; i++)
                    PackQ4(source.Bytes.Pointer + outputs[i] * source.RowBytes, to + 2 * i, to + 4 * i, hasMinima: true);
                break;
        }
    }

    /// <summary>Sixteen inputs of every output at a time: what is read and what is written both stay in the first-level cache.</summary>
    private void Transpose<T>(ReadOnlySpan<int> outputs, byte* to) where T : unmanaged
    {
        const int step = 16;
        T* all = (T*)to;
        for (int k = 0; k < target.Inputs; k += step)
        {
            int end = Math.Min(target.Inputs, k + step);
            for (int i = 0; i < outputs.Length; i++)
            {
                byte* row = source.Bytes.Pointer + outputs[i] * source.RowBytes;
                for (int j = k; j < end; j++)
                    all[j * Width + i] = Unsafe.ReadUnaligned<T>(row + j * (long)sizeof(T));
            }
        }
    }

    private void PackQ8(byte* row, byte* codes, byte* scales)
    {
        for (int block = 0; block < target.Inputs / BlockLength; block++)
        {
            *(ushort*)scales = Unsafe.ReadUnaligned<ushort>(row);
            for (int j = 0; j < BlockLength; j++)
                codes[2 * Width + j * Width] = row[2 + j];
            row += 34;
            codes += 34 * Width;
            scales += 34 * Width;
        }
    }

    /// <summary>
    /// Whether every block's −8 · scale is a half: then d · (q − 8) = d · q + m with m = −8d, to the last bit, and Q4_0 can be kept as Q4_1. Only scales above
    /// 8,000, which no trained weights have, or infinite ones, are not.
    /// </summary>
    public static bool HasMinimaAsHalf(StoredMatrix q4)
    {
        long blocks = q4.Bytes.Length / TensorType.Q4_0.BlockBytes();
        byte* at = q4.Bytes.Pointer;
        bool all = true;
        for (long b = 0; b < blocks && all; b++, at += 18)
            all = Half.IsFinite(Minimum(Unsafe.ReadUnaligned<Half>(at)));
        GC.KeepAlive(q4);
        return all;
    }

    private static Half Minimum(Half scale) => (Half)(-8 * (float)scale);

    private void PackQ4(byte* row, byte* scales, byte* words, bool hasMinima)
    {
        int start = hasMinima ? 4 : 2;
        for (int block = 0; block < target.Inputs / BlockLength; block++)
        {
            *(ushort*)scales = Unsafe.ReadUnaligned<ushort>(row);
            *(Half*)(scales + 2 * Width) = hasMinima ? Unsafe.ReadUnaligned<Half>(row + 2) : Minimum(Unsafe.ReadUnaligned<Half>(row));
            ulong first = Unsafe.ReadUnaligned<ulong>(row + start), second = Unsafe.ReadUnaligned<ulong>(row + start + 8);
            uint* word = (uint*)(words + 4 * Width);
            word[0] = LowNibbles(first);
            word[Width] = LowNibbles(second);
            word[2 * Width] = LowNibbles(first >> 4);
            word[3 * Width] = LowNibbles(second >> 4);
            row += start + 16;
            scales += 20 * Width;
            words += 20 * Width;
        }
    }

    /// <summary>The low nibbles of 8 bytes, moved together.</summary>
    private static uint LowNibbles(ulong bytes)
    {
        bytes &= 0x0F0F0F0F0F0F0F0F;
        bytes = (bytes | bytes >> 4) & 0x00FF00FF00FF00FF;
        bytes = (bytes | bytes >> 8) & 0x0000FFFF0000FFFF;
        return (uint)(bytes | bytes >> 16);
    }

    private void PackColumns(ReadOnlySpan<int> outputs, byte* to)
    {
        int size = source.Type.BlockBytes();
        bool adjacent = outputs[^1] - outputs[0] == outputs.Length - 1 && outputRows is null;
        for (int k = 0; k < target.Inputs; k++)
        {
            byte* row = source.Bytes.Pointer + k * source.RowBytes, line = to + (long)k * Width * size;
            if (adjacent)
                Unsafe.CopyBlockUnaligned(line, row + (long)outputs[0] * size, (uint)(outputs.Length * size));
            else
            {
                for (int i = 0; i < outputs.Length; i++)
                    Unsafe.CopyBlockUnaligned(line + i * size, row + (long)outputs[i] * size, (uint)size);
            }
        }
    }

    /// <summary>F64, block types that have no panel of their own, and those whose blocks run along the outputs, become F32.</summary>
    private void PackWidened(ReadOnlySpan<int> outputs, float* to)
    {
        var row = new float[source.Columns];
        if (layout == WeightLayout.OutputsByInputs)
        {
            for (int i = 0; i < outputs.Length; i++)
            {
                source.ReadRow(outputs[i], row);
                for (int k = 0; k < target.Inputs; k++)
                    to[(long)k * Width + i] = row[k];
            }

            return;
        }

        // Only the blocks that hold these outputs are read: one, unless the outputs were reordered.
        int block = source.Type.BlockLength(), low = int.MaxValue, high = 0;
        foreach (int output in outputs)
            (low, high) = (Math.Min(low, output / block), Math.Max(high, output / block + 1));
        var part = row.AsSpan(low * block, (high - low) * block);
        int size = source.Type.BlockBytes();
        for (int k = 0; k < target.Inputs; k++)
        {
            RowDecoder.Decode(source.Type, source.Bytes.Span(k * source.RowBytes + low * size, (high - low) * size), part);
            for (int i = 0; i < outputs.Length; i++)
                to[(long)k * Width + i] = row[outputs[i]];
        }
    }
}
