using System.Text;
using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Tests.Checkpoints;
using Azimuth.Tokenization;
using Azimuth.Tokenization.Files;

namespace Azimuth.Tests.Tokenization;

public sealed class TiktokenTests
{
    private const string Expected = "expected-tiktoken.jsonl";

    public static TheoryData<string> Cases => [.. ReferenceCase.All.Where(item => item.Rows(Expected) is not null).Select(item => item.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Rank_files_give_tiktoken_s_ids_bytes_and_places(string name)
    {
        ReferenceCase item = ReferenceCase.All.Single(item => item.Name == name);
        Tokenizer tokenizer = Tokenizer.Load(item.FileEnding(".tiktoken"));
        Tokenizer ordinary = new(TiktokenFile.Read(item.FileEnding(".tiktoken")) with { AddedTokens = [] });
        int rows = 0;
        foreach (JsonElement row in Rows(name, Expected))
        {
            string text = row.GetProperty("text").GetString()!;
            TokenEncoding encoding = tokenizer.Encode(text);
            Assert.Equal(Numbers(row.GetProperty("ids")), encoding.Ids);
            Assert.Equal(Numbers(row.TryGetProperty("ids_ordinary", out JsonElement plain) ? plain : row.GetProperty("ids")), ordinary.Encode(text).Ids);
            if (row.TryGetProperty("starts_chars", out JsonElement starts))
                Assert.Equal(Numbers(starts), encoding.Characters.Select(range => range.Start));
            if (row.TryGetProperty("tokens_base64", out JsonElement bytes))
                Assert.Equal(bytes.EnumerateArray().Select(token => token.GetString()), encoding.Ids.Select(id => Convert.ToBase64String(tokenizer.TokenBytes(id))));
            Assert.Equal(text, tokenizer.Decode(encoding.Ids));
            rows++;
        }

        Assert.Equal(item.Rows(Expected), rows);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Ids_that_nobody_encoded_decode_as_tiktoken_decodes_them(string name)
    {
        Tokenizer tokenizer = Tokenizer.Load(TestFiles.Fixture("tokenizers", name));
        int rows = 0;
        foreach (JsonElement row in Rows(name, "decode.jsonl"))
        {
            int[] ids = Numbers(row.GetProperty("ids"));
            Assert.Equal(row.GetProperty("decoded").GetString(), tokenizer.Decode(ids));
            Assert.Equal(row.GetProperty("bytes_base64").GetString(), Convert.ToBase64String([.. ids.SelectMany(tokenizer.TokenBytes)]));
            rows++;
        }

        Assert.Equal(ReferenceCase.All.Single(item => item.Name == name).Rows("decode.jsonl"), rows);
    }

    [Fact]
    public void Every_rank_file_of_the_reference_is_among_the_cases() => Assert.Equal(3, Cases.Count);

    [Theory]
    [InlineData("r50k_base.tiktoken", 50256, 50256)]
    [InlineData("cl100k_base.tiktoken", 100256, 100257)]
    [InlineData("renamed.tiktoken", 199998, 199999)]
    [InlineData("p50k_edit.tiktoken", 50280, 50256)]
    public void A_published_encoding_is_known_by_its_number_of_ranks(string name, int ranks, int endOfText)
    {
        using TemporaryFolder folder = new();
        Tokenizer tokenizer = Tokenizer.FromTiktoken(folder.Write(name, Ranks(ranks)));
        Assert.Equal(endOfText, tokenizer.EndId);
        Assert.Equal([ByteId('a'), endOfText, ByteId('b')], tokenizer.Encode("a<|endoftext|>b").Ids);
        Assert.Equal(name.StartsWith("p50k_edit", StringComparison.Ordinal) ? 50284 : tokenizer.VocabSize, tokenizer.VocabSize);
    }

    [Fact]
    public void Another_number_of_ranks_asks_for_an_encoding_json()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("mine.tiktoken", Ranks(300));
        string message = Assert.Throws<CheckpointFormatException>(() => Tokenizer.FromTiktoken(path)).Message;
        Assert.Contains("found 300; put an encoding.json", message, StringComparison.Ordinal);
        Assert.Contains("cl100k_base 100256", message, StringComparison.Ordinal);
        folder.Write("encoding.json", """{"pat_str": "\\p{L}+|\\s", "special_tokens": {"<x>": 400}}""");
        Tokenizer tokenizer = Tokenizer.Load(folder.Path);

        // What the pattern does not match is dropped, as tiktoken drops it.
        Assert.Equal([ByteId('a'), ByteId(' '), 400, ByteId('b')], tokenizer.Encode("a1 <x>-b").Ids);
    }

    [Theory]
    [InlineData("IQ== 0\nIQ==", "line 2")]
    [InlineData("IQ== 0 \n", "line 1")]
    [InlineData("I!== 0\n", "line 1")]
    [InlineData(" 0\n", "line 1")]
    [InlineData("IQ== -1\n", "id -1")]
    [InlineData("IQ== 0\nIQ== 1\n", "ids 0 and 1")]
    [InlineData("IQ== 0\nIg== 0\n", "both have id 0")]
    [InlineData("IQ== 0\n", "found 1")]
    [InlineData("", "found 0")]
    public void Damaged_rank_files_are_refused(string content, string names)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("some.tiktoken", Encoding.ASCII.GetBytes(content));
        Assert.Contains(names, Assert.Throws<CheckpointFormatException>(() => Tokenizer.FromTiktoken(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"special_tokens": {}}""", "pat_str")]
    [InlineData("""{"pat_str": "a", "special_tokens": {"<x>": 1.5}}""", "special_tokens")]
    [InlineData("""{"pat_str": "a", "special_tokens": {"<x>": -1}}""", "special_tokens")]
    [InlineData("""{"pat_str": "a", "special_tokens": {"<x>": 3}}""", "already")]
    [InlineData("""{"pat_str": "(", "special_tokens": {}}""", "(")]
    [InlineData("[]", "object")]
    public void Damaged_encodings_are_refused(string encoding, string names)
    {
        using TemporaryFolder folder = new();
        folder.Write("encoding.json", encoding);
        string path = folder.Write("some.tiktoken", Ranks(300));
        Assert.Contains(names, Assert.Throws<CheckpointFormatException>(() => Tokenizer.FromTiktoken(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rank_file_that_lacks_a_byte_is_refused()
    {
        using TemporaryFolder folder = new();
        folder.Write("encoding.json", """{"pat_str": ".", "special_tokens": {}}""");
        string path = folder.Write("some.tiktoken", Ranks(255));
        Assert.Contains("byte FF has no rank", Assert.Throws<CheckpointFormatException>(() => Tokenizer.FromTiktoken(path)).Message, StringComparison.Ordinal);
    }

    private static int ByteId(char character) => character;

    // All bytes, then pairs and triples that nothing merges into unless its text has them.
    private static byte[] Ranks(int count)
    {
        StringBuilder text = new();
        int gap = count == 50280 ? 50256 : int.MaxValue;
        for (int number = 0; number < count; number++)
        {
            byte[] token = number < 256 ? [(byte)number] : [0xFF, (byte)(number >> 16), (byte)(number >> 8), (byte)number];
            text.Append(Convert.ToBase64String(token)).Append(' ').Append(number < gap ? number : number + 1).Append('\n');
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private static int[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(number => number.GetInt32())];

    private static IEnumerable<JsonElement> Rows(string name, string file)
        => File.ReadAllText(TestFiles.Fixture("tokenizers", name, file)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line));
}
