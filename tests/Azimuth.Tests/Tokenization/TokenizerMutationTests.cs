using System.Diagnostics;
using System.Globalization;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Numerics;
using Azimuth.Tests.Checkpoints;
using Azimuth.Tests.Checkpoints.WordVectors;
using Azimuth.Tokenization;
using Azimuth.Tokenization.Files;

namespace Azimuth.Tests.Tokenization;

/// <summary>
/// Damaged tokenizer files are read or refused, and what was read encodes and decodes: no other exception, no hang, no memory out of proportion. The environment
/// variable AZIMUTH_FUZZ says how many files of each kind; a few thousand when it is not set.
/// </summary>
public sealed class TokenizerMutationTests
{
    private const int Usual = 3000;

    // Of everything that was ever allocated while reading, not only of what was held at once.
    private const long FreeBytes = 64 << 20;
    private const string Text = "The quick  brown ﬁ½ fox [MASK]</s> don't 1234 é中文😀\r\n\t<|endoftext|> ▁x the best\0";

    // Machines that run tests are busy: a hang is far longer.
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(30), Slow = TimeSpan.FromMilliseconds(200);

    public static TheoryData<string> Kinds => ["SentencePiece BPE", "SentencePiece Unigram", "SentencePiece table", "tiktoken", "vocab.txt", "GGUF t5", "GGUF bert"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_damaged_file_is_read_or_refused(string kind)
    {
        int count = int.TryParse(Environment.GetEnvironmentVariable("AZIMUTH_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out int asked) ? asked : Usual;
        byte[][] seeds = Seeds(kind);
        using TemporaryFolder folder = new();
        folder.Write("encoding.json", File.ReadAllBytes(TestFiles.Fixture("tokenizers", "tiktoken-cl100k", "encoding.json")));
        (int read, int refused, long mostBytes, TimeSpan longest) = (0, 0, 0, TimeSpan.Zero);
        for (int number = 0; number < count; number++)
        {
            byte[] damaged = number % 2 == 0 ? Flipped(seeds, number) : new Mutations(number).Of(seeds[number / 2 % seeds.Length], seeds);
            long before = GC.GetAllocatedBytesForCurrentThread(), begun = Stopwatch.GetTimestamp();
            bool isRead = IsRead(kind, folder, damaged, $"{kind}, mutation {number}");
            long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            TimeSpan time = Stopwatch.GetElapsedTime(begun);

            // Once more, as what took long may have been another process.
            if (time > Slow)
            {
                begun = Stopwatch.GetTimestamp();
                IsRead(kind, folder, damaged, $"{kind}, mutation {number}");
                TimeSpan again = Stopwatch.GetElapsedTime(begun);
                time = again < time ? again : time;
            }

            Assert.True(bytes <= FreeBytes + damaged.Length, $"{kind}, mutation {number}: {bytes} bytes allocated for {damaged.Length}");
            Assert.True(time < Hang, $"{kind}, mutation {number}: {time}");
            (read, refused) = isRead ? (read + 1, refused) : (read, refused + 1);
            (mostBytes, longest) = (Math.Max(mostBytes, bytes), time > longest ? time : longest);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{kind}: {count} files, {read} read, {refused} refused; at most {mostBytes} bytes and {longest.TotalMilliseconds:F0} ms for one");
        // Damage that never does harm, or always, would test nothing.
        Assert.InRange(read, 1, count - 1);
        Assert.InRange(refused, 1, count - 1);
    }

    // Lengths stay as they are, so that damage gets past the frame.
    private static byte[] Flipped(byte[][] seeds, int number)
    {
        Random random = new(number);
        byte[] damaged = [.. seeds[random.Next(seeds.Length)]];
        for (int count = random.Next(1, 9); count > 0; count--)
            damaged[random.Next(damaged.Length)] = random.Next(2) == 0 ? (byte)random.Next(256) : damaged[random.Next(damaged.Length)];
        return damaged;
    }

    private static bool IsRead(string kind, TemporaryFolder folder, byte[] content, string place)
    {
        try
        {
            Tokenizer tokenizer = new(kind switch
            {
                "tiktoken" => TiktokenFile.Read(folder.Write("some.tiktoken", content)),
                "vocab.txt" => VocabTextFile.Read(folder.Write("vocab.txt", content)),
                "GGUF t5" or "GGUF bert" => GgufTokenizer.Read(GgufFile.FromBytes(StoredBytes.FromBytes(content), "some.gguf")),
                _ => SentencePieceFile.Read("some.model", content),
            });
            tokenizer.Decode(tokenizer.Encode(Text).Ids);
            return true;
        }
        catch (CheckpointFormatException)
        {
            return false;
        }
        catch (Exception error) when (error is not Xunit.Sdk.XunitException)
        {
            throw new InvalidOperationException(place, error);
        }
    }

    private static byte[][] Seeds(string kind) => kind switch
    {
        "SentencePiece BPE" => [Model("sp-bpe-identity-suffix"), Model("gemma-style")],
        "SentencePiece Unigram" => [Model("sp-unigram-custom"), Model("sp-unigram-across-spaces")],
        "SentencePiece table" => [TableAlone(Model("xlmr-style", "sentencepiece.bpe.model")), TableAlone(Model("sp-unigram-custom"))],
        "tiktoken" => [Model("tiktoken-cl100k", "cl100k.tiktoken"), Model("tiktoken-r50k", "r50k.tiktoken")],
        "vocab.txt" => [Model("bert-uncased-style", "vocab.txt")],
        "GGUF t5" => [GgufOf.Unigram(Model("sp-unigram-custom"))],
        "GGUF bert" => [GgufOf.WordPiece(File.ReadAllLines(TestFiles.Fixture("tokenizers", "bert-uncased-style", "vocab.txt")))],
        _ => throw new ArgumentException(kind),
    };

    private static byte[] Model(string name, string file = "tokenizer.model") => File.ReadAllBytes(TestFiles.Fixture("tokenizers", name, file));

    // Few pieces, so that damage falls on the table.
    private static byte[] TableAlone(byte[] model)
    {
        using MemoryStream kept = new();
        int pieces = 0;
        foreach (ProtoField field in new ProtoMessage("", model).Fields().Where(field => field.Number != 1 || pieces++ < 300))
        {
            kept.WriteByte((byte)((field.Number << 3) | 2));
            for (int length = field.Bytes.Length; ; length >>= 7)
            {
                kept.WriteByte((byte)(length < 0x80 ? length : length | 0x80));
                if (length < 0x80)
                    break;
            }

            kept.Write(field.Bytes.Span);
        }

        return kept.ToArray();
    }
}
