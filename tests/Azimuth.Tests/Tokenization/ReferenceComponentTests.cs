using System.Text.Json;
using Azimuth.Tokenization.Decoders;
using Azimuth.Tokenization.Files;

namespace Azimuth.Tests.Tokenization;

public sealed class ReferenceComponentTests
{
    [Fact]
    public void Each_decoder_joins_tokens_as_the_reference_library_s_does()
    {
        string path = TestFiles.Fixture("tokenizers", "kitchen-sink", "decoders", "decoders.jsonl");
        Components components = new(_ => "");
        int decoded = 0;
        foreach (string line in File.ReadAllText(path).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            JsonElement row = JsonSerializer.Deserialize<JsonElement>(line);
            ITokenDecoder decoder = components.Decoders.Read(new JsonSection(path, "decoder", row.GetProperty("decoder")));
            List<string> tokens = [.. row.GetProperty("tokens").EnumerateArray().Select(token => token.GetString()!)];
            decoder.Decode(tokens);
            Assert.Equal(row.GetProperty("decoded").GetString(), string.Concat(tokens));
            decoded++;
        }

        Assert.Equal(84, decoded);
    }
}
