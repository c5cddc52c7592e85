namespace Azimuth.Embeddings;

/// <summary>a is to b as c is to d.</summary>
/// <param name="Line">Line number in the file, from 1; of questions made from pairs, their number.</param>
/// <param name="A">First word.</param>
/// <param name="B">Second word.</param>
/// <param name="C">Third word.</param>
/// <param name="D">The answer.</param>
public sealed record AnalogyQuestion(int Line, string A, string B, string C, string D);

/// <summary>Questions about one relation.</summary>
/// <param name="Name">What stands after the colon.</param>
/// <param name="Questions">In file order.</param>
public sealed record AnalogySection(string Name, IReadOnlyList<AnalogyQuestion> Questions)
{
    /// <summary>Sections of grammatical relations are named gram…; word2vec's own script counts the others as semantic.</summary>
    public bool IsSyntactic => Name.StartsWith("gram", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// One question for each known pair (a, b) and each asked pair (c, d): for held-out relations, pairs to go by and others to find. A pair that is in both lists is not asked
    /// from itself; the same list twice gives all questions within it.
    /// </summary>
    /// <param name="name">The section's name.</param>
    /// <param name="known">The pairs (a, b).</param>
    /// <param name="asked">The pairs (c, d).</param>
    public static AnalogySection Of(string name, IReadOnlyList<(string First, string Second)> known, IReadOnlyList<(string First, string Second)> asked)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(known);
        ArgumentNullException.ThrowIfNull(asked);
        var pairs = known.SelectMany(pair => asked.Where(other => other != pair).Select(other => (pair, other)));
        return new AnalogySection(name, [.. pairs.Select((q, i) => new AnalogyQuestion(i + 1, q.pair.First, q.pair.Second, q.other.First, q.other.Second))]);
    }

    /// <summary>The pairs (a, b) and (c, d) of the questions, each once, in order of appearance; equal after <paramref name="fold"/> is equal.</summary>
    public IReadOnlyList<(string First, string Second)> DistinctPairs(Func<string, string> fold)
    {
        ArgumentNullException.ThrowIfNull(fold);
        return [.. Questions.SelectMany(q => new[] { (fold(q.A), fold(q.B)), (fold(q.C), fold(q.D)) }).Distinct()];
    }
}

/// <summary>A file of analogy questions in the format of questions-words.txt (Mikolov et al. 2013): ": section" lines, then four words a line.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="Sections">In file order; sections without questions are left out.</param>
public sealed record AnalogyQuestions(string Name, IReadOnlyList<AnalogySection> Sections)
{
    /// <summary>All questions.</summary>
    public int Count => Sections.Sum(section => section.Questions.Count);

    /// <summary>
    /// Reads the text of a file: words separated by blanks or tabs, lines end with LF or CR LF, empty lines and lines that begin with # or // do not count,
    /// questions before the first section are a section "questions".
    /// </summary>
    /// <exception cref="InvalidDataException">A line that is not four words, or no question at all.</exception>
    public static AnalogyQuestions Parse(string text, string name)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(name);
        List<AnalogySection> sections = [];
        List<AnalogyQuestion> questions = [];
        string section = "questions";
        foreach (var (number, line) in TextLines.Of(text))
        {
            if (line.StartsWith("//", StringComparison.Ordinal))
                continue;
            if (line[0] == ':')
            {
                Close();
                section = line[1..].Trim();
                continue;
            }

            string[] words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length != 4)
                throw new InvalidDataException(FormattableString.Invariant(
                    $"{name} line {number}: expected four words (a b c d) or \": section\", found {words.Length}: \"{TextLines.Cut(line)}\"; correct the line or begin it with #."));
            questions.Add(new AnalogyQuestion(number, words[0], words[1], words[2], words[3]));
        }

        Close();
        return sections.Count > 0 ? new AnalogyQuestions(name, sections)
            : throw new InvalidDataException($"{name}: expected analogy questions, four words a line, found none.");

        void Close()
        {
            if (questions.Count > 0)
                sections.Add(new AnalogySection(section, questions));
            questions = [];
        }
    }
}
