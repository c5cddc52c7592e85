using Azimuth.Checkpoints;
using Azimuth.Tests.Checkpoints;
using Azimuth.Tokenization;

namespace Azimuth.Tests.Tokenization;

public sealed class VocabTextTests
{
    [Fact]
    public void Vocab_txt_alone_gives_the_same_as_tokenizer_json()
    {
        Tokenizer tokenizer = Tokenizer.Load(TestFiles.Fixture("tokenizers", "bert-uncased-style", "vocab.txt"));
        int rows = ReferenceRow.ReadAll(TestFiles.Fixture("tokenizers", "bert-uncased-style", "expected.jsonl")).Count(row => row.Check(tokenizer) > 1);
        Assert.Equal(ReferenceCase.All.Single(item => item.Name == "bert-uncased-style").Rows("expected.jsonl"), rows);
    }

    [Fact]
    public void Tokenizer_config_says_whether_case_matters()
    {
        Tokenizer tokenizer = Tokenizer.FromVocabText(TestFiles.Fixture("tokenizers", "bert-cased-style", "vocab.txt"));
        Tokenizer fromJson = Tokenizer.FromJsonFile(TestFiles.Fixture("tokenizers", "bert-cased-style", "tokenizer.json"));
        int compared = 0;
        foreach (ReferenceRow row in ReferenceRow.ReadAll(TestFiles.Fixture("tokenizers", "bert-cased-style", "expected.jsonl")))
        {
            // That tokenizer.json takes words of more than 20 characters for unknown, which vocab.txt cannot say: BERT's 100 hold.
            TokenEncoding expected = fromJson.Encode(row.Text, row.AddSpecialTokens);
            if (expected.Ids.Zip(expected.Characters).Any(token => token.First == fromJson.UnknownId && token.Second.Length > 20))
                continue;
            Assert.Equal(expected.Ids, tokenizer.Encode(row.Text, row.AddSpecialTokens).Ids);
            compared++;
        }

        Assert.True(compared > 140, $"only {compared} texts");
    }

    [Fact]
    public void A_folder_with_vocab_txt_is_bert_s_unless_its_class_is_another()
    {
        using TemporaryFolder folder = new();
        folder.Write("vocab.txt", "[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\nun\r\n##able\r\n");
        Tokenizer tokenizer = Tokenizer.Load(folder.Path);
        Assert.Equal([2, 4, 5, 1, 3], tokenizer.Encode("Unable x").Ids);
        Assert.Equal("unable", tokenizer.Decode([2, 4, 5, 3], skipSpecialTokens: true));
        Assert.Equal((2, 3, 0, 1), (tokenizer.BeginId, tokenizer.EndId, tokenizer.PadId, tokenizer.UnknownId));
        folder.Write("tokenizer_config.json", """{"tokenizer_class": "BertTokenizerFast", "do_lower_case": false}""");
        Assert.Equal([2, 1, 3], Tokenizer.Load(folder.Path).Encode("Unable").Ids);
        folder.Write("tokenizer_config.json", """{"tokenizer_class": "BertJapaneseTokenizer"}""");
        Assert.Contains("BertJapaneseTokenizer needs a tokenizer.json", Assert.Throws<CheckpointFormatException>(() => Tokenizer.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[UNK]\n[CLS]\na\n", "\"[SEP]\" is not in the vocabulary")]
    [InlineData("[UNK]\n[CLS]\n[SEP]\na\na\n", "ids 3 and 4")]
    [InlineData("Prose has lines.\n\nAnd empty ones.\n\n", "this is not BERT's vocab.txt")]
    public void Damaged_vocabularies_are_refused(string content, string names)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("vocab.txt", content);
        Assert.Contains(names, Assert.Throws<CheckpointFormatException>(() => Tokenizer.FromVocabText(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Merges_lead_to_the_vocabulary_beside_them_or_ask_for_it()
    {
        using TemporaryFolder folder = new();
        string merges = folder.Write("merges.txt", File.ReadAllText(TestFiles.Fixture("tokenizers", "gpt2-bytelevel", "merges.txt")));
        Assert.Contains("merges.txt: expected vocab.json beside it", Assert.Throws<CheckpointFormatException>(() => Tokenizer.Load(merges)).Message, StringComparison.Ordinal);
        folder.Write("vocab.json", File.ReadAllText(TestFiles.Fixture("tokenizers", "gpt2-bytelevel", "vocab.json")));
        Assert.Equal(Tokenizer.Load(folder.Path).Encode("don't stop").Ids, Tokenizer.Load(merges).Encode("don't stop").Ids);
    }

    [Fact]
    public void Where_JSON_ends_is_said_by_line_and_column()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("tokenizer.json", "{\n  \"model\": <html>");
        Assert.Contains("found something else in line 2, column 12; fetch", Assert.Throws<CheckpointFormatException>(() => Tokenizer.Load(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_text_is_refused()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("vocab.txt", [0x61, 0xFF, 0x0A]);
        Assert.Contains("UTF-8", Assert.Throws<CheckpointFormatException>(() => Tokenizer.FromVocabText(path)).Message, StringComparison.Ordinal);
    }
}
