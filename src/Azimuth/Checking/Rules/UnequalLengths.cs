namespace Azimuth.Checking.Rules;

/// <summary>Rows of very different length: dot product and cosine then rank neighbours differently.</summary>
internal static class UnequalLengths
{
    private const double Spread = 0.1;

    public static CheckRule Rule { get; } = new("AZ901", "Lengths differ: a dot product is no cosine", Severity.Advice, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Geometry is not { } table)
            return RuleVerdict.CannotRun(subject.Input.Reason("token table"));
        double spread = table.NormSdPopulation / table.NormMean;
        return spread <= Spread ? RuleVerdict.Nothing : Rule.Find(
            $"The rows' lengths spread by {Words.Three(100 * spread)} % around {Words.Three(table.NormMean)}: ranked by dot product, long rows come first whatever they mean.",
            "Compare directions by cosine, or divide every row by its length first; use the dot product where the model does, in the logits.",
            evidence: [("normMean", table.NormMean), ("normSd", table.NormSdPopulation), ("spread", spread)]);
    }
}
