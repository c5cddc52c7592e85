using System.Text.Json;
using System.Text.Json.Nodes;
using Azimuth.Checking;
using Azimuth.Cli.Commands;

namespace Azimuth.Cli.Tests;

public sealed class CheckTests
{
    [Fact]
    public void Every_code_has_a_page_and_every_page_a_code()
    {
        string[] codes = [.. CheckRules.All.Select(r => r.Code).Order(StringComparer.Ordinal)];
        string[] files = [.. Directory.GetFiles(Path.Combine(TestFiles.Root, "docs", "findings")).Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal)];
        Assert.Equal(codes, files);
        Assert.Equal(codes, FindingPages.Codes);
        foreach (CheckRule rule in CheckRules.All)
        {
            string page = FindingPages.Read(rule.Code);
            Assert.StartsWith($"# {rule.Code}: {rule.Title}\n", page, StringComparison.Ordinal);
            foreach (string part in new[] { $"**Severity:** {rule.Severity.ToString().ToLowerInvariant()}", "**What it means.**", "**How it happens.**", "**How to see it.**", "**How to fix it.**" })
                Assert.Contains(part, page, StringComparison.Ordinal);
            Assert.Contains($"({rule.Page["docs/".Length..]})", File.ReadAllText(Path.Combine(TestFiles.Root, "docs", "checking.md")), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("token ids used as numbers")]
    [InlineData("dot used as cosine")]
    [InlineData("static rows read as meaning")]
    [InlineData("missing positions")]
    [InlineData("vocabulary changed without rows")]
    [InlineData("PCA over-read")]
    [InlineData("anisotropy ignored")]
    [InlineData("analogy unvalidated")]
    [InlineData("retrieval and language-model tables confused")]
    [InlineData("ties ignored")]
    public void Each_classic_mistake_has_a_page(string mistake) =>
        Assert.Contains(FindingPages.Codes, code => FindingPages.Read(code).ReplaceLineEndings(" ").Contains($"classic mistakes: {mistake}.", StringComparison.Ordinal));

    [Fact]
    public async Task Findings_make_exit_code_1_and_stand_on_the_screen_with_evidence_fix_and_page()
    {
        using TemporaryFolder folder = Broken();
        CliResult run = await CliProcess.RunAsync("check", folder.Path, "novels-gpt", "--run", "never");
        Assert.Equal((1, ""), (run.ExitCode, run.Error));
        foreach (string part in new[] { "1 error, 1 warning", "Errors", "AZ601", "Warnings", "AZ502", "model_max_length", "contextLength 256", "docs/findings/AZ502.md", "novels-gpt: nothing found", "1 of 2 have errors or warnings." })
            Assert.Contains(part, run.Output, StringComparison.Ordinal);
        Assert.All(run.Output.Split('\n'), line => Assert.InRange(line.Length, 0, 100));
    }

    [Fact]
    public async Task A_file_of_weights_that_stands_alone_goes_by_its_own_name()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["garbage.safetensors"], "nothing of the kind");
        Assert.StartsWith("garbage.safetensors: 1 error", (await CliProcess.RunAsync("check", folder["garbage.safetensors"])).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_document_names_the_model_of_every_finding()
    {
        using TemporaryFolder folder = Broken();
        JsonElement document = (await CliProcess.RunAsync("check", folder.Path, "novels-gpt", "--run", "never", "--json")).ParseJson();
        Assert.Equal(2, document.GetProperty("models").GetArrayLength());
        JsonElement[] findings = [.. document.GetProperty("findings").EnumerateArray()];
        Assert.Equal(["AZ601", "AZ502"], findings.Select(f => f.GetProperty("code").GetString()!));
        Assert.Equal("warning", findings[1].GetProperty("severity").GetString());
        Assert.Equal(1000, findings[1].GetProperty("evidence").GetProperty("modelMaxLength").GetInt32());
        Assert.Equal(256, findings[1].GetProperty("evidence").GetProperty("contextLength").GetInt32());
        Assert.Contains(document.GetProperty("checked").EnumerateArray(), c => c.GetProperty("code").GetString() == "AZ701" && c.GetProperty("reason").GetString() == "the model was not to be run");
    }

    [Fact]
    public async Task What_cannot_be_loaded_is_a_finding_and_what_is_not_there_is_refused()
    {
        using TemporaryFolder folder = Broken();
        File.WriteAllText(folder["model.safetensors"], "no weights");
        CliResult run = await CliProcess.RunAsync("check", folder.Path);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("AZ001", run.Output, StringComparison.Ordinal);
        Assert.Contains("there is no such file", (await CliProcess.RunAsync("check", "no/such/folder")).Refusal(), StringComparison.Ordinal);
        Assert.Contains("found both", (await CliProcess.RunAsync("check", folder.Path, "-m", "novels-gpt")).Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_code_is_explained_without_a_model()
    {
        Assert.Contains("What it means.", (await CliProcess.RunAsync("check", "--explain", "az101")).Screen(), StringComparison.Ordinal);
        Assert.Contains("\"AZ999\"", (await CliProcess.RunAsync("check", "--explain", "AZ999")).Refusal(), StringComparison.Ordinal);
        JsonElement page = (await CliProcess.RunAsync("check", "--explain", "AZ101", "--json")).Json();
        Assert.StartsWith("# AZ101", page.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal("warning", page.GetProperty("severity").GetString());
    }

    [Fact]
    public async Task Sizes_of_a_config_alone_need_no_weights()
    {
        JsonElement sizes = (await CliProcess.RunAsync("sizes", "models/novels-gpt/config.json", "--json")).Json();
        Assert.Equal(3_505_152, sizes.GetProperty("parameters").GetInt64());
        Assert.Equal(JsonValueKind.Null, sizes.GetProperty("checkpoint").ValueKind);
    }

    /// <summary>novels-gpt with an end token beyond its table and a tokenizer that allows longer texts than the model.</summary>
    private static TemporaryFolder Broken()
    {
        TemporaryFolder folder = new();
        foreach (string file in new[] { "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json" })
            File.Copy(Path.Combine(TestFiles.Model("novels-gpt"), file), folder[file]);
        Change(folder["config.json"], json => json["eos_token_id"] = 5000);
        Change(folder["tokenizer_config.json"], json => json["model_max_length"] = 1000);
        return folder;
    }

    private static void Change(string path, Action<JsonObject> change)
    {
        JsonObject json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(json);
        File.WriteAllText(path, json.ToJsonString());
    }
}
