using System.Text.Json.Nodes;
using Azimuth.Checking;
using Azimuth.Numerics;

namespace Azimuth.Tests.Checking;

/// <summary>Whatever stands in the files, a check ends with a report.</summary>
public sealed class HostileFilesTests
{
    private static readonly string[] Values = ["null", "-1", "1e30", "\"\\u0000x\"", "[]", "{}", "[{\"id\":1}]", "true", "4294967296"];

    [Fact]
    public void Any_value_of_any_key_of_a_config_gives_a_report() => EveryKey(BrokenModel.Family("llama"), "config.json");

    [Fact]
    public void Any_value_of_any_key_of_a_generation_config_gives_a_report() => EveryKey(BrokenModel.Family("gpt2"), "generation_config.json");

    [Theory]
    [InlineData("tokenizer_config.json")]
    [InlineData("tokenizer.json")]
    public void Any_value_of_any_key_of_a_tokenizer_gives_a_report(string file)
    {
        BrokenModel model = BrokenModel.Family("llama");
        string source = TestFiles.Fixture("checkpoints", "gguf", "model-llama", "hf");
        foreach (string name in new[] { "tokenizer.json", "tokenizer_config.json" })
            File.Copy(Path.Combine(source, name), model.Where(name), overwrite: true);
        EveryKey(model, file);
    }

    [Fact]
    public void Flipped_bytes_of_the_weights_give_a_report()
    {
        using BrokenModel model = BrokenModel.Family("gpt2");
        string path = Path.Combine(model.Save(), "model.safetensors");
        byte[] sound = File.ReadAllBytes(path);
        var random = new SeededRandom(3);
        for (int i = 0; i < 60; i++)
        {
            byte[] damaged = [.. sound];
            for (int flips = 0; flips < 4; flips++)
                damaged[random.NextInt32(i % 2 == 0 ? 4000 : damaged.Length)] ^= (byte)(1 << random.NextInt32(8));
            File.WriteAllBytes(path, damaged);
            Assert.NotNull(model.Check(new CheckOptions { Advice = true }, save: false));
        }
    }

    private static void EveryKey(BrokenModel model, string file)
    {
        using BrokenModel owned = model;
        model.Save();
        string sound = File.ReadAllText(model.Where(file));
        foreach (string key in JsonNode.Parse(sound)!.AsObject().Select(p => p.Key).ToArray())
        {
            foreach (string value in Values)
            {
                JsonObject json = JsonNode.Parse(sound)!.AsObject();
                json[key] = JsonNode.Parse(value);
                File.WriteAllText(model.Where(file), json.ToJsonString());
                try
                {
                    Assert.NotEmpty(model.Check(save: false).Checked);
                }
                catch (Exception e) when (e is not Xunit.Sdk.XunitException)
                {
                    Assert.Fail($"{file}: {key} = {value}: {e}");
                }
            }
        }
    }
}
