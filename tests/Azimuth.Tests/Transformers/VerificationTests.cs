using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;
using Azimuth.Transformers;

namespace Azimuth.Tests.Transformers;

/// <summary>A verification never passes what it has not compared.</summary>
public sealed class VerificationTests : IDisposable
{
    private readonly Workers _workers = new(1);
    private readonly string _folder = Directory.CreateTempSubdirectory("azimuth-verification").FullName;

    public VerificationTests()
    {
        foreach (string file in Directory.GetFiles(TestFiles.Fixture("families", "gpt2")))
            File.Copy(file, In(Path.GetFileName(file)));
    }

    [Theory]
    [InlineData("2.resid_mid.1", 2e-4f)]
    [InlineData("0.attention.0", 2e-4f)]
    [InlineData("1.logits", float.NaN)]
    [InlineData("1.final_norm", float.PositiveInfinity)]
    public void One_value_of_one_site_is_enough_to_fail(string site, float added)
    {
        byte[] bytes = File.ReadAllBytes(In("expected.safetensors"));
        Span<byte> value = bytes.AsSpan((int)SafetensorsFile.Open(In("expected.safetensors")).Find(site)!.Offset);
        BitConverter.TryWriteBytes(value, BitConverter.ToSingle(value) + added);
        File.WriteAllBytes(In("expected.safetensors"), bytes);
        VerificationResult result = Verification.Run(_folder, _workers);
        Assert.False(result.Passed);
        Assert.True(result.GreedyEqual);
    }

    [Fact]
    public void Another_greedy_continuation_fails()
    {
        Change("expected.json", json => json["cases"]![1]!["greedy_continuation"]![11] = 0);
        VerificationResult result = Verification.Run(_folder, _workers);
        Assert.False(result.Passed);
        Assert.True(result.LargestDifference < 1e-4);
    }

    [Fact]
    public void A_reference_of_a_case_that_the_inputs_lack_is_refused()
    {
        Change("inputs.json", json => json.AsArray().RemoveAt(2));
        Change("expected.json", json => json["cases"]!.AsArray().RemoveAt(2));
        var error = Assert.Throws<CheckpointFormatException>(() => Verification.Run(_folder, _workers));
        Assert.Contains("expected a name CASE.SITE with a case from 0 to 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_greedy_continuation_that_is_no_list_is_refused()
    {
        Change("expected.json", json => json["cases"]![0]!["greedy_continuation"] = "1,2,3");
        var error = Assert.Throws<CheckpointFormatException>(() => Verification.Run(_folder, _workers));
        Assert.Contains("expected token ids for greedy_continuation, found String", error.Message, StringComparison.Ordinal);
    }

    private string In(string name) => Path.Combine(_folder, name);

    private void Change(string file, Action<JsonNode> change)
    {
        JsonNode json = JsonNode.Parse(File.ReadAllText(In(file)))!;
        change(json);
        File.WriteAllText(In(file), json.ToJsonString());
    }

    public void Dispose()
    {
        _workers.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
