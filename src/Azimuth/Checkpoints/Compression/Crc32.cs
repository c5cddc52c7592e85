using System.Runtime.InteropServices;

namespace Azimuth.Checkpoints.Compression;

/// <summary>The checksum of gzip and zip files: CRC-32 with the reflected polynomial 0xEDB88320 (RFC 1952, section 8), eight bytes a step.</summary>
internal static class Crc32
{
    private static readonly uint[] Tables = MakeTables(); // [8, 256]

    /// <summary>The checksum of what gave <paramref name="before"/> followed by <paramref name="bytes"/>; 0 is the checksum of nothing.</summary>
    public static uint Add(uint before, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<uint> tables = Tables;
        uint crc = ~before;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
        {
            uint low = (uint)word ^ crc, high = (uint)(word >> 32);
            crc = tables[(7 * 256) + (int)(low & 255)] ^ tables[(6 * 256) + (int)((low >> 8) & 255)]
                ^ tables[(5 * 256) + (int)((low >> 16) & 255)] ^ tables[(4 * 256) + (int)(low >> 24)]
                ^ tables[(3 * 256) + (int)(high & 255)] ^ tables[(2 * 256) + (int)((high >> 8) & 255)]
                ^ tables[256 + (int)((high >> 16) & 255)] ^ tables[(int)(high >> 24)];
        }

        foreach (byte value in bytes[(words.Length * sizeof(ulong))..])
            crc = tables[(int)((crc ^ value) & 255)] ^ (crc >> 8);
        return ~crc;
    }

    private static uint[] MakeTables()
    {
        var tables = new uint[8 * 256];
        for (uint i = 0; i < 256; i++)
        {
            uint crc = i;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB88320u;
            tables[i] = crc;
        }

        for (int i = 256; i < tables.Length; i++)
            tables[i] = (tables[i - 256] >> 8) ^ tables[tables[i - 256] & 255];
        return tables;
    }
}
