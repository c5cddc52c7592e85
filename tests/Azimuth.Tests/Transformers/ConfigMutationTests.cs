using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Numerics;
using Azimuth.Tests.Checkpoints;
using Azimuth.Tests.Checkpoints.WordVectors;
using Azimuth.Transformers;

namespace Azimuth.Tests.Transformers;

/// <summary>
/// Whatever a config.json says beside sound weights, the model is opened and run or refused: no other exception, no hang, no memory out of proportion. The environment variable
/// AZIMUTH_FUZZ says how many; a few thousand when it is not set.
/// </summary>
public sealed class ConfigMutationTests
{
    private const int Usual = 3000;

    // Of everything that was ever allocated while opening and running, not only of what was held at once.
    private const long FreeBytes = 64 << 20;

    // Machines that run tests are busy: a hang is far longer.
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(30), Slow = TimeSpan.FromMilliseconds(200);

    [Fact]
    public void A_damaged_config_is_read_or_refused()
    {
        int count = int.TryParse(Environment.GetEnvironmentVariable("AZIMUTH_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out int asked) ? asked : Usual;
        using var workers = new Workers(1);
        using var written = new TemporaryFolder();
        (ModelFolder Folder, byte[] Config)[] seeds = [.. Directory.GetDirectories(TestFiles.Fixture("families")).Order(StringComparer.Ordinal)
            .Select(folder => (ModelFolder.Open(folder), File.ReadAllBytes(Path.Combine(folder, "config.json"))))];
        byte[][] configs = [.. seeds.Select(seed => seed.Config)];
        (int read, long mostBytes, TimeSpan longest) = (0, 0, TimeSpan.Zero);
        for (int number = 0; number < count; number++)
        {
            Mutations mutations = new(number);
            (ModelFolder folder, byte[] config) = mutations.Pick(seeds);
            byte[] damaged = mutations.Chance(4) ? mutations.Of(config, configs) : JsonMutations.WithValues(config, mutations);
            string path = written.Write("config.json", damaged), what = $"mutation {number}, of {folder.Name}";
            long before = GC.GetAllocatedBytesForCurrentThread(), begun = Stopwatch.GetTimestamp();
            bool isRead = IsRead(folder, path, workers, what);
            long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
            TimeSpan time = Stopwatch.GetElapsedTime(begun);

            // Once more, as what took long may have been another process.
            if (time > Slow)
            {
                begun = Stopwatch.GetTimestamp();
                IsRead(folder, path, workers, what);
                TimeSpan again = Stopwatch.GetElapsedTime(begun);
                time = again < time ? again : time;
            }

            Assert.True(bytes <= FreeBytes + folder.Checkpoint.FileBytes, $"{what}: {bytes} bytes allocated\n{Encoding.UTF8.GetString(damaged)}");
            Assert.True(time < Hang, $"{what}: {time}\n{Encoding.UTF8.GetString(damaged)}");
            read += isRead ? 1 : 0;
            (mostBytes, longest) = (Math.Max(mostBytes, bytes), time > longest ? time : longest);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{count} configs, {read} read, {count - read} refused; at most {mostBytes} bytes and {longest.TotalMilliseconds:F0} ms for one");
        // Damage that never does harm, or always, would test nothing.
        Assert.InRange(read, 1, count - 1);
    }

    /// <summary>What tensors cannot bear out in time, as something is made of it before they are looked at; and products that an int cannot hold.</summary>
    [Theory]
    [InlineData("bloom", """{"hidden_size":16777216,"n_head":16777216}""", "n_head: expected a whole number from 1 to 65536, found 16777216")]
    [InlineData("mpt", """{"d_model":16777216,"n_heads":16777216}""", "n_heads: expected a whole number from 1 to 65536, found 16777216")]
    [InlineData("falcon-rw-style", """{"hidden_size":16777216,"num_attention_heads":16777216}""", "num_attention_heads: expected a whole number from 1 to 65536, found 16777216")]
    [InlineData("xglm", """{"max_position_embeddings":16777216}""", "max_position_embeddings: expected at most 524286 at a d_model of 32, as rows of positions are computed, found 16777216")]
    [InlineData("mpt", """{"expansion_ratio":16777216,"d_model":4096}""", "expansion_ratio: expected at most 524287 at a d_model of 4096, found 16777216")]
    [InlineData("llama-biases-headdim", """{"num_attention_heads":16777216,"head_dim":1048576}""", "expected heads of at most 67108864 values together, found 16777216 heads of 1048576")]
    public void A_size_beyond_reason_is_refused_before_anything_is_made_of_it(string family, string changes, string message)
    {
        using var workers = new Workers(1);
        using var written = new TemporaryFolder();
        ModelFolder folder = ModelFolder.Open(TestFiles.Fixture("families", family));
        JsonObject json = JsonNode.Parse(File.ReadAllText(TestFiles.Fixture("families", family, "config.json")))!.AsObject();
        foreach ((string key, JsonNode? value) in JsonNode.Parse(changes)!.AsObject())
        {
            Assert.True(key == "expansion_ratio" || json.ContainsKey(key), $"{family} has no {key}");
            json[key] = value!.DeepClone();
        }

        string path = written.Write("config.json", json.ToJsonString());
        long before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<CheckpointFormatException>(() => LanguageModel.Load(folder, JsonFile.ReadObject(path), path, workers));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    /// <summary>Opens the model and runs a few tokens.</summary>
    private static bool IsRead(ModelFolder folder, string path, Workers workers, string what)
    {
        try
        {
            LanguageModel model = LanguageModel.Load(folder, JsonFile.ReadObject(path), path, workers);
            int[] ids = [.. new[] { 3, 1, 2 }.Take(model.Config.ContextLength)];
            if (model.Config.IsCausal)
                model.NextLogits(ids);
            else
                model.HiddenStates(ids);
            return true;
        }
        catch (CheckpointFormatException error)
        {
            Assert.InRange(error.Message.Length, 10, 3000);
            return false;
        }
        catch (Exception error) when (error is not Xunit.Sdk.XunitException)
        {
            throw new InvalidOperationException($"{what}: {error.GetType().Name}: {error.Message}\n{File.ReadAllText(path)}", error);
        }
    }
}
