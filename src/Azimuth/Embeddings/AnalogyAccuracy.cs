using System.Text.Json.Serialization;

namespace Azimuth.Embeddings;

/// <summary>How the questions of a section, or of several, came out.</summary>
/// <param name="Section">The section's name; "semantic", "syntactic" or "total" for several.</param>
/// <param name="Questions">Questions in the file.</param>
/// <param name="Correct">The best answer was the one asked for.</param>
/// <param name="Incorrect">It was another.</param>
/// <param name="OutOfVocabulary">A word is no row, or its row has no direction: not asked.</param>
public sealed record AnalogyCounts(string Section, int Questions, int Correct, int Incorrect, int OutOfVocabulary)
{
    /// <summary>correct / (correct + incorrect); NaN when no question could be asked.</summary>
    public double Accuracy => Correct + Incorrect == 0 ? double.NaN : (double)Correct / (Correct + Incorrect);

    /// <summary>correct / questions: unknown words count as wrong answers (gensim's <c>dummy4unknown</c>); NaN without questions.</summary>
    public double AccuracyDummy4unknown => Questions == 0 ? double.NaN : (double)Correct / Questions;
}

/// <summary>A section's counts, each question's outcome, and how consistent its pairs are.</summary>
/// <param name="Counts">The counts.</param>
/// <param name="Answers">One character per question in file order: 1 right, 0 wrong, - out of vocabulary.</param>
/// <param name="AnswerIds">The row that answered each question; null where it was not asked or no row could answer.</param>
public sealed record AnalogySectionResult(AnalogyCounts Counts, string Answers, IReadOnlyList<int?> AnswerIds);

/// <summary>How one method answered a file of questions.</summary>
public sealed record AnalogyAccuracy
{
    /// <summary>The method.</summary>
    public required AnalogyMethod Method { get; init; }

    /// <summary>Section by section.</summary>
    public required IReadOnlyList<AnalogySectionResult> Sections { get; init; }

    /// <summary>All sections.</summary>
    public required AnalogyCounts Total { get; init; }

    /// <summary>Sections that are not named gram….</summary>
    public required AnalogyCounts Semantic { get; init; }

    /// <summary>Sections named gram….</summary>
    public required AnalogyCounts Syntactic { get; init; }

    /// <summary>What the numbers depend on.</summary>
    [JsonIgnore]
    public Conventions Conventions { get; init; } = new();
}

/// <summary>How questions are counted.</summary>
public sealed record AnalogyEvaluationOptions
{
    /// <summary>Which methods answer; one at least.</summary>
    public IReadOnlyList<AnalogyMethod> Methods { get; init; } = [AnalogyMethod.Add];

    /// <summary>3CosMul's ε.</summary>
    public double Epsilon { get; init; } = 1e-6;

    /// <summary>Which rows cannot be the answer; gensim leaves out every spelling of the question's words.</summary>
    public AnalogyExclusion Exclusion { get; init; } = AnalogyExclusion.Words;
}
