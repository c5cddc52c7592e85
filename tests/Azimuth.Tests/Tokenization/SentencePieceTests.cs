using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Tests.Checkpoints;
using Azimuth.Tokenization;
using Azimuth.Tokenization.Files;
using Azimuth.Tokenization.Models;

namespace Azimuth.Tests.Tokenization;

public sealed class SentencePieceTests
{
    private const string Expected = "expected-sentencepiece.jsonl";

    public static TheoryData<string> Cases => [.. ReferenceCase.All.Where(item => item.Rows(Expected) is not null).Select(item => item.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_model_gives_the_sentencepiece_library_s_text_ids_ranges_and_decoding(string name)
    {
        ReferenceCase found = ReferenceCase.All.Single(item => item.Name == name);
        Tokenizer tokenizer = Tokenizer.FromSentencePiece(found.FileEnding(".model"));
        int rows = 0, compared = 0;
        foreach (ReferenceRow row in ReferenceRow.ReadAll(TestFiles.Fixture("tokenizers", name, Expected)))
        {
            compared += row.Check(tokenizer);
            compared += row.CheckNormalized(tokenizer);
            rows++;
        }

        Assert.Equal(found.Rows(Expected), rows);
        Assert.True(compared >= 4 * rows, $"only {compared} comparisons in {rows} rows");
    }

    [Fact]
    public void Every_model_of_the_reference_is_among_the_cases() => Assert.Equal(12, Cases.Count);

    [Fact]
    public void Texts_without_odd_blanks_have_the_published_ids_of_stories260K()
    {
        Tokenizer fromJson = Tokenizer.FromJsonFile(TestFiles.Shared("data", "stories260K", "tokenizer.json"));
        Tokenizer fromModel = Tokenizer.FromSentencePiece(TestFiles.Shared("data", "stories260K", "tokenizer.model"));
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(TestFiles.Shared("data", "stories260K", "tokenizer_golden.json")));
        int comparedWithJson = 0;
        foreach (JsonElement row in golden.RootElement.GetProperty("cases").EnumerateArray())
        {
            string text = row.GetProperty("text").GetString()!;
            int[] ids = [.. row.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            Assert.Equal(ids, fromModel.Encode(text).Ids);

            // The .model removes extra spaces, tokenizer.json does not: where there are some, each is right about its own file.
            if (text != text.Trim(' ') || text.Contains("  ", StringComparison.Ordinal) || text.Length == 0)
                continue;
            Assert.Equal(ids, fromJson.Encode(text, addSpecialTokens: false).Ids);
            comparedWithJson++;
        }

        Assert.True(comparedWithJson >= 3, $"only {comparedWithJson} texts were compared with tokenizer.json");
    }

    [Fact]
    public void A_rank_file_called_model_is_told_from_a_damaged_one()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("tokenizer.model", File.ReadAllBytes(TestFiles.Fixture("tokenizers", "tiktoken-r50k", "r50k.tiktoken")));
        Assert.Contains("found a tiktoken rank file", Assert.Throws<CheckpointFormatException>(() => Tokenizer.Load(folder.Path)).Message, StringComparison.Ordinal);
        Assert.Contains("found a tiktoken rank file", Assert.Throws<CheckpointFormatException>(() => Tokenizer.Load(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void In_a_model_folder_the_tokenizer_class_counts()
    {
        using TemporaryFolder folder = new();
        folder.Write("spiece.model", File.ReadAllBytes(TestFiles.Fixture("tokenizers", "t5-style", "spiece.model")));
        folder.Write("tokenizer_config.json", """{"tokenizer_class": "T5Tokenizer", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>", "extra_ids": 3}""");
        Tokenizer tokenizer = Tokenizer.Load(folder.Path);
        Tokenizer alone = Tokenizer.FromSentencePiece(Path.Combine(folder.Path, "spiece.model"));
        int end = tokenizer.Id("</s>")!.Value;
        Assert.Equal([.. alone.Encode("A house").Ids, end], tokenizer.Encode("A house").Ids);
        Assert.Empty(alone.TokensAfter);

        // Three tokens for blanks, the first one last, each with the spaces around it.
        TokenEncoding blanks = tokenizer.Encode("A <extra_id_0> house", addSpecialTokens: false);
        Assert.Equal([alone.VocabSize + 2], blanks.Ids.Where(id => id >= alone.VocabSize));
        Assert.Contains(new TextRange(1, 15), blanks.Characters);
        Assert.Equal(alone.VocabSize + 3, tokenizer.VocabSize);
        Assert.True(tokenizer.IsSpecial(end) && alone.IsSpecial(end));

        // As a file by itself it spells the marker out.
        Assert.Contains(end, tokenizer.Encode("A</s>b", addSpecialTokens: false).Ids);
        Assert.DoesNotContain(end, alone.Encode("A</s>b").Ids);
        foreach ((string config, int[] before) in new (string, int[])[]
        {
            ("{}", []), ("""{"tokenizer_class": "LlamaTokenizer", "bos_token": "</s>"}""", [end]),
            ("""{"tokenizer_class": "LlamaTokenizerFast", "bos_token": "</s>", "add_bos_token": false}""", []), ("""{"add_bos_token": true, "bos_token": "</s>"}""", [end]),
        })
        {
            folder.Write("tokenizer_config.json", config);
            Assert.Equal(before, Tokenizer.Load(folder.Path).TokensBefore);
        }

        folder.Write("tokenizer_config.json", """{"tokenizer_class": "T5Tokenizer", "extra_ids": 2000000000}""");
        Assert.Contains("extra_ids is 2000000000", Assert.Throws<CheckpointFormatException>(() => Tokenizer.Load(folder.Path)).Message, StringComparison.Ordinal);
        folder.Write("tokenizer_config.json", """{"tokenizer_class": "XLMRobertaTokenizer"}""");
        Assert.Contains("spiece.model of a XLMRobertaTokenizer needs a tokenizer.json", Assert.Throws<CheckpointFormatException>(() => Tokenizer.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unused_pieces_are_taken_apart_again()
    {
        // "abc" is unused and comes of "ab" and "c", "ab" is unused too; sentencepiece merges through both and then shows their parts.
        ScoredPieces pieces = new("made up", ["<unk>", "a", "b", "c", "ab", "abc", "bc"], [0, -5, -5, -5, -1, -2, -3],
            [PieceKind.Unknown, PieceKind.Normal, PieceKind.Normal, PieceKind.Normal, PieceKind.Unused, PieceKind.Unused, PieceKind.Normal]);
        List<ModelToken> tokens = [];
        ScoredBpe.SentencePiece(pieces, byteFallback: false).Tokenize([.. "abcbc".Select(character => (int)character)], tokens);
        Assert.Equal([new ModelToken(1, 0, 1), new ModelToken(2, 1, 2), new ModelToken(3, 2, 3), new ModelToken(6, 3, 5)], tokens);
        tokens.Clear();
        UnigramPieces.SentencePiece(pieces, byteFallback: false).Tokenize([.. "abcxy".Select(character => (int)character)], tokens);
        Assert.Equal([new ModelToken(1, 0, 1), new ModelToken(6, 1, 3), new ModelToken(0, 3, 5)], tokens);
    }

    [Fact]
    public void A_vocabulary_where_everything_merges_with_everything_is_read_in_time()
    {
        int[] lengths = [.. Enumerable.Range(1, 1000)];
        ScoredPieces pieces = new("made up", ["<unk>", .. lengths.Select(length => new string('a', length))], [0, .. lengths.Select(length => -(float)length)],
            [PieceKind.Unknown, .. lengths.Select(_ => PieceKind.Normal)]);
        List<ModelToken> tokens = [];
        ScoredBpe.Gguf(pieces).Tokenize([.. Enumerable.Repeat((int)'a', 5000)], tokens);
        Assert.Equal(5000, tokens.Sum(token => token.End - token.Start));
    }

    [Fact]
    public void A_model_cut_anywhere_is_refused_or_smaller_but_never_a_crash()
    {
        byte[] whole = File.ReadAllBytes(TestFiles.Fixture("checkpoints", "gguf", "model-llama", "hf", "tokenizer.model"));
        using TemporaryFolder folder = new();
        int refused = 0;
        for (int length = 0; length < whole.Length; length += 7)
        {
            string path = folder.Write("cut.model", whole.AsSpan(0, length));
            try
            {
                Tokenizer.FromSentencePiece(path).Encode("a text");
            }
            catch (CheckpointFormatException)
            {
                refused++;
            }
        }

        Assert.True(refused > whole.Length / 14, $"{refused} cuts refused");
    }
}
