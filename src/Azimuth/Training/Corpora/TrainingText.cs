using System.Globalization;
using System.Text;
using Azimuth.Checkpoints;

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
    /// <param name="warn">Told in a sentence when bytes were no UTF-8.</param>
    /// <param name="progress">Told the share of the reading done.</param>
    /// <param name="cancellation">Leaves no file behind.</param>
    /// <exception cref="TrainingException">No word is left: one sentence.</exception>
    /// <exception cref="IOException">The files cannot be written.</exception>
    public static TrainingText Prepare(
        TextCorpus corpus, VocabularyOptions options, string folder, Action<string>? warn = null, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(corpus);
        ArgumentNullException.ThrowIfNull(options);
        string first = Path.Combine(folder, FirstName), second = Path.Combine(folder, SecondName);
        try
        {
            var words = new WordTable();
            Scratch(first, stream => ReadAll(corpus, options, words, stream, warn, progress, cancellation));
            if (words.Count == 0)
                throw new TrainingException($"the corpus holds no word ({Named(corpus)}). Give text whose words are separated by blanks");
            for (int pass = 0; pass < options.PhrasePasses; pass++)
            {
                Scratch(second, stream => PhraseJoiner.Join(words, new IdFile(first), options.MinCount, options.PhraseThreshold, stream, cancellation));
                File.Move(second, first, overwrite: true);
            }

            int[] chosen = Choose(words, options);
            AtomicFile.Write(Path.Combine(folder, IdsName), stream => Renumber(new IdFile(first), words.Count, chosen, stream, cancellation));
            // Last, as it says that the other is there.
            AtomicFile.Write(Path.Combine(folder, WordsName), stream =>
            {
                foreach (int word in chosen)
                    stream.Write(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{words.Counts[word]} {words.Text(word)}\n")));
            });
            return Open(folder)!;
        }
        finally
        {
            RemoveScratch(folder);
        }
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

    private static string Named(TextCorpus corpus) => corpus.Files.Count == 1 ? corpus.Files[0] : FormattableString.Invariant($"{corpus.Files.Count} files");

    private static void ReadAll(TextCorpus corpus, VocabularyOptions options, WordTable words, Stream stream, Action<string>? warn, IProgress<double>? progress, CancellationToken cancellation)
    {
        var writer = new IdWriter(stream);
        var found = new (int From, int Length, ulong Hash)[LongestLine];
        using CorpusReader reader = corpus.Read();
        bool goesOn = false;
        for (long line = 0; reader.TryNextLine(out ReadOnlySpan<byte> text); line++)
        {
            if (line % 1024 == 0)
            {
                cancellation.ThrowIfCancellationRequested();
                progress?.Report((double)reader.StoredBytesRead / Math.Max(1, corpus.SizeBytes));
            }

            while (AddWords(ref text, options.AsciiBlanks, words, found, writer) > 0)
            {
                if (!options.WholeLines)
                    writer.Add(IdFile.LineEnd);
            }

            goesOn = options.WholeLines && reader.IsCut;
            if (options.WholeLines && !goesOn)
                writer.Add(IdFile.LineEnd);
        }

        if (goesOn)
            writer.Add(IdFile.LineEnd);
        writer.Flush();
        if (CorpusReader.Complaint(reader.Replaced) is { } complaint)
            warn?.Invoke(complaint);
    }

    /// <summary>The next words of a line, a line's worth at most: first found, then looked up, so that the table's places are fetched side by side.</summary>
    private static int AddWords(ref ReadOnlySpan<byte> text, bool asciiBlanks, WordTable words, (int From, int Length, ulong Hash)[] found, IdWriter writer)
    {
        ReadOnlySpan<byte> line = text;
        int count = 0;
        while (count < found.Length && (asciiBlanks ? WordSplitter.TryNextBetweenAsciiBlanks(ref text, out ReadOnlySpan<byte> word) : WordSplitter.TryNext(ref text, out word)))
        {
            ulong hash = WordTable.Hash(word);
            words.Fetch(hash);
            found[count++] = (line.Length - text.Length - word.Length, word.Length, hash);
        }

        for (int i = 0; i < count; i++)
            writer.Add(words.Add(line.Slice(found[i].From, found[i].Length), found[i].Hash));
        return count;
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

        if (chosen.Count < 2)
            throw new TrainingException(FormattableString.Invariant($"{(chosen.Count == 0 ? "no word comes" : "one word only comes")} {options.MinCount} times or more in the corpus; the most frequent of its {words.Count:N0} words comes {most:N0} times. Lower the minimum count or give more text"));
        // OrderBy is stable: equal counts keep the order of first occurrence.
        IEnumerable<int> sorted = chosen.OrderByDescending(word => words.CountOf(word));
        return [.. sorted.Take(options.MaxWords ?? int.MaxValue)];
    }

    private static void Renumber(IdFile ids, int words, int[] chosen, Stream stream, CancellationToken cancellation)
    {
        var numbers = new int[words];
        Array.Fill(numbers, -1);
        for (int i = 0; i < chosen.Length; i++)
            numbers[chosen[i]] = i;
        var writer = new IdWriter(stream);
        const int Step = 1 << 16;
        bool empty = true;
        for (long at = 0; at < ids.Length; at += Step)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (int id in ids.Slice(at, (int)Math.Min(Step, ids.Length - at)))
            {
                int number = id < 0 ? IdFile.LineEnd : numbers[id];
                if (number >= 0)
                    writer.Add(number);
                else if (id < 0 && !empty)
                    writer.Add(IdFile.LineEnd);
                empty = id < 0 || (empty && number < 0);
            }
        }

        writer.Flush();
    }
}
