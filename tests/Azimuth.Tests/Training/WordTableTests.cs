using Azimuth.Training.Corpora;

namespace Azimuth.Tests.Training;

public sealed class WordTableTests
{
    /// <summary>Words of one to forty bytes, zeros among them, many alike in their first 15 bytes, read in the middle of a text and at its end.</summary>
    [Fact]
    public void Words_are_numbered_and_counted_as_a_dictionary_does()
    {
        var random = new Random(2);
        byte[][] pool = [.. Enumerable.Range(0, 5000).Select(_ => Enumerable.Range(0, random.Next(1, 41)).Select(at => (byte)(at is > 3 and < 14 or > 17 ? 'x' : random.Next(4))).ToArray())];
        var (table, other) = (new WordTable(), new WordTable(expected: 3000));
        var numbers = new Dictionary<string, int>();
        var counts = new List<long>();
        for (int round = 0; round < 50_000; round++)
        {
            byte[] word = pool[random.Next(pool.Length)];
            if (numbers.TryAdd(Convert.ToHexString(word), counts.Count))
                counts.Add(0);
            int number = numbers[Convert.ToHexString(word)];
            counts[number]++;
            byte[] text = [.. new byte[random.Next(20)], .. word, .. new byte[random.Next(20)]];
            int from = text.AsSpan().IndexOf(word);
            Assert.Equal(number, table.Add(word, WordKey.Of(text, from, word.Length)));
            Assert.Equal(number, other.Add(word));
        }

        Assert.Equal(counts, table.Counts.ToArray());
        Assert.All(numbers, pair => Assert.Equal(pair.Key, Convert.ToHexString(table.Bytes(pair.Value))));
        int[] same = new int[table.Count];
        other.AddAll(table, 0, same);
        Assert.Equal(Enumerable.Range(0, table.Count), same);
        Assert.Equal(counts.Select(count => 2 * count), other.Counts.ToArray());
    }
}
