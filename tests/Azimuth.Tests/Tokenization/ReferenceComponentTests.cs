using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Tokenization;
using Azimuth.Tokenization.Decoders;
using Azimuth.Tokenization.Files;

namespace Azimuth.Tests.Tokenization;

public sealed class ReferenceComponentTests
{
    public static TheoryData<string> Cases
        => [.. Directory.GetDirectories(TestFiles.Fixture("tokenizers", "kitchen-sink")).Select(folder => Path.GetFileName(folder)!).Where(name => name != "decoders").Order()];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Each_component_does_what_the_reference_library_s_does(string name)
    {
        Tokenizer tokenizer = Tokenizer.Load(TestFiles.Fixture("tokenizers", "kitchen-sink", name));
        int rows = 0, compared = 0;
        foreach (ReferenceRow row in ReferenceRow.ReadAll(TestFiles.Fixture("tokenizers", "kitchen-sink", name, "expected.jsonl")))
        {
            compared += row.Check(tokenizer);
            rows++;
        }

        Assert.True(rows >= 3 && compared >= 2 * rows, $"{compared} comparisons in {rows} rows");
    }

    [Fact]
    public void There_are_as_many_component_cases_as_were_copied() => Assert.Equal(41, Cases.Count);

    [Fact]
    public void Each_decoder_joins_tokens_as_the_reference_library_s_does_or_is_refused_by_name()
    {
        string path = TestFiles.Fixture("tokenizers", "kitchen-sink", "decoders", "decoders.jsonl");
        Components components = new(_ => "");
        int decoded = 0, refused = 0;
        foreach (string line in File.ReadAllText(path).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            JsonElement row = JsonSerializer.Deserialize<JsonElement>(line);
            try
            {
                ITokenDecoder decoder = components.Decoders.Read(new JsonSection(path, "decoder", row.GetProperty("decoder")));
                List<string> tokens = [.. row.GetProperty("tokens").EnumerateArray().Select(token => token.GetString()!)];
                decoder.Decode(tokens);
                Assert.Equal(row.GetProperty("decoded").GetString(), string.Concat(tokens));
                decoded++;
            }
            catch (CheckpointFormatException error)
            {
                Assert.Contains("known:", error.Message, StringComparison.Ordinal);
                refused++;
            }
        }

        // WordPiece, BPEDecoder, CTC and Replace by a regular expression are not read so far: 24 rows.
        Assert.Equal((60, 24), (decoded, refused));
    }
}
