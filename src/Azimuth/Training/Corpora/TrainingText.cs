using System.Globalization;
using System.Text;
using Azimuth.Checkpoints;
using Azimuth.Numerics;

namespace Azimuth.Training.Corpora;

/// <summary>
/// A corpus made ready for many passes: its vocabulary by falling count (equal counts in the order of first occurrence, as gensim has it), and its text as numbers of that
/// vocabulary, in two files. Words outside the vocabulary are gone, so that those around them become neighbours, as in the original program. Lines of more than
/// <see cref="LongestLine"/> words are cut, as gensim does, unless the options say otherwise. Safe for many threads.
/// </summary>
public sealed class TrainingText
{
    /// <summary>Words in a line at most.</summary>
    public const int LongestLine = 10_000;

    private const string WordsName = "corpus.words", IdsName = "corpus.ids", FirstName = "corpus.first", SecondName = "corpus.second";

    private TrainingText(string[] words, long[] counts, IdFile ids) => (Words, Counts, Ids, WordCount) = (words, counts, ids, counts.Sum());

    /// <summary>The vocabulary.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>Occurrences of each.</summary>
    public IReadOnlyList<long> Counts { get; }

    /// <summary>Occurrences of all.</summary>
    public long WordCount { get; }

    internal IdFile Ids { get; }

    /// <summary>Opens what <see cref="Prepare"/> left in a folder; null when it never came to its end there.</summary>
    /// <exception cref="CheckpointFormatException">A file is damaged.</exception>
    public static TrainingText? Open(string folder)
    {
        string path = Path.Combine(folder, WordsName);
        if (!File.Exists(path) || !File.Exists(Path.Combine(folder, IdsName)))
            return null;
        RemoveScratch(folder);
        var ids = new IdFile(Path.Combine(folder, IdsName));
        var words = new List<string>();
        var counts = new List<long>();
        long sum = 0;
        foreach (string line in Lines(path))
        {
            int blank = line.IndexOf(' ', StringComparison.Ordinal);
            if (blank < 1 || !long.TryParse(line.AsSpan(0, blank), NumberStyles.None, CultureInfo.InvariantCulture, out long count) || count < 1)
                throw new CheckpointFormatException(path, FormattableString.Invariant($"line {words.Count + 1}: expected a count and a word, found another text. Begin the run again"));
            if (count >= ids.Length - sum)
                throw new CheckpointFormatException(path, FormattableString.Invariant($"line {words.Count + 1}: expected counts of fewer than the {ids.Length} numbers of {IdsName} together, found more. Begin the run again"));
            sum += count;
            words.Add(line[(blank + 1)..]);
            counts.Add(count);
        }

        return words.Count > 0 ? new TrainingText([.. words], [.. counts], ids)
            : throw new CheckpointFormatException(path, "expected words with their counts, found none. Begin the run again");
    }

    private static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointFormatException(path, $"it cannot be read ({e.Message.TrimEnd('.')})", kind: "FileNotReadable");
        }
    }

    /// <summary>What a killed process left of its work.</summary>
    private static void RemoveScratch(string folder)
    {
        File.Delete(Path.Combine(folder, FirstName));
        File.Delete(Path.Combine(folder, SecondName));
    }

    /// <summary>Reads the corpus once, makes the vocabulary, and writes both files.</summary>
    /// <param name="corpus">The text.</param>
    /// <param name="options">What is in the vocabulary.</param>
    /// <param name="folder">Where the files go; four bytes a word while it lasts, twice that meanwhile.</param>
    /// <param name="workers">The threads to count with; what comes of it does not depend on their number.</param>
    /// <param name="warn">Told in a sentence when bytes were no UTF-8.</param>
    /// <param name="progress">Told the share of the reading done.</param>
    /// <param name="cancellation">Leaves no file behind.</param>
    /// <exception cref="TrainingException">No word is left: one sentence.</exception>
    /// <exception cref="IOException">The files cannot be written.</exception>
    public static TrainingText Prepare(
        TextCorpus corpus, VocabularyOptions options, string folder, Workers workers, Action<string>? warn = null, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(workers);
        string first = Path.Combine(folder, FirstName), second = Path.Combine(folder, SecondName);
        try
        {
            var numbering = new WordNumbering(options, workers);
            Scratch(first, stream => Warn(numbering.ReadAll(corpus, stream, progress, cancellation), warn));
            WordTable words = numbering.Join(cancellation);
            if (words.Count == 0)
                throw new TrainingException($"the corpus holds no word ({corpus.Named}). Give text whose words are separated by blanks");
            if (options.PhrasePasses > 0)
                Replace(first, second, (ids, stream) => new Renumbering(ids, numbering.Parts(), workers).Write(stream, cancellation));
            for (int pass = 0; pass < options.PhrasePasses; pass++)
                Replace(first, second, (ids, stream) => PhraseJoiner.Join(words, ids, options.MinCount, options.PhraseThreshold, stream, cancellation));

            int[] chosen = Choose(words, options), numbers = Inverse(chosen, words.Count);
            IReadOnlyList<(long End, int[] Numbers)> parts = options.PhrasePasses == 0 ? numbering.Parts(numbers) : [(long.MaxValue, numbers)];
            AtomicFile.Write(Path.Combine(folder, IdsName), stream => new Renumbering(new IdFile(first), parts, workers).Write(stream, cancellation));
            // Last, as it says that the other is there.
            AtomicFile.Write(Path.Combine(folder, WordsName), stream =>
            {
                foreach (int word in chosen)
                {
                    stream.Write(Encoding.UTF8.GetBytes(words.Counts[word].ToString(CultureInfo.InvariantCulture)));
                    stream.WriteByte((byte)' ');
                    stream.Write(words.Bytes(word));
                    stream.WriteByte((byte)'\n');
                }
            });
            return Open(folder)!;
        }
        finally
        {
            RemoveScratch(folder);
        }
    }

    private static void Warn(ReplacedBytes replaced, Action<string>? warn)
    {
        if (replaced.Complaint is { } complaint)
            warn?.Invoke(complaint);
    }

    /// <summary>Puts what is made of a file in its place.</summary>
    private static void Replace(string path, string meanwhile, Action<IdFile, Stream> write)
    {
        var ids = new IdFile(path);
        Scratch(meanwhile, stream => write(ids, stream));
        File.Move(meanwhile, path, overwrite: true);
    }

    /// <summary>A file of no worth after a crash: it is not flushed to the disk.</summary>
    private static void Scratch(string path, Action<Stream> write)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
            write(stream);
        }
        catch (Exception e) when (e is UnauthorizedAccessException || WriteProblem.IsFull(e))
        {
            throw WriteProblem.Of(path, e);
        }
    }

    /// <summary>The vocabulary by falling count, as numbers of the table.</summary>
    private static int[] Choose(WordTable words, VocabularyOptions options)
    {
        long most = 0;
        var chosen = new List<int>();
        for (int word = 0; word < words.Count; word++)
        {
            most = Math.Max(most, words.Counts[word]);
            if (words.Counts[word] >= Math.Max(1, options.MinCount))
                chosen.Add(word);
        }

        if (words.Count == 1)
            throw new TrainingException($"the corpus holds one word only, \"{words.Text(0)}\". Give more text");
        if (chosen.Count < 2)
        {
            throw new TrainingException(FormattableString.Invariant(
                $"{(chosen.Count == 0 ? "no word comes" : "one word only comes")} {Times(options.MinCount)} or more in the corpus; the most frequent of its {words.Count:N0} words comes {Times(most)}. Lower --min-count or give more text"));
        }

        // OrderBy is stable: equal counts keep the order of first occurrence.
        IEnumerable<int> sorted = chosen.OrderByDescending(word => words.CountOf(word));
        return [.. sorted.Take(options.MaxWords ?? int.MaxValue)];
    }

    private static string Times(long count) => count == 1 ? "once" : FormattableString.Invariant($"{count:N0} times");

    /// <summary>[word of the table]: its place in the vocabulary, −1 for none.</summary>
    private static int[] Inverse(int[] chosen, int words)
    {
        var numbers = new int[words];
        Array.Fill(numbers, -1);
        for (int i = 0; i < chosen.Length; i++)
            numbers[chosen[i]] = i;
        return numbers;
    }
}
