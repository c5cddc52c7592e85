namespace Azimuth.Transformers.Architectures;

/// <summary>Settings of a mixture of experts.</summary>
internal static class ExpertsReader
{
    /// <summary>How many experts there are and how many run for a token.</summary>
    public static ExpertsConfig Read(ConfigReader config, string countKey, bool renormalised)
    {
        int count = config.Count(countKey), used = config.Count("num_experts_per_tok", 2);
        return used <= count
            ? new ExpertsConfig(count, used, renormalised)
            : throw config.Error("num_experts_per_tok", $"expected at most {countKey} ({count}), found {used}");
    }
}
