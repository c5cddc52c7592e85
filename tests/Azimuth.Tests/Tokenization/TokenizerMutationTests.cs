using System.Diagnostics;
using System.Globalization;
using System.Text;
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

    // Every key that is read, where the fixtures' files have few.
    private const string ManyKeys = """
        {"tokenizer_class": "T5Tokenizer", "bos_token": null, "eos_token": {"content": "</s>"}, "pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<extra_id_0>", "add_bos_token": true,
        "add_eos_token": true, "add_prefix_space": false, "do_lower_case": true, "extra_ids": 5,
        "added_tokens_decoder": {"1": {"content": "</s>", "special": true}, "600": {"content": "<x>", "lstrip": true, "rstrip": true, "single_word": true, "normalized": true}}}
        """;

    // Machines that run tests are busy: a hang is far longer.
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(30), Slow = TimeSpan.FromMilliseconds(200);

    public static TheoryData<string> Kinds =>
    [
        "SentencePiece BPE", "SentencePiece Unigram", "SentencePiece table", "tiktoken", "vocab.txt", "GGUF t5", "GGUF bert", "GGUF gpt2", "vocab.json", "merges.txt", "encoding.json",
        "tokenizer_config.json",
    ];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_damaged_file_is_read_or_refused(string kind)
    {
        int count = int.TryParse(Environment.GetEnvironmentVariable("AZIMUTH_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out int asked) ? asked : Usual;
        byte[][] seeds = Seeds(kind);
        using TemporaryFolder folder = new();
        foreach ((string file, byte[] content) in Beside(kind))
            folder.Write(file, content);
        (int read, int refused, long mostBytes, TimeSpan longest) = (0, 0, 0, TimeSpan.Zero);
        for (int number = 0; number < count; number++)
        {
            byte[] seed = seeds[number / 2 % seeds.Length];
            byte[] damaged = number % 2 == 0 ? Flipped(seeds, number)
                : kind is "encoding.json" or "tokenizer_config.json" && number % 4 == 1 ? JsonMutations.WithValues(seed, new Mutations(number))
                : new Mutations(number).Of(seed, seeds);
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

    /// <summary>Found by mutation: texts that are not Unicode, which a JSON document notices only when they are asked for.</summary>
    [Theory]
    [InlineData("tokenizer_config.json", "{\"tokenizer_class\": \"T5Tokenizer\", \"pad_token\": \"<\u00A7ad>\"}")]
    [InlineData("tokenizer_config.json", "{\"tokenizer_class\": \"T5Tokenizer\", \"pad_token\": \"<\\ud800>\"}")]
    [InlineData("encoding.json", "{\"name\": \"\u0082\", \"pat_str\": \".\", \"special_tokens\": {}}")]
    [InlineData("encoding.json", "{\"name\": \"x\", \"pat_str\": \".\", \"special_tokens\": {\"\\udc00\": 300}}")]
    public void Texts_that_are_not_Unicode_are_refused(string kind, string latin1)
    {
        using TemporaryFolder folder = new();
        foreach ((string file, byte[] content) in Beside(kind))
            folder.Write(file, content);
        var error = Assert.Throws<CheckpointFormatException>(() => LoadWith(folder, kind, Encoding.Latin1.GetBytes(latin1)));
        Assert.Equal("JsonMalformed", error.Kind);
        Assert.Contains(kind, error.Message, StringComparison.Ordinal);
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
            Tokenizer tokenizer = kind is "vocab.json" or "merges.txt" or "encoding.json" or "tokenizer_config.json" ? LoadWith(folder, kind, content) : new(kind switch
            {
                "tiktoken" => TiktokenFile.Read(folder.Write("some.tiktoken", content)),
                "vocab.txt" => VocabTextFile.Read(folder.Write("vocab.txt", content)),
                "GGUF t5" or "GGUF bert" or "GGUF gpt2" => GgufTokenizer.Read(GgufFile.FromBytes(StoredBytes.FromBytes(content), "some.gguf")),
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

    private static Tokenizer LoadWith(TemporaryFolder folder, string file, byte[] content) => Tokenizer.Load(Path.GetDirectoryName(folder.Write(file, content))!);

    // Sound files in the folder of the damaged one.
    private static (string File, byte[] Content)[] Beside(string kind) => kind switch
    {
        "tiktoken" => [("encoding.json", Model("tiktoken-cl100k", "encoding.json"))],
        "vocab.json" => [("merges.txt", Model("gpt2-bytelevel", "merges.txt"))],
        "merges.txt" => [("vocab.json", Model("gpt2-bytelevel", "vocab.json"))],
        "encoding.json" => [("some.tiktoken", Model("tiktoken-cl100k", "cl100k.tiktoken"))],
        "tokenizer_config.json" => [("spiece.model", Model("t5-style", "spiece.model"))],
        _ => [],
    };

    private static byte[][] Seeds(string kind) => kind switch
    {
        "SentencePiece BPE" => [Model("sp-bpe-identity-suffix"), Model("gemma-style")],
        "SentencePiece Unigram" => [Model("sp-unigram-custom"), Model("sp-unigram-across-spaces")],
        "SentencePiece table" => [TableAlone(Model("xlmr-style", "sentencepiece.bpe.model")), TableAlone(Model("sp-unigram-custom"))],
        "tiktoken" => [Model("tiktoken-cl100k", "cl100k.tiktoken"), Model("tiktoken-r50k", "r50k.tiktoken")],
        "vocab.txt" => [Model("bert-uncased-style", "vocab.txt")],
        "vocab.json" => [Model("gpt2-bytelevel", "vocab.json")],
        "merges.txt" => [Model("gpt2-bytelevel", "merges.txt")],
        "encoding.json" => [Model("tiktoken-cl100k", "encoding.json"), Model("tiktoken-r50k", "encoding.json"), Model("tiktoken-o200k", "encoding.json")],
        "tokenizer_config.json" =>
            [.. new[] { "t5-style", "llama2-style", "gemma-style", "bert-uncased-style", "gpt2-bytelevel" }.Select(name => Model(name, "tokenizer_config.json")), Encoding.UTF8.GetBytes(ManyKeys)],
        "GGUF gpt2" => [GgufOf.ByteLevel(Model("qwen2-style", "tokenizer.json"), "qwen2"), GgufOf.ByteLevel(Model("falcon-style", "tokenizer.json"), "falcon")],
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
