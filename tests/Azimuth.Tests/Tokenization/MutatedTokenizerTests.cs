using System.Diagnostics;
using System.Globalization;
using System.Text;
using Azimuth.Checkpoints;
using Azimuth.Tests.Checkpoints.WordVectors;
using Azimuth.Tokenization;
using Azimuth.Tokenization.Files;

namespace Azimuth.Tests.Tokenization;

/// <summary>
/// Damaged tokenizer.json files of every component are read or refused: no other exception, no hang, no memory out of proportion. The environment variable AZIMUTH_FUZZ
/// says how many; a few thousand when it is not set.
/// </summary>
public sealed class MutatedTokenizerTests
{
    private const int Usual = 3000;
    private const long FreeBytes = 64 << 20;

    // Machines that run tests are busy: a hang is far longer.
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(30);

    // What damage seldom makes by itself: pieces of patterns, and settings that change how long things take.
    private static readonly string[] Snippets =
    [
        "(a+)+$", "(?=", "(?<!", "[^", "\\\\p{", "{1000}", "*", "+", "?", "|", "&&", "(?i)", "\"Regex\"", "\"String\"", "\"Removed\"", "\"invert\": true", "\"stride\": 1", "\"max_length\": 0", "\"NFKC\"",
        "\"max_input_chars_per_word\": 2000000000", "\"length\": 1", "\"byte_fallback\": true", "\"ignore_merges\": true", "null", "-1", "1e9", "[]", "{}",
    ];

    [Fact]
    public void A_damaged_tokenizer_is_read_or_refused()
    {
        int count = int.TryParse(Environment.GetEnvironmentVariable("AZIMUTH_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out int asked) ? asked : Usual;
        byte[][] seeds = [.. ReferenceCase.All.Where(item => item.Name.StartsWith("kitchen-sink/", StringComparison.Ordinal) && item.HasTokenizerJson).Select(item => File.ReadAllBytes(item.TokenizerPath))];
        (int read, int refused) = (0, 0);
        for (int number = 0; number < count; number++)
        {
            Mutations mutations = new(number);
            byte[] damaged = mutations.Chance(2) ? mutations.Of(mutations.Pick(seeds), seeds) : WithSnippet(mutations.Pick(seeds), new Random(number));
            long before = GC.GetAllocatedBytesForCurrentThread(), begun = Stopwatch.GetTimestamp();
            bool isRead = Read(damaged, number);
            long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(bytes <= FreeBytes + (100 * damaged.Length), $"mutation {number}: {bytes} bytes allocated for {damaged.Length}");
            Assert.True(Stopwatch.GetElapsedTime(begun) < Hang, $"mutation {number} took {Stopwatch.GetElapsedTime(begun)}");
            (read, refused) = isRead ? (read + 1, refused) : (read, refused + 1);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{count} files, {read} read, {refused} refused");

        // Damage that never does harm, or always, would test nothing.
        Assert.InRange(read, 1, count - 1);
        Assert.InRange(refused, 1, count - 1);
    }

    // Before the vocabulary, where the components are, in place of some bytes.
    private static byte[] WithSnippet(byte[] seed, Random random)
    {
        string text = Encoding.UTF8.GetString(seed);
        int at = random.Next(Math.Max(text.IndexOf("\"vocab\"", StringComparison.Ordinal), 1));
        string snippet = Snippets[random.Next(Snippets.Length)];
        return Encoding.UTF8.GetBytes(text[..at] + snippet + text[Math.Min(at + random.Next(snippet.Length + 1), text.Length)..]);
    }

    private static bool Read(byte[] file, int number)
    {
        const string Text = "Hello  wörld 12 <s>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\n中é́ﬁ ";
        try
        {
            Tokenizer tokenizer = new(TokenizerJsonFile.Read("tokenizer.json", file));
            TokenEncoding encoding = tokenizer.EncodePair(Text, "second");
            Assert.NotNull(tokenizer.Decode(encoding.Ids));
            Assert.NotNull(tokenizer.Stages(Text).Normalized);
            return true;
        }
        catch (CheckpointFormatException error)
        {
            Assert.InRange(error.Message.Length, 10, 3000);
            return false;
        }
        catch (Exception error) when (error is not Xunit.Sdk.XunitException)
        {
            throw new InvalidOperationException($"mutation {number}: {error.GetType().Name}: {error.Message}\n{Encoding.UTF8.GetString(file)}", error);
        }
    }
}
