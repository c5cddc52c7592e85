using Azimuth.Checking.Rules;

namespace Azimuth.Checking;

/// <summary>Every rule: one line each, in the order in which they look. The last two speak only of what no rule before them explains.</summary>
public static class CheckRules
{
    /// <summary>Every rule.</summary>
    public static IReadOnlyList<CheckRule> All { get; } =
    [
        WeightsUnreadable.Rule,
        ConfigUnreadable.Rule,
        TensorsMissing.Rule,
        TensorsMisshapen.Rule,
        TensorsUnused.Rule,
        ReaderRemarks.Rule,
        TypesUnread.Rule,
        PaddingRows.Rule,
        IdsBeyondRows.Rule,
        AddedTokensWithoutRows.Rule,
        DuplicateRows.Rule,
        ZeroRows.Rule,
        NonFiniteRows.Rule,
        NonFiniteTensors.Rule,
        VocabularySize.Rule,
        TiedWithTwoTables.Rule,
        UntiedWithOneTable.Rule,
        UntiedWithEqualTables.Rule,
        SpecialRowsUntrained.Rule,
        NearlyEqualRows.Rule,
        DuplicateTokens.Rule,
        MergesOutsideVocabulary.Rule,
        UnreachableByMerges.Rule,
        IdsWithoutToken.Rule,
        PositionCount.Rule,
        TokenizerLongerThanContext.Rule,
        PositionsMissing.Rule,
        RotaryLimits.Rule,
        PositionRows.Rule,
        SpecialIdsOutOfRange.Rule,
        SpecialIdsDiffer.Rule,
        TemplateTokens.Rule,
        SwappedTokenizer.Rule,
        HalfPrecisionWeights.Rule,
        HalfPrecisionActivations.Rule,
        StoredTypeDiffers.Rule,
        UnequalLengths.Rule,
        Anisotropy.Rule,
        StaticRows.Rule,
        SentenceEncoder.Rule,
        NumbersNotVectors.Rule,
        PlanePicture.Rule,
        AnalogiesUnvalidated.Rule,
        TokenizerUnreadable.Rule,
        DoesNotRun.Rule,
    ];

    /// <summary>The rule of a code, letters' case ignored, or null.</summary>
    public static CheckRule? Find(string code) => All.FirstOrDefault(rule => rule.Code.Equals(code, StringComparison.OrdinalIgnoreCase));
}
