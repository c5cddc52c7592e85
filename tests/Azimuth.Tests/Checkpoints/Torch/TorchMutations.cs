using System.IO.Compression;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Torch;
using Azimuth.Numerics;
using Azimuth.Tests.Checkpoints.WordVectors;

namespace Azimuth.Tests.Checkpoints.Torch;

/// <summary>Damaged files of torch.save. The same number gives the same file.</summary>
internal static class TorchMutations
{
    private static readonly (string Name, byte[] File)[] Seeds =
    [
        .. Verdicts.Files("torch", "ok").Concat(Verdicts.Files("torch", "survive")).Select(row => row.Data)
            .Select(file => (file, File.ReadAllBytes(Verdicts.PathOf("torch", file)))).Where(seed => seed.Item2.Length < 6000 && Opens(seed.Item2)),
    ];

    private static readonly byte[][] Zips = [.. Seeds.Where(seed => seed.File is [(byte)'P', ..]).Select(seed => seed.File)];
    private static readonly byte[][] Legacy = [.. Seeds.Where(seed => seed.Name.Contains("legacy", StringComparison.Ordinal)).Select(seed => seed.File)];
    private static readonly byte[][] Pickles = [.. Zips.Select(zip => Entries(zip).Single(entry => entry.Name.EndsWith("data.pkl", StringComparison.Ordinal)).Content)];

    /// <summary>Pieces of pickles: every opcode with a small argument, names, and whole storages and tensors.</summary>
    private static readonly byte[][] Pieces =
    [
        .. Enumerable.Range(0, 256).Select(code => new[] { (byte)code }),
        "ctorch\nFloatStorage\n"u8.ToArray(), "ctorch\nfloat8_e4m3fn\n"u8.ToArray(), "ccollections\nOrderedDict\n)R"u8.ToArray(), "cos\nsystem\n"u8.ToArray(), "c__builtin__\nset\n]\u0085R"u8.ToArray(),
        [(byte)'X', 7, 0, 0, 0, .. "storage"u8], [0x8A, 8, 255, 255, 255, 255, 255, 255, 255, 127], [(byte)'J', 255, 255, 255, 127], [(byte)'K', 0], [(byte)'K', 255], [(byte)'M', 0, 1],
        [(byte)'r', 255, 255, 255, 255], [(byte)'j', 1, 0, 0, 0], "((((((((((((((((((((((((((((((((tttttttttttttttttttttttttttttttt"u8.ToArray(), "]]]]]]]]aaaaaaa"u8.ToArray(), "22222222222222222t"u8.ToArray(),
    ];

    /// <summary>Integers for sizes, strides, offsets and counts: small ones, negative ones, and those near 2³¹, 2³², 2⁶³ and beyond.</summary>
    private static readonly byte[][] Numbers =
    [
        .. Enumerable.Range(0, 26).Select(n => new[] { (byte)'K', (byte)n }), [(byte)'K', 255], [(byte)'M', 255, 255], [(byte)'J', 255, 255, 255, 127], [(byte)'J', 255, 255, 255, 255], [(byte)'J', 0, 0, 0, 128],
        [0x8A, 5, 0, 0, 0, 0, 1], [0x8A, 8, 255, 255, 255, 255, 255, 255, 255, 127], [0x8A, 8, 0, 0, 0, 0, 0, 0, 0, 128], [0x8A, 8, 0, 0, 0, 0, 0, 0, 0, 64], [0x8A, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1], [0x8A, 0],
        [0x88], [(byte)'N'], [(byte)'G', 0, 0, 0, 0, 0, 0, 0, 0], [(byte)'I', (byte)'7', (byte)'\n'], [(byte)'L', (byte)'-', (byte)'1', (byte)'L', (byte)'\n'],
    ];

    /// <summary>What is damaged: an archive's bytes, its pickle inside a whole archive, a file of the old form.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["zip", "pickle in a zip", "legacy"];

    public static byte[] Of(string kind, int number)
    {
        Mutations mutations = new(number);
        return kind switch
        {
            "zip" => mutations.Of(mutations.Pick(Zips), Zips),
            "legacy" => mutations.Chance(2) ? Opcodes(mutations, mutations.Pick(Legacy), Legacy) : mutations.Of(mutations.Pick(Legacy), Legacy),
            _ => WithPickle(mutations),
        };
    }

    /// <summary>An archive whose checksums are right, around a damaged pickle.</summary>
    private static byte[] WithPickle(Mutations mutations)
    {
        (string Name, byte[] Content)[] entries = Entries(mutations.Pick(Zips));
        bool packed = mutations.Chance(4);
        return Zip(
            [.. entries.Select(entry => (entry.Name, !entry.Name.EndsWith("data.pkl", StringComparison.Ordinal) ? entry.Content
                : mutations.Chance(2) ? Opcodes(mutations, entry.Content, Pickles) : mutations.Of(entry.Content, Pickles)))],
            packed);
    }

    /// <summary>An archive of these entries, all stored or all deflated.</summary>
    public static byte[] Zip((string Name, byte[] Content)[] entries, bool packed = false)
    {
        using MemoryStream stream = new();
        using (ZipArchive archive = new(stream, ZipArchiveMode.Create))
        {
            foreach (var (name, content) in entries)
            {
                using Stream entry = archive.CreateEntry(name, packed ? CompressionLevel.Fastest : CompressionLevel.NoCompression).Open();
                entry.Write(content);
            }
        }

        return stream.ToArray();
    }

    /// <summary>Small integers become others; pieces of pickles are put in, put over what was there, or repeated. The rest stays a pickle more often than with damage to bytes.</summary>
    private static byte[] Opcodes(Mutations mutations, byte[] file, byte[][] others)
    {
        List<byte> bytes = [.. file];
        do
        {
            int number = bytes.IndexOf((byte)'K', mutations.Below(bytes.Count));
            if (number >= 0 && number + 1 < bytes.Count && !mutations.Chance(3))
            {
                bytes.RemoveRange(number, 2);
                bytes.InsertRange(number, mutations.Pick(Numbers));
                continue;
            }

            byte[] piece = mutations.Chance(8) ? mutations.Pick(others) : mutations.Pick(Pieces);
            int at = mutations.Below(bytes.Count + 1), length = mutations.Below(Math.Min(40, piece.Length) + 1);
            piece = piece.Length > 64 ? [.. piece.Skip(mutations.Below(piece.Length)).Take(length)] : piece;
            if (mutations.Chance(2))
                bytes.RemoveRange(at, Math.Min(piece.Length, bytes.Count - at));
            for (int repeats = mutations.Chance(10) ? mutations.Below(400) : 1; repeats > 0; repeats--)
                bytes.InsertRange(at, piece);
        }
        while (mutations.Chance(2));
        return [.. bytes];
    }

    private static bool Opens(byte[] file)
    {
        try
        {
            return TorchFile.FromBytes(StoredBytes.FromBytes(file), "seed.pt").Tensors.Count > 0;
        }
        catch (CheckpointFormatException)
        {
            return false;
        }
    }

    private static (string Name, byte[] Content)[] Entries(byte[] file)
    {
        using ZipArchive archive = new(new MemoryStream(file));
        return [.. archive.Entries.Where(entry => !entry.FullName.EndsWith('/')).Select(entry => (entry.FullName, Read(entry)))];
    }

    private static byte[] Read(ZipArchiveEntry entry)
    {
        using MemoryStream content = new();
        // A wrong checksum is what one of the seeds is for.
        try
        {
            using Stream stream = entry.Open();
            stream.CopyTo(content);
        }
        catch (InvalidDataException)
        {
        }

        return content.ToArray();
    }
}
