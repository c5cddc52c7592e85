using System.Globalization;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Transformers;

/// <summary>Compares a model with every intermediate value a reference implementation gave for it.</summary>
public static class Verification
{
    /// <summary>
    /// Runs a folder with <c>config.json</c> (and <c>config.older.json</c>), <c>model.safetensors</c>, <c>inputs.json</c> (lists of token ids),
    /// <c>expected.safetensors</c> (keys CASE.SITE) and <c>expected.json</c> (greedy continuations of a decoder).
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="workers">Threads.</param>
    /// <param name="tolerance">Largest absolute difference that passes.</param>
    /// <exception cref="CheckpointFormatException">A file is missing or is not what it should be.</exception>
    public static VerificationResult Run(string folder, Workers workers, double tolerance = 1e-4)
    {
        ReferenceFolder reference = ReferenceFolder.Open(folder);
        var cases = new List<VerificationCase>();
        string architecture = "";
        foreach (string name in reference.Configs)
        {
            string path = Path.Combine(folder, name);
            LanguageModel model = LanguageModel.Load(ModelFolder.Open(folder), JsonFile.ReadObject(path), path, workers);
            architecture = model.Config.Architecture;
            for (int i = 0; i < reference.Inputs.Count; i++)
                cases.Add(RunCase(reference, model, name, i));
        }

        return new VerificationResult { Folder = folder, Architecture = architecture, Tolerance = tolerance, Cases = cases };
    }

    private static VerificationCase RunCase(ReferenceFolder reference, LanguageModel model, string config, int index)
    {
        int[] ids = reference.Inputs[index];
        TraceSites logits = model.Config.Output.HasLogits ? TraceSites.Logits : TraceSites.None;
        Trace trace = model.Trace(ids, TraceSites.Residuals | TraceSites.AttentionPattern | TraceSites.FinalNorm | logits);
        string prefix = FormattableString.Invariant($"{index}.");
        var sites = new List<SiteDifference>();
        foreach (TensorInfo tensor in reference.Expected.Tensors.Where(t => t.Name.StartsWith(prefix, StringComparison.Ordinal)))
        {
            string site = tensor.Name[prefix.Length..];
            sites.Add(Compare(site, Values(reference.Expected, tensor), Found(model, trace, site, tensor, reference.Path)));
        }

        if (sites.Count == 0)
            throw new CheckpointFormatException(reference.Expected.Path, $"expected values of case {index}, found none");
        int[] expected = reference.Greedy[index], found = expected.Length == 0 ? [] : Generator.Greedy(model, ids, expected.Length);
        return new VerificationCase(config, index, ids.Length, sites, found.AsSpan().SequenceEqual(expected), expected, found, reference.OwnError[index]);
    }

    private static SiteDifference Compare(string site, float[] expected, float[] found)
    {
        if (expected.Length != found.Length)
            return new SiteDifference(site, double.PositiveInfinity, 0, expected.Length, found.Length);
        int at = 0;
        double largest = -1;
        for (int i = 0; i < expected.Length; i++)
        {
            double difference = Math.Abs((double)expected[i] - found[i]);
            if (double.IsNaN(difference))
                difference = double.PositiveInfinity;
            if (difference > largest)
                (largest, at) = (difference, i);
        }

        return expected.Length == 0 ? new SiteDifference(site, 0, 0, 0, 0) : new SiteDifference(site, largest, at, expected[at], found[at]);
    }

    /// <summary>This model's values of a site as the reference names it.</summary>
    private static float[] Found(LanguageModel model, Trace trace, string site, TensorInfo tensor, string folder)
    {
        string[] parts = site.Split('.');
        if (site == "logits" && !model.Config.Output.HasLogits)
            throw new CheckpointFormatException(folder, $"the model has no {(model.Config.IsCausal ? "output table" : "masked-language head")}, so its logits cannot be compared. Give the weights with it, or leave the logits out of expected.safetensors", tensor.Name);
        if (site == "pooler" && !model.Config.HasPooler)
            throw new CheckpointFormatException(folder, "the model has no pooler, so that value cannot be compared. Give the weights with it, or leave the pooler out of expected.safetensors", tensor.Name);
        int layer = parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1;
        try
        {
            return (parts[0], layer) switch
            {
                ("final_norm", -1) => trace.FinalNorm.Values,
                ("hidden_state", >= 0) => HiddenState(trace, layer).Values,
                ("pooler", -1) => model.Parts.ApplyPooler(new Matrix(1, trace.FinalNorm.Columns, [.. trace.FinalNorm.Row(0)])).Values,
                ("logits", -1) => trace.Logits.Values,
                ("resid_pre", >= 0) => trace.Residual(TraceSites.ResidPre, layer).Values,
                ("resid_mid", >= 0) => trace.Residual(TraceSites.ResidMid, layer).Values,
                ("resid_post", >= 0) => trace.Residual(TraceSites.ResidPost, layer).Values,
                ("attention", >= 0) => [.. trace.AttentionPattern(layer).SelectMany(head => head.Values)],
                _ => throw new ArgumentException("the known sites are resid_pre.L, resid_mid.L, resid_post.L, hidden_state.L, attention.L, final_norm, pooler and logits"),
            };
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new CheckpointFormatException(folder, $"{e.Message}. Check expected.safetensors", tensor.Name);
        }
    }

    /// <summary>What enters layer L; after the last layer, the final norm.</summary>
    private static Matrix HiddenState(Trace trace, int layer) => layer == trace.LayerCount ? trace.FinalNorm : trace.Residual(TraceSites.ResidPre, layer);

    private static float[] Values(SafetensorsFile file, TensorInfo tensor)
    {
        int count = checked((int)tensor.ElementCount);
        var values = new float[count];
        new StoredMatrix(tensor.Type ?? throw new CheckpointFormatException(file.Path, $"{tensor.TypeName} has no float reading", tensor.Name), 1, count, file.Bytes(tensor.Name))
            .ReadRow(0, values);
        return values;
    }
}

/// <summary>What the comparison of one folder gave.</summary>
public sealed record VerificationResult
{
    /// <summary>The folder.</summary>
    public required string Folder { get; init; }

    /// <summary>The family.</summary>
    public required string Architecture { get; init; }

    /// <summary>Largest absolute difference that passes.</summary>
    public required double Tolerance { get; init; }

    /// <summary>One entry for each config file and list of ids.</summary>
    public required IReadOnlyList<VerificationCase> Cases { get; init; }

    /// <summary>Largest difference between the reference's own float32 and float64 runs; null where the folder does not say.</summary>
    public double? ReferenceError => Cases.Max(c => c.ReferenceError);

    /// <summary>The largest difference anywhere; NaN counts as infinite.</summary>
    public double LargestDifference => Cases.Max(c => c.LargestDifference);

    /// <summary>True when all greedy continuations are equal.</summary>
    public bool GreedyEqual => Cases.All(c => c.GreedyEqual);

    /// <summary>True when every site is within the tolerance and all continuations are equal.</summary>
    public bool Passed => LargestDifference <= Tolerance && GreedyEqual;
}

/// <summary>One list of ids run under one config file.</summary>
/// <param name="Config"><c>config.json</c> or <c>config.older.json</c>.</param>
/// <param name="Case">Index of the list of ids.</param>
/// <param name="Length">Number of ids.</param>
/// <param name="Sites">The sites compared.</param>
/// <param name="GreedyEqual">True when the greedy continuation is equal (or none was given).</param>
/// <param name="GreedyExpected">The reference's continuation.</param>
/// <param name="GreedyFound">This model's.</param>
/// <param name="ReferenceError">Largest difference between the reference's own float32 and float64 runs; null where the folder does not say.</param>
public sealed record VerificationCase(
    string Config, int Case, int Length, IReadOnlyList<SiteDifference> Sites, bool GreedyEqual, IReadOnlyList<int> GreedyExpected, IReadOnlyList<int> GreedyFound,
    double? ReferenceError)
{
    /// <summary>The largest difference of the case.</summary>
    public double LargestDifference => Sites.Max(s => s.LargestDifference);
}

/// <summary>One site compared.</summary>
/// <param name="Site">As the file names it: <c>resid_mid.1</c>.</param>
/// <param name="LargestDifference">Largest absolute difference; infinite where a value is not a number.</param>
/// <param name="Index">Where it is: row-major index in the site's tensor.</param>
/// <param name="Expected">The reference's value there.</param>
/// <param name="Found">This model's.</param>
public sealed record SiteDifference(string Site, double LargestDifference, int Index, double Expected, double Found);
