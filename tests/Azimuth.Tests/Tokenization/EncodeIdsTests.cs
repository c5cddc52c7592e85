using System.Text;
using Azimuth.Numerics;
using Azimuth.Tokenization;
using Azimuth.Tokenization.Models;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tests.Tokenization;

public sealed class EncodeIdsTests
{
    public static TheoryData<string> Cases => [.. ReferenceCase.All.Where(item => Directory.Exists(TestFiles.Fixture("tokenizers", item.Name))).Select(item => item.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Ids_alone_are_those_of_the_whole_encoding(string name)
    {
        if (Find(name) is not { } tokenizer)
            return;
        foreach (string text in Texts(name).Concat(WithAdded(tokenizer)).Append(""))
        {
            Assert.Equal(Ids(() => tokenizer.Encode(text).Ids), Ids(() => tokenizer.EncodeIds(text)));
            Assert.Equal(Ids(() => tokenizer.Encode(text, addSpecialTokens: false).Ids), Ids(() => tokenizer.EncodeIds(text, addSpecialTokens: false)));
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Ids_and_places_are_those_of_the_stages_one_after_the_other(string name)
    {
        if (Find(name) is not { Parts.Normalizer: null, Parts.Model: BpeModel } tokenizer)
            return;
        Tokenizer plain = new(tokenizer.Parts with { AddedTokens = [], PostProcessor = null });
        foreach (string text in Texts(name))
        {
            TokenEncoding encoding = plain.Encode(text, addSpecialTokens: false);
            List<int> ids = [];
            List<TextRange> places = [];
            foreach (TokenPiece piece in plain.Stages(text).Pieces)
            {
                List<ModelToken> tokens = [];
                tokenizer.Parts.Model.Tokenize(CodePoints.Of(piece.Text), tokens);
                ids.AddRange(tokens.Select(token => token.Id));
                places.AddRange(tokens.Select(_ => piece.Range));
            }

            Assert.Equal(ids, encoding.Ids);
            Assert.All(encoding.Characters.Zip(places), pair => Assert.True(pair.First.Start >= pair.Second.Start && pair.First.End <= pair.Second.End, text));
        }
    }

    [Theory]
    [InlineData("gpt2-bytelevel")]
    [InlineData("llama3-style")]
    [InlineData("qwen2-style")]
    [InlineData("gpt4o-style")]
    [InlineData("starcoder-style")]
    [InlineData("tiktoken-cl100k")]
    public void Neither_the_parts_of_a_whole_text_nor_the_threads_change_ids(string name)
    {
        Tokenizer tokenizer = Tokenizer.Load(TestFiles.Fixture("tokenizers", name));
        StringBuilder parts = new();
        foreach (string text in RandomTexts.Nasty(15_000, seed: 31))
            parts.Append(text.Normalize(NormalizationForm.FormC)).Append(text.Length % 3 == 0 ? "x y\nz" : text.Length % 7 == 0 ? tokenizer.Token(tokenizer.VocabSize - 1) + " 中.\nд" : "");
        string whole = parts.ToString();
        int[] expected = tokenizer.Encode(whole).Ids;
        Assert.Equal(expected, tokenizer.EncodeIds(whole));
        foreach (int threads in new[] { 1, 2, 5 })
        {
            using Workers workers = new(threads);
            Assert.Equal(expected, tokenizer.EncodeIds(whole, workers: workers));
        }
    }

    [Fact]
    public void Unpaired_surrogates_are_read_as_elsewhere()
    {
        Tokenizer tokenizer = Tokenizer.Load(TestFiles.Fixture("tokenizers", "gpt2-bytelevel"));
        foreach (string text in new[] { "a\uD800b", "\uDC00", "x\uD83D", "\uD800\uD800\uDC00" })
            Assert.Equal(tokenizer.Encode(text).Ids, tokenizer.EncodeIds(text));
    }

    // What a reader may refuse is not these tests' business.
    private static Tokenizer? Find(string name)
    {
        string folder = TestFiles.Fixture("tokenizers", name);
        return Directory.EnumerateFiles(folder).Any(file => Path.GetFileName(file) is "tokenizer.json" or "vocab.json" || Path.GetExtension(file) is ".model" or ".tiktoken")
            ? Tokenizer.Load(folder)
            : null;
    }

    // A text that one way refuses the other refuses too.
    private static string Ids(Func<int[]> encode)
    {
        try
        {
            return string.Join(' ', encode());
        }
        catch (Azimuth.Checkpoints.CheckpointFormatException error)
        {
            return error.Message;
        }
    }

    // Added tokens among words, blanks and each other, whole and cut off.
    private static IEnumerable<string> WithAdded(Tokenizer tokenizer)
    {
        string[] added = [.. tokenizer.Parts.AddedTokens.Select(token => token.Content)], between = ["", " ", "\n", "  \n", "a", " word", "é", "𐐀", "😀", "\uD83D", "."];
        Random random = new(51);
        for (int number = 0; added.Length > 0 && number < 300; number++)
        {
            StringBuilder text = new();
            for (int part = random.Next(1, 6); part > 0; part--)
            {
                string token = added[random.Next(added.Length)];
                text.Append(between[random.Next(between.Length)]).Append(random.Next(5) == 0 ? token[..random.Next(token.Length + 1)] : token).Append(between[random.Next(between.Length)]);
            }

            yield return text.ToString();
        }
    }

    private static IEnumerable<string> Texts(string name)
        => RandomTexts.Unicode(200, seed: 41).Concat(RandomTexts.Nasty(200, seed: name.Length)).Append(new string('a', 1_000) + new string(' ', 1_000));
}
