using Azimuth.Checkpoints;
using Azimuth.Tests.Checkpoints;
using Azimuth.Tokenization;

namespace Azimuth.Tests.Tokenization;

public sealed class TokenTextTests
{
    [Theory]
    [InlineData(" next", "·next")]
    [InlineData("a\nb\tc", "a⏎b⇥c")]
    [InlineData("\u200B\u0000\u00A0\r", "\\u{200B}\\u{0000}\\u{00A0}\\u{000D}")]
    [InlineData("", "")]
    public void Blanks_and_controls_become_visible(string text, string shown) => Assert.Equal(shown, VisibleText.Show(text));

    [Fact]
    public void An_unpaired_surrogate_becomes_visible() => Assert.Equal("\\u{D800}é😀", VisibleText.Show("\uD800é😀"));

    [Fact]
    public void A_token_s_text_keeps_its_blanks_and_names_stray_bytes()
    {
        Tokenizer gpt2 = Tokenizer.Load(TestFiles.Fixture("tokenizers", "gpt2-bytelevel"));
        Assert.Equal(" the", gpt2.TokenText(gpt2.Id("Ġthe")!.Value));
        Assert.Equal("\n", gpt2.TokenText(gpt2.Id("Ċ")!.Value));
        Assert.Equal("<0xE2>", gpt2.TokenText(gpt2.Id("â")!.Value));
        Assert.Equal("<0x80>", gpt2.TokenText(gpt2.Id("Ģ")!.Value));
        Assert.Equal("<|endoftext|>", gpt2.TokenText(1000));
        Assert.Equal("<no token 5000>", gpt2.TokenText(5000));
        Tokenizer llama = Tokenizer.Load(TestFiles.Fixture("tokenizers", "llama2-style"));
        Assert.Equal(" the", llama.TokenText(llama.Id("▁the")!.Value));
        Assert.Equal("\n", llama.TokenText(llama.Id("<0x0A>")!.Value));
        Assert.Equal("<0xE2>", llama.TokenText(llama.Id("<0xE2>")!.Value));
    }

    [Fact]
    public void A_token_with_a_whole_and_a_broken_character_shows_both()
    {
        Tokenizer opt = Tokenizer.Load(TestFiles.Fixture("tokenizers", "gpt2-bytelevel"));
        int id = opt.Id("ãģ¨ãģ")!.Value;
        Assert.Equal("と<0xE3><0x81>", opt.TokenText(id));
    }

    [Theory]
    [InlineData("opt-style", new[] { 2 }, new int[0], true, false)]
    [InlineData("roberta-style", new[] { 0 }, new[] { 2 }, true, true)]
    [InlineData("llama2-style", new[] { 1 }, new int[0], true, false)]
    [InlineData("llama3-style", new[] { 2440 }, new int[0], true, false)]
    [InlineData("gpt2-bytelevel", new int[0], new int[0], false, false)]
    public void The_policy_says_what_encoding_adds(string name, int[] before, int[] after, bool addsBegin, bool addsEnd)
    {
        Tokenizer tokenizer = Tokenizer.Load(TestFiles.Fixture("tokenizers", name));
        Assert.Equal(before, tokenizer.TokensBefore);
        Assert.Equal(after, tokenizer.TokensAfter);
        Assert.Equal((addsBegin, addsEnd), (tokenizer.AddsBeginToken, tokenizer.AddsEndToken));
        int[] bare = tokenizer.Encode("a text", addSpecialTokens: false).Ids;
        Assert.Equal([.. before, .. bare, .. after], tokenizer.Encode("a text").Ids);
    }

    [Fact]
    public void The_flags_of_tokenizer_config_speak_where_there_is_no_post_processor()
    {
        using TemporaryFolder folder = new();
        foreach (string name in new[] { "vocab.json", "merges.txt" })
            folder.Write(name, File.ReadAllText(TestFiles.Fixture("tokenizers", "opt-style", name)));
        folder.Write("tokenizer_config.json", """{"tokenizer_class": "GPT2Tokenizer", "bos_token": {"content": "</s>"}, "eos_token": "</s>", "pad_token": "<pad>", "add_bos_token": true}""");
        Tokenizer tokenizer = Tokenizer.Load(folder.Path);
        Assert.Equal((2, 2, 1), (tokenizer.BeginId, tokenizer.EndId, tokenizer.PadId));
        Assert.True(tokenizer.AddsBeginToken);
        Assert.Equal(Tokenizer.Load(TestFiles.Fixture("tokenizers", "opt-style")).Encode("some text</s>").Ids, tokenizer.Encode("some text</s>").Ids);
    }

    [Fact]
    public void The_bundled_novels_model_has_the_same_tokens_by_either_of_its_forms()
    {
        Tokenizer fromJson = Tokenizer.Load(TestFiles.Model("novels-gpt"));
        Tokenizer fromPair = Tokenizer.FromVocabAndMerges(
            Path.Combine(TestFiles.Model("novels-gpt"), "vocab.json"), Path.Combine(TestFiles.Model("novels-gpt"), "merges.txt"));
        Assert.Equal(4096, fromJson.VocabSize);
        Assert.Equal(4096, fromPair.VocabSize);
        Assert.Equal(4095, fromJson.EndId);
        Assert.False(fromJson.AddsBeginToken);
        for (int id = 0; id < 4096; id++)
            Assert.Equal(fromJson.Token(id), fromPair.Token(id));
        string novel = File.ReadAllText(Path.Combine(TestFiles.Model("novels-gpt"), "heldout.txt"));
        Assert.Equal(fromJson.Encode(novel).Ids, fromPair.Encode(novel).Ids);
        Assert.Equal(novel, fromJson.Decode(fromJson.Encode(novel).Ids));
    }

    [Fact]
    public void Every_case_and_place_of_a_word_is_listed_once()
    {
        Tokenizer tokenizer = Tokenizer.Load(TestFiles.Model("SmolLM2-135M-Instruct"));
        IReadOnlyList<TokenVariant> variants = TokenVariants.Of(tokenizer, " next ");
        Assert.Equal(3 * 6, variants.Count);
        Assert.Equal(["next", "NEXT", "Next"], variants.Where(variant => variant.Space == "none").Select(variant => variant.Text));
        TokenVariant leading = variants.Single(variant => variant is { Case: "as is", Space: "leading space" });
        Assert.Equal([1867], leading.Ids);
        Assert.Equal([" next"], leading.Tokens);
        Assert.True(leading.IsSingleToken);
        Assert.All(variants, variant => Assert.Equal(variant.Text, tokenizer.Decode([.. variant.Ids])));
        Assert.Throws<ArgumentException>(() => TokenVariants.Of(tokenizer, "  "));
    }

    [Fact]
    public void A_model_s_tokenizer_is_found_in_its_folder_or_file()
    {
        Assert.Equal(49152, Tokenizer.Find(ModelFolder.Open(TestFiles.Model("SmolLM2-135M-Instruct")))!.VocabSize);
        Assert.Equal(4096, Tokenizer.Find(ModelFolder.Open(TestFiles.Model("novels-gpt")))!.VocabSize);
    }
}
