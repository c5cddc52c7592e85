using Azimuth.Checking;
using Azimuth.Checkpoints;
using Azimuth.Numerics;

namespace Azimuth.Tests.Checking;

/// <summary>Sound models have no findings.</summary>
public sealed class SoundModelTests : IDisposable
{
    private readonly Workers _workers = new(2);

    public static TheoryData<string> Families =>
        [.. Directory.GetDirectories(TestFiles.Fixture("families")).Where(f => File.Exists(Path.Combine(f, "inputs.json"))).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Families))]
    public void A_family_has_none(string family) => AssertNone(ModelCheck.Run(TestFiles.Fixture("families", family), _workers));

    [Theory]
    [InlineData("novels-gpt")]
    [InlineData("SmolLM2-135M-Instruct")]
    public void A_bundled_model_has_none_and_was_run(string name)
    {
        CheckReport report = ModelCheck.Run(TestFiles.Model(name), _workers);
        AssertNone(report);
        Assert.True(report.Checked.Single(c => c.Code == "AZ701").Ran);
    }

    [Theory]
    [InlineData("model-gpt2/hf")]
    [InlineData("model-llama/hf")]
    [InlineData("model-gpt2/model.gguf")]
    [InlineData("model-llama/model.gguf")]
    [InlineData("model-llama/model-q8_0.gguf")]
    public void An_untrained_model_with_its_tokenizer_has_none(string path) =>
        AssertNone(ModelCheck.Run(TestFiles.Fixture("checkpoints", "gguf", path), _workers));

    [Theory]
    [InlineData("stories260K")]
    [InlineData("stories260K/gguf/stories260K-f32.gguf")]
    [InlineData("stories260K/gguf/stories260K-q8_0.gguf")]
    public void A_model_that_never_met_its_end_token_has_a_note_that_says_so(string path)
    {
        CheckReport report = ModelCheck.Run(TestFiles.Shared("data", path), _workers, new CheckOptions { Advice = true });
        Assert.False(report.HasProblems);
        Assert.Contains("\"</s>\" (id 2)", Assert.Single(report.Findings, f => f.Severity == Severity.Note && f.Code == "AZ301").Message, StringComparison.Ordinal);
        // 221 of its 512 rows have a cosine of 0.9999 or more with another; most of them have its length too, fewer after rounding to 8 bits.
        Assert.InRange((int)Assert.Single(report.Findings, f => f.Code == "AZ302").Evidence["rows"], 190, 221);
    }

    [Fact]
    public void Every_rule_is_listed_with_why_it_did_not_look()
    {
        CheckReport report = ModelCheck.Run(TestFiles.Fixture("families", "llama"), _workers);
        Assert.Equal(CheckRules.All.Select(r => r.Code).Order(StringComparer.Ordinal), report.Checked.Select(c => c.Code));
        Assert.All(report.Checked, c => Assert.Equal(c.Ran, c.Reason is null));
        Assert.Equal("there is no tokenizer", report.Checked.Single(c => c.Code == "AZ101").Reason);
    }

    [Fact]
    public void Codes_are_distinct_and_well_formed()
    {
        Assert.Equal(CheckRules.All.Count, CheckRules.All.Select(r => r.Code).Distinct().Count());
        Assert.All(CheckRules.All, r => Assert.Matches("^AZ[0-9]{3}$", r.Code));
    }

    [Theory]
    [InlineData("no/such/path")]
    [InlineData("README.md")]
    public void What_is_no_model_at_all_is_refused(string path) =>
        Assert.Throws<CheckpointFormatException>(() => ModelCheck.Run(Path.Combine(TestFiles.Root, path), _workers));

    [Fact]
    public void A_check_can_be_cancelled() => Assert.ThrowsAny<OperationCanceledException>(() =>
        ModelCheck.Run(TestFiles.Model("novels-gpt"), _workers, null, null, new CancellationToken(canceled: true)));

    public void Dispose() => _workers.Dispose();

    private static void AssertNone(CheckReport report) =>
        Assert.True(report.Findings.Count == 0, string.Join('\n', report.Findings.Select(f => $"{f.Code} {f.Severity}: {f.Message}")));
}
