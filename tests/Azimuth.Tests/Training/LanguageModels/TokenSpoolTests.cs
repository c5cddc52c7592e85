using System.Text;
using System.Text.Json;
using Azimuth.Numerics;
using Azimuth.Tokenization;
using Azimuth.Training.Corpora;
using Azimuth.Training.LanguageModels;

namespace Azimuth.Tests.Training.LanguageModels;

public sealed class TokenSpoolTests : IDisposable
{
    private const int FirstCut = 260_624; // a character of Text()

    /// <summary>To these a whole text is one word, whose likeliest way has a sum of single-precision scores: in a longer sum ties break otherwise, thousands of characters from any cut.</summary>
    private static readonly string[] Summed = ["sp-unigram-across-spaces/tokenizer.model", "sp-unigram-bytefallback/tokenizer.model", "sp-unigram-custom/tokenizer.model", "unigram-bytefallback/tokenizer.model"];

    private readonly string _folder = Directory.CreateTempSubdirectory("azimuth").FullName;
    private readonly Workers _workers = new(2);

    public static TheoryData<string> Tokenizers =>
    [
        .. Directory.GetFiles(TestFiles.Fixture("tokenizers"), "tokenizer.*", SearchOption.AllDirectories).Where(path => Path.GetExtension(path) is ".json" or ".model" && (!path.Contains("kitchen-sink", StringComparison.Ordinal) || path.Contains("metaspace", StringComparison.Ordinal) || path.Contains("norm-sequence", StringComparison.Ordinal)))
            .Select(path => Path.GetRelativePath(TestFiles.Fixture("tokenizers"), path).Replace('\\', '/')).Order(StringComparer.Ordinal),
    ];

    public void Dispose()
    {
        _workers.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Tokenizers))]
    public void Pieces_of_a_text_have_the_ids_of_the_whole_text(string file)
    {
        var tokenizer = Tokenizer.Load(TestFiles.Fixture(["tokenizers", .. file.Split('/')]));
        string path = Path.Combine(_folder, "text.txt"), text = Text();
        File.WriteAllText(path, text);
        // The first four pieces are encoded side by side.
        TokenSpool spool = TokenSpool.Create(Path.Combine(_folder, "ids"), TextCorpus.Open([path]), tokenizer, tokenizer.VocabSize, _workers);
        int[] ids = new int[spool.Count];
        spool.Read(0, ids);
        int[] expected = [.. tokenizer.TokensBefore, .. tokenizer.Encode(text, addSpecialTokens: false).Ids, .. tokenizer.TokensAfter.Count > 0 ? tokenizer.TokensAfter : tokenizer.EndId is int end ? [end] : []];
        int differs = ids.AsSpan().CommonPrefixLength(expected);
        if (Summed.Contains(file))
            Assert.True(tokenizer.Encode(text, addSpecialTokens: false).Characters[differs].Start > FirstCut + 256);
        else
            Assert.True(ids.Length == expected.Length && differs == ids.Length, $"{ids.Length} ids, expected {expected.Length}; the first other one is at {differs}");
    }

    /// <summary>Three pieces of prose, with lines that are empty, indented, in other scripts or numbers.</summary>
    private static string Text()
    {
        string[] lines = [.. File.ReadAllLines(Path.Combine(TestFiles.Model("novels-gpt"), "heldout.txt"))];
        var text = new StringBuilder();
        for (int i = 0; text.Length < 600_000; i++)
            text.Append(lines[i % lines.Length]).Append((i % 7) switch { 3 => " 12345678\n", 4 => " naïve 語 😀\n", 5 => "\n  ", _ => "\n" });
        return text.Append("The end.\n").ToString();
    }
}
