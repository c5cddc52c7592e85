using Azimuth.Numerics;

namespace Azimuth.Embeddings;

/// <summary>
/// Counts how many analogy questions a table answers (Mikolov et al. 2013), by each method at once. The cosines of a tile of rows with the questions'
/// distinct words are one matrix product in single precision; whatever could still be the best answer within its rounding is scored in double, so the
/// outcomes are those of the doubles. A question counts as right when its best row reads as the word asked for.
/// </summary>
public static class AnalogyEvaluation
{
    /// <summary>Answers every question of a file.</summary>
    /// <param name="questions">The questions.</param>
    /// <param name="words">Which rows are words and may be answers; rows beyond its <see cref="WordIndex.RowCount"/> do not exist.</param>
    /// <param name="options">Methods and exclusions.</param>
    /// <param name="workers">The threads to use; results do not depend on their number.</param>
    /// <param name="progress">Told the share of the rows done, 0 to 1.</param>
    /// <param name="cancellation">Checked between tiles of rows.</param>
    /// <returns>One result a method, in the order of the options.</returns>
    /// <exception cref="ArgumentException">No method, or an ε that is not above 0.</exception>
    public static IReadOnlyList<AnalogyAccuracy> Run(
        AnalogyQuestions questions, WordIndex words, AnalogyEvaluationOptions options, Workers workers,
        IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(questions);
        ArgumentNullException.ThrowIfNull(words);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(workers);
        if (options.Methods.Count == 0)
            throw new ArgumentException("at least one method expected", nameof(options));
        new AnalogyOptions { Epsilon = options.Epsilon }.Check();
        AnalogyQuestion[] all = [.. questions.Sections.SelectMany(section => section.Questions)];
        AskedQuestion?[] asked = [.. all.Select(question => Asked(question, words))];
        var search = new AnalogySearch(words, [.. asked.OfType<AskedQuestion>()], options);
        asked = [.. asked.Select(question => question is not null && search.HasDirections(question) ? question : null)];
        int?[][] answers = search.Run(workers, progress, cancellation);
        return [.. options.Methods.Select((method, m) => Count(method, questions, asked, answers[m], words, options))];
    }

    private static AskedQuestion? Asked(AnalogyQuestion question, WordIndex words) =>
        words.Find(question.A) is int a && words.Find(question.B) is int b && words.Find(question.C) is int c && words.Find(question.D) is int d
            ? new AskedQuestion(a, b, c, d) : null;

    private static AnalogyAccuracy Count(
        AnalogyMethod method, AnalogyQuestions questions, AskedQuestion?[] asked, int?[] answers, WordIndex words, AnalogyEvaluationOptions options)
    {
        List<AnalogySectionResult> sections = [];
        int at = 0, next = 0; // the next question, and the next that was given to the search
        foreach (AnalogySection section in questions.Sections)
        {
            var outcome = new char[section.Questions.Count];
            var ids = new int?[outcome.Length];
            for (int i = 0; i < outcome.Length; i++, at++)
            {
                if (Asked(section.Questions[i], words) is null)
                {
                    outcome[i] = '-';
                    continue;
                }

                int? answer = answers[next++];
                if (asked[at] is not AskedQuestion question)
                {
                    outcome[i] = '-';
                    continue;
                }

                ids[i] = answer;
                outcome[i] = answer is int id && words.Word(id) == words.Word(question.D) ? '1' : '0';
            }

            int correct = outcome.Count(c => c == '1'), unknown = outcome.Count(c => c == '-');
            sections.Add(new AnalogySectionResult(
                new AnalogyCounts(section.Name, outcome.Length, correct, outcome.Length - correct - unknown, unknown), new string(outcome), ids));
        }

        AnalogyCounts[] counts = [.. sections.Select(section => section.Counts)];
        return new AnalogyAccuracy
        {
            Method = method,
            Sections = sections,
            Total = Sum("total", counts),
            Semantic = Sum("semantic", counts.Where((_, i) => !questions.Sections[i].IsSyntactic)),
            Syntactic = Sum("syntactic", counts.Where((_, i) => questions.Sections[i].IsSyntactic)),
            Conventions = Conventions.OfTable(words.Table, [.. Notes(method, words, options)]) with { Angles = null },
        };
    }

    private static AnalogyCounts Sum(string name, IEnumerable<AnalogyCounts> counts) => counts.Aggregate(
        new AnalogyCounts(name, 0, 0, 0, 0),
        (sum, c) => new AnalogyCounts(name, sum.Questions + c.Questions, sum.Correct + c.Correct, sum.Incorrect + c.Incorrect, sum.OutOfVocabulary + c.OutOfVocabulary));

    private static IEnumerable<string> Notes(AnalogyMethod method, WordIndex words, AnalogyEvaluationOptions options)
    {
        yield return words.RowCount < words.Table.Count
            ? FormattableString.Invariant($"only the first {words.RowCount:N0} rows are words and answers")
            : FormattableString.Invariant($"all {words.RowCount:N0} rows are words and answers");
        yield return words.Convention;
        yield return options.Exclusion switch
        {
            AnalogyExclusion.Rows => "the question's three rows are excluded",
            AnalogyExclusion.Words => "every spelling of the question's words is excluded",
            _ => "no row is excluded",
        };
        if (method == AnalogyMethod.Mul)
            yield return FormattableString.Invariant($"3CosMul: cosines shifted to 0 … 1, epsilon {options.Epsilon:0.###e0}");
    }
}

/// <summary>A question as rows.</summary>
internal sealed record AskedQuestion(int A, int B, int C, int D);
