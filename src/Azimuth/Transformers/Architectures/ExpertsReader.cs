namespace Azimuth.Transformers.Architectures;

/// <summary>Settings of a mixture of experts.</summary>
internal static class ExpertsReader
{
    /// <summary>How many experts there are and how many run for a token; <paramref name="count"/> and <paramref name="used"/> are the family's defaults.</summary>
    public static ExpertsConfig Read(ConfigReader config, string countKey, int count, int used, bool renormalised)
    {
        (count, used) = (config.Count(countKey, count), config.Count("num_experts_per_tok", used));
        return used <= count
            ? new ExpertsConfig(count, used, renormalised)
            : throw config.Error("num_experts_per_tok", $"expected at most {countKey} ({count}), found {used}");
    }
}
