using System.Diagnostics;
using System.Text.Json;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Conversion;
using Azimuth.Numerics;
using Azimuth.Tests.Checkpoints;
using Azimuth.Transformers;

namespace Azimuth.Tests.Conversion;

/// <summary>
/// GGUF files written here, run by llama.cpp itself: the prebuilt binary of npm's node-llama-cpp, in the folder that the environment variable AZIMUTH_NODE_LLAMA_CPP names
/// (<c>npm install --ignore-scripts node-llama-cpp</c>).
/// </summary>
public sealed class LlamaCppTests
{
    private const int Tokens = 8;

    private const string Script = """
        import { createRequire } from "node:module";
        import { pathToFileURL } from "node:url";
        const [packages, count, jobs] = process.argv.slice(2);
        const { getLlama, LlamaLogLevel } = await import(pathToFileURL(createRequire(packages + "/package.json").resolve("node-llama-cpp")).href);
        const llama = await getLlama({ gpu: false, build: "never", maxThreads: 2, logLevel: LlamaLogLevel.error });
        const out = {};
        for (const [file, prompts] of Object.entries(JSON.parse(jobs))) {
          try {
            const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 });
            out[file] = [];
            for (const ids of prompts) {
              const context = await model.createContext({ contextSize: 64, threads: 2 });
              const made = [];
              for await (const token of context.getSequence().evaluate(ids, { temperature: 0, yieldEogToken: true })) { made.push(token); if (made.length === Number(count)) break; }
              out[file].push(made);
              await context.dispose();
            }
          } catch (e) { out[file] = String(e); }
        }
        console.log(JSON.stringify(out));
        process.exit(0);
        """;

    /// <summary>llama.cpp ignores windows other than Gemma's, whatever the file says.</summary>
    private static readonly string[] WindowIgnored = ["mistral", "phi3"];

    [Fact]
    public async Task Greedy_tokens_of_every_family_are_the_references()
    {
        string? packages = Environment.GetEnvironmentVariable("AZIMUTH_NODE_LLAMA_CPP");
        Assert.SkipUnless(packages is not null && Directory.Exists(Path.Combine(packages, "node_modules", "node-llama-cpp")), "AZIMUTH_NODE_LLAMA_CPP names no folder in which npm's node-llama-cpp is installed");
        using var folder = new TemporaryFolder();
        using var workers = new Workers(2);
        var jobs = new Dictionary<string, int[][]>();
        var expected = new Dictionary<string, (string Family, int[][] Greedy)>();
        foreach (string family in FamilyRoundTripTests.Convertible.Select(row => row.Data).Where(family => !FamilyRoundTripTests.Inexpressible.ContainsKey(family) && !family.Contains("bert", StringComparison.Ordinal)))
        {
            string source = TestFiles.Fixture("families", family), path = folder.File(family + ".gguf");
            ModelConverter.ToGguf(LanguageModel.Load(source, workers), new ConversionOptions { Type = TensorType.F32 }, path, cancellation: TestContext.Current.CancellationToken);
            AddVocabulary(path);
            int[][] inputs = JsonSerializer.Deserialize<int[][]>(File.ReadAllBytes(Path.Combine(source, "inputs.json")))!;
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(source, "expected.json")));
            int[][] greedy = [.. document.RootElement.GetProperty("cases").EnumerateArray().Select(one => one.GetProperty("greedy_continuation").EnumerateArray().Take(Tokens).Select(id => id.GetInt32()).ToArray())];
            // Runs that stay within the window do not notice it; of LongRoPE's two lists llama.cpp takes the long one for every run in a context beyond the original one.
            bool isWindowed = WindowIgnored.Contains(family);
            int from = family == "phi3-longrope" ? 2 : 0, to = isWindowed ? 1 : inputs.Length;
            jobs[path] = inputs[from..to];
            expected[path] = (family, [.. greedy[from..to].Select(ids => isWindowed ? ids[..6] : ids)]);
        }

        folder.Write("greedy.mjs", Script);
        using Process process = Process.Start(new ProcessStartInfo("node", ["greedy.mjs", packages!, $"{Tokens}", JsonSerializer.Serialize(jobs)])
        {
            WorkingDirectory = folder.Path,
            RedirectStandardOutput = true,
        })!;
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"node ended with {process.ExitCode}: {output}");
        using JsonDocument found = JsonDocument.Parse(output[output.IndexOf('{', StringComparison.Ordinal)..]);
        var wrong = new List<string>();
        foreach (var (path, (family, greedy)) in expected)
        {
            JsonElement made = found.RootElement.GetProperty(path);
            string want = string.Join(" | ", greedy.Select(ids => string.Join(' ', ids)));
            string got = made.ValueKind == JsonValueKind.Array ? string.Join(" | ", made.EnumerateArray().Select((ids, i) => string.Join(' ', ids.EnumerateArray().Take(greedy[i].Length)))) : made.ToString();
            TestContext.Current.TestOutputHelper?.WriteLine($"{family}: {(want == got ? "the reference's tokens" : $"{got}, expected {want}")}");
            if (want != got)
                wrong.Add(family);
        }

        Assert.Equal([], wrong);
    }

    /// <summary>The package encodes a text whenever it loads a model; the fixtures have no tokenizer. Ids are what is compared, their texts mean nothing.</summary>
    private static void AddVocabulary(string path)
    {
        GgufFile file = GgufFile.Open(path);
        int count = file.Metadata.GetInt32(file.Metadata.GetString("general.architecture") + ".vocab_size");
        var keys = GgufKeys.From(file.Metadata);
        keys.Set("tokenizer.ggml.model", "llama");
        // The package asks for the blank mark and for bytes, llama.cpp for four special tokens where a model's name has "phi3" in it.
        string[] special = ["<unk>", "<s>", "</s>", "<|endoftext|>", "▁"];
        keys.Set("tokenizer.ggml.tokens", (IReadOnlyList<string>)[.. Enumerable.Range(0, count).Select(id => id < special.Length ? special[id] : $"<0x{id - special.Length:X2}>")]);
        keys.Set("tokenizer.ggml.scores", new float[count]);
        keys.Set("tokenizer.ggml.token_type", (IReadOnlyList<int>)[.. Enumerable.Range(0, count).Select(id => id switch { 0 => 2, < 4 => 3, 4 => 1, _ => 6 })]);
        GgufTensor[] tensors = [.. file.Tensors.Select(tensor => new GgufTensor(tensor.Name, tensor.Type!.Value, tensor.Shape, file.Bytes(tensor.Name)))];
        GgufWriter.Save(path, keys, tensors, cancellation: TestContext.Current.CancellationToken);
    }
}
