using System.Globalization;

namespace Azimuth.Embeddings;

/// <summary>Two words and how alike people found them.</summary>
/// <param name="Line">Line number in the file, from 1.</param>
/// <param name="First">A word.</param>
/// <param name="Second">Another.</param>
/// <param name="Score">The higher, the more alike.</param>
public sealed record SimilarityPair(int Line, string First, string Second, double Score);

/// <summary>A file of word pairs with human scores, such as WordSim-353 or SimLex-999.</summary>
/// <param name="Name">The file's name without folder and ending.</param>
/// <param name="Pairs">In file order; a pair that comes twice counts twice.</param>
/// <param name="HeaderSkipped">The first line named columns.</param>
public sealed record SimilaritySet(string Name, IReadOnlyList<SimilarityPair> Pairs, bool HeaderSkipped)
{
    /// <summary>
    /// Reads lines of word, word, score, separated by tabs, else commas, else blanks; lines end with LF or CR LF, the last one needs no end; empty lines and
    /// lines that begin with # do not count, nor a first line whose third field is no number.
    /// </summary>
    /// <exception cref="InvalidDataException">A line that is not two words and a finite number, or no pair at all.</exception>
    public static SimilaritySet Parse(string text, string name)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(name);
        List<SimilarityPair> pairs = [];
        bool header = false, first = true;
        foreach (var (number, line) in TextLines.Of(text))
        {
            string[] fields = WordLists.Fields(line);
            double score = double.NaN;
            bool isPair = fields.Length >= 3 && double.TryParse(fields[2], NumberStyles.Float, CultureInfo.InvariantCulture, out score) && double.IsFinite(score);
            if (isPair)
                pairs.Add(new SimilarityPair(number, fields[0], fields[1], score));
            else if (first && fields.Length >= 3)
                header = true;
            else
            {
                string problem = fields.Length >= 3 ? $"expected a number as the score, found \"{TextLines.Cut(fields[2])}\""
                    : $"expected word, word and score separated by tabs, found \"{TextLines.Cut(line)}\"";
                throw new InvalidDataException(FormattableString.Invariant($"{name} line {number}: {problem}; correct the line or begin it with #."));
            }

            first = false;
        }

        return pairs.Count > 0 ? new SimilaritySet(Path.GetFileNameWithoutExtension(name), pairs, header)
            : throw new InvalidDataException($"{name}: expected lines of word, word and score, found none.");
    }
}
