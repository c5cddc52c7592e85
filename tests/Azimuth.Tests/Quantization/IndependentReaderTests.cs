using System.Diagnostics;
using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Conversion;
using Azimuth.Numerics;
using Azimuth.Quantization;
using Azimuth.Tests.Checkpoints;
using Azimuth.Transformers;

namespace Azimuth.Tests.Quantization;

/// <summary>Files as another program reads them: the npm package @huggingface/gguf, where node and its registry can be had.</summary>
public sealed class IndependentReaderTests
{
    private const string Script = """
        import { gguf } from "@huggingface/gguf";
        import { readFileSync } from "node:fs";
        const path = process.argv[2];
        const { metadata, tensorInfos, tensorDataOffset } = await gguf(path, { allowLocalFile: true });
        const bytes = readFileSync(path);
        const values = {};
        for (const t of tensorInfos) {
          const at = Number(tensorDataOffset + t.offset);
          values[t.name] = { type: t.dtype, shape: t.shape.map(Number), bytes: bytes.subarray(at, at + 32).toString("hex") };
        }
        const plain = Object.fromEntries(Object.entries(metadata).map(([k, v]) => [k, Array.isArray(v) ? { length: v.length, first: v.slice(0, 300) } : v]));
        console.log(JSON.stringify({ plain, values }, (_, v) => typeof v === "bigint" ? Number(v) : v));
        """;

    [Fact]
    public async Task Another_reader_finds_the_same_keys_tensors_and_values()
    {
        using var folder = new TemporaryFolder();
        using var workers = new Workers(2);
        await InstallAsync(folder);
        folder.Write("read.mjs", Script);
        string path = folder.File("novels.gguf");
        LanguageModel model = LanguageModel.Load(TestFiles.Model("novels-gpt"), workers);
        ModelQuantizer.SaveGguf(model, QuantizationType.Q4_0, QuantizedPart.All, path, cancellation: TestContext.Current.CancellationToken);
        await CompareAsync(folder, path);
        foreach (string family in new[] { "gemma3", "phi3-longrope", "falcon-40b-style", "bert", "llama-rope-llama3" })
        {
            path = folder.File(family + ".gguf");
            model = LanguageModel.Load(TestFiles.Fixture("families", family), workers);
            ModelConverter.ToGguf(model, new ConversionOptions { Type = TensorType.F16 }, path, cancellation: TestContext.Current.CancellationToken);
            await CompareAsync(folder, path);
        }
    }

    private static async Task CompareAsync(TemporaryFolder folder, string path)
    {
        (int exit, string output) = await RunAsync(folder.Path, "node", "read.mjs", path);
        Assert.True(exit == 0, output);
        using JsonDocument read = JsonDocument.Parse(output);
        GgufFile own = GgufFile.Open(path);
        JsonElement plain = read.RootElement.GetProperty("plain"), values = read.RootElement.GetProperty("values");
        foreach (GgufValue value in own.Metadata.Values)
        {
            JsonElement found = plain.GetProperty(value.Key);
            if (value.Type == GgufType.Array)
            {
                GgufArray array = value.AsArray();
                Assert.Equal(array.Count, found.GetProperty("length").GetInt32());
                Assert.Equal(array.Take(300).Select(element => element.ToString()), found.GetProperty("first").EnumerateArray().Select(element => element.ToString()));
            }
            else if (value.Type == GgufType.Float32)
                Assert.Equal(value.AsSingle(), found.GetSingle());
            else
                Assert.Equal(value.ToString(), found.ToString(), ignoreCase: true);
        }

        Assert.Equal(own.Tensors.Count, values.EnumerateObject().Count());
        foreach (TensorInfo tensor in own.Tensors)
        {
            JsonElement found = values.GetProperty(tensor.Name);
            Assert.Equal(tensor.Shape.Reverse(), found.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()));
            Assert.Equal(tensor.TypeName, found.GetProperty("type").GetInt32() switch { 0 => "F32", 1 => "F16", 2 => "Q4_0", _ => "another" });
            Assert.StartsWith(Convert.ToHexStringLower(own.Bytes(tensor.Name).Span(0, (int)Math.Min(32, tensor.SizeBytes))), found.GetProperty("bytes").GetString(), StringComparison.Ordinal);
        }
    }

    private static async Task InstallAsync(TemporaryFolder folder)
    {
        folder.Write("package.json", """{ "private": true, "type": "module" }""");
        try
        {
            (int exit, string output) = await RunAsync(folder.Path, "npm", "install", "--no-audit", "--no-fund", "@huggingface/gguf@0.4.6");
            Assert.SkipUnless(exit == 0, $"the package @huggingface/gguf cannot be installed: {output.Trim().Split('\n')[^1]}");
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or OperationCanceledException)
        {
            Assert.Skip($"npm cannot be run here: {e.Message}");
        }
    }

    private static async Task<(int Exit, string Output)> RunAsync(string folder, string program, params string[] arguments)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(90));
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token), error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, process.ExitCode == 0 ? await output : await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
