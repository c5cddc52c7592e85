using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;
using Azimuth.Transformers;

namespace Azimuth.Tests.Transformers;

/// <summary>Every intermediate value of a small model of each family against the reference implementation.</summary>
public class FamilyTests
{
    /// <summary>The reference's own float32 error is up to 1e-5 (its README); a wrong constant shows far above this.</summary>
    private const double Tolerance = 1e-4;

    public static IEnumerable<TheoryDataRow<string>> Families() =>
        Directory.GetDirectories(TestFiles.Fixture("families")).Select(folder => new TheoryDataRow<string>(Path.GetFileName(folder))).OrderBy(row => row.Data);

    [Fact]
    public void All_families_are_here() => Assert.Equal(57, Families().Count());

    [Theory]
    [MemberData(nameof(Families))]
    public void Every_site_and_every_greedy_continuation_equals_the_reference(string family)
    {
        using var workers = new Workers(2);
        VerificationResult result = Verification.Run(TestFiles.Fixture("families", family), workers, Tolerance);
        foreach (VerificationCase one in result.Cases)
        {
            SiteDifference worst = one.Sites.MaxBy(site => site.LargestDifference)!;
            Assert.True(
                worst.LargestDifference <= Tolerance,
                $"{family}, {one.Config}, case {one.Case}: {worst.Site} differs by {worst.LargestDifference:g3} at index {worst.Index} (expected {worst.Expected:g9}, found {worst.Found:g9})");
            Assert.Equal(one.GreedyExpected, one.GreedyFound);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{family}: largest difference {result.LargestDifference:g3}");
        Assert.True(result.Passed);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Every_site_of_the_reference_is_compared_under_every_config_file(string family)
    {
        string folder = TestFiles.Fixture("families", family);
        using var workers = new Workers(1);
        VerificationResult result = Verification.Run(folder, workers);
        int configs = File.Exists(Path.Combine(folder, "config.older.json")) ? 2 : 1;
        int tensors = SafetensorsFile.Open(Path.Combine(folder, "expected.safetensors")).Tensors.Count;
        Assert.Equal(configs * tensors, result.Cases.Sum(one => one.Sites.Count));
        // An encoder has hidden states instead of a continuation.
        Assert.All(result.Cases, one => Assert.Equal(one.Sites.Any(site => site.Site == "hidden_state.0") ? 0 : 12, one.GreedyExpected.Count));
    }
}
