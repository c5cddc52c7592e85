using System.Globalization;
using System.Text;
using Azimuth.Tokenization;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tests.Tokenization;

public sealed class RoundTripTests
{
    private const int Usual = 20_000;

    // The environment variable AZIMUTH_TEXTS says how many for each model; the full number is a million.
    private static readonly int Texts = int.TryParse(Environment.GetEnvironmentVariable("AZIMUTH_TEXTS"), NumberStyles.None, CultureInfo.InvariantCulture, out int asked) ? asked : Usual;

    [Theory]
    [InlineData("gpt2-bytelevel")]
    [InlineData("llama3-style")]
    [InlineData("starcoder-style")]
    [InlineData("tiktoken-r50k")]
    [InlineData("tiktoken-cl100k")]
    [InlineData("tiktoken-o200k")]
    public void Any_unicode_text_comes_back_from_a_byte_level_vocabulary(string name)
    {
        Tokenizer tokenizer = Tokenizer.Load(TestFiles.Fixture("tokenizers", name));
        foreach (string text in RandomTexts.Unicode(Texts, seed: 17))
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text, addSpecialTokens: false).Ids));
    }

    [Theory]
    [InlineData("SmolLM2-135M-Instruct", "04 06 13 14 16 1D C0 C1 F1 F2 F5 F6 F7 F8 F9 FA FB FC FD FE FF")]
    [InlineData("novels-gpt", "")]
    public void Any_unicode_text_comes_back_from_a_byte_level_model(string model, string missingBytes)
    {
        Tokenizer tokenizer = Tokenizer.Load(TestFiles.Model(model));

        // SmolLM2's published vocabulary lacks some bytes, and it has no unknown token: as in the reference, those bytes are dropped.
        HashSet<byte> missing = [.. Enumerable.Range(0, 256).Select(value => (byte)value).Where(value => tokenizer.Id(ByteAlphabet.Character(value).ToString()) is null)];
        Assert.Equal(missingBytes, string.Join(' ', missing.Select(value => value.ToString("X2"))));
        int compared = 0;
        foreach (string text in RandomTexts.Unicode(Texts, seed: 11).Where(text => !Encoding.UTF8.GetBytes(text).Any(missing.Contains)))
        {
            int[] ids = tokenizer.Encode(text, addSpecialTokens: false).Ids;
            Assert.Equal(text, tokenizer.Decode(ids));
            compared++;
        }

        Assert.InRange(compared, Texts / 2, Texts);
    }

    [Fact]
    public void Any_text_comes_back_from_llama_s_byte_fallback()
    {
        // Not texts with ▁ of their own, which the vocabulary cannot tell from spaces, nor with special tokens, after which a blank is put in.
        Tokenizer tokenizer = Tokenizer.Load(TestFiles.Fixture("tokenizers", "llama2-style"));
        foreach (string text in RandomTexts.Unicode(Texts, seed: 12).Where(text => !text.Contains('▁', StringComparison.Ordinal) && !text.Contains("<s>", StringComparison.Ordinal)))
        {
            int[] ids = tokenizer.Encode(text, addSpecialTokens: false).Ids;
            Assert.Equal(text, tokenizer.Decode(ids));
        }
    }

    [Theory]
    [InlineData("gpt2-bytelevel")]
    [InlineData("llama3-style")]
    [InlineData("llama2-style")]
    [InlineData("llama-metaspace-first")]
    public void Ranges_cover_the_text_in_order_and_count_bytes_as_utf8_does(string name)
    {
        Tokenizer tokenizer = Tokenizer.Load(TestFiles.Fixture("tokenizers", name));
        foreach (string text in RandomTexts.Unicode(2_000, seed: 13))
        {
            TokenEncoding encoding = tokenizer.Encode(text, addSpecialTokens: false);
            int[] byteStarts = ByteStarts(text);
            int covered = 0;
            for (int at = 0; at < encoding.Count; at++)
            {
                TextRange range = encoding.Characters[at];
                Assert.InRange(range.Start, 0, covered);
                Assert.True(range.End >= covered, $"{range} of token {at} ends before {covered} in {text}");
                covered = range.End;
                Assert.Equal(new TextRange(byteStarts[range.Start], byteStarts[range.End]), encoding.Bytes[at]);
            }

            Assert.Equal(byteStarts.Length - 1, covered);
            Assert.DoesNotContain(true, encoding.SpecialMask);
        }
    }

    [Fact]
    public void Streamed_text_equals_the_text_decoded_at_once()
    {
        foreach (string name in new[] { "gpt2-bytelevel", "llama2-style", "llama-metaspace-always", "llama3-style" })
        {
            Tokenizer tokenizer = Tokenizer.Load(TestFiles.Fixture("tokenizers", name));
            foreach (string text in RandomTexts.Unicode(1_000, seed: 14).Where(text => !text.Contains('▁', StringComparison.Ordinal) && !text.Contains("<s>", StringComparison.Ordinal)))
            {
                int[] ids = tokenizer.Encode(text, addSpecialTokens: false).Ids;
                string decoded = tokenizer.Decode(ids);
                StreamingDecoder decoder = new(tokenizer, skipSpecialTokens: false, atTextStart: true);
                StringBuilder streamed = new();
                foreach (int id in ids)
                {
                    streamed.Append(decoder.Add(id));

                    // What has been shown once stays: characters appear only when they are whole.
                    Assert.StartsWith(streamed.ToString(), decoded, StringComparison.Ordinal);
                }

                Assert.Equal("", decoder.Finish());
                Assert.Equal(decoded, streamed.ToString());
            }
        }
    }

    [Fact]
    public void Random_ids_stream_to_what_they_decode_to_at_once()
    {
        Tokenizer tokenizer = Tokenizer.Load(TestFiles.Model("SmolLM2-135M-Instruct"));
        Random random = new(15);
        for (int round = 0; round < 500; round++)
        {
            int[] ids = [.. Enumerable.Range(0, 20).Select(_ => random.Next(17, round % 2 == 0 ? 300 : tokenizer.VocabSize))];
            StreamingDecoder decoder = new(tokenizer);
            string streamed = string.Concat(ids.Select(decoder.Add)) + decoder.Finish();
            Assert.Equal(tokenizer.Decode(ids), streamed);
        }
    }

    [Fact]
    public void An_unpaired_surrogate_is_read_as_the_replacement_character()
    {
        foreach (string name in new[] { "gpt2-bytelevel", "llama3-style", "llama2-style" })
        {
            Tokenizer tokenizer = Tokenizer.Load(TestFiles.Fixture("tokenizers", name));
            foreach (string text in new[] { "a\uD800b", "\uDC00", "x\uD83D", "\uDE00\uD83D😀" })
            {
                string replaced = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
                TokenEncoding encoding = tokenizer.Encode(text, addSpecialTokens: false);
                Assert.Equal(tokenizer.Encode(replaced, addSpecialTokens: false).Ids, encoding.Ids);
                Assert.Equal(replaced, tokenizer.Decode(encoding.Ids));
                Assert.Equal(Encoding.UTF8.GetByteCount(replaced), encoding.Bytes[^1].End);
            }
        }
    }

    [Fact]
    public void Long_words_are_encoded_the_same_by_scan_and_by_queue()
    {
        // 63 symbols go through the scan, 64 and more through the queue; a text of independent words must not care.
        Tokenizer tokenizer = Tokenizer.Load(TestFiles.Fixture("tokenizers", "llama2-style"));
        const string Sentence = "the quick brown fox jumps over the lazy dog and runs away";
        int[] once = tokenizer.Encode(Sentence, addSpecialTokens: false).Ids;
        int[] often = tokenizer.Encode(string.Join(' ', Enumerable.Repeat(Sentence, 50)), addSpecialTokens: false).Ids;
        Assert.Equal(Enumerable.Repeat(once, 50).SelectMany(ids => ids), often);
    }

    [Fact]
    public async Task Many_threads_share_one_tokenizer()
    {
        Tokenizer tokenizer = Tokenizer.Load(TestFiles.Fixture("tokenizers", "llama3-style"));
        string[] texts = [.. RandomTexts.Unicode(200, seed: 16)];
        int[][] alone = [.. texts.Select(text => Tokenizer.Load(TestFiles.Fixture("tokenizers", "llama3-style")).Encode(text).Ids)];
        Task<int[][]>[] tasks = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() => texts.Select(text => tokenizer.Encode(text).Ids).ToArray()))];
        foreach (int[][] found in await Task.WhenAll(tasks))
            Assert.Equal(alone, found);
    }

    private static int[] ByteStarts(string text)
    {
        List<int> starts = [0];
        foreach (Rune rune in text.EnumerateRunes())
            starts.Add(starts[^1] + rune.Utf8SequenceLength);
        return [.. starts];
    }
}
