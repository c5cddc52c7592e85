using System.Globalization;
using System.Text;
using Azimuth.Training.Corpora;

namespace Azimuth.Tests.Training;

public sealed class WordSplitterTests
{
    /// <summary>What Python's str.isspace is true of, as str.split() has it.</summary>
    private const string PythonBlanks = "\t\n\v\f\r\u001c\u001d\u001e\u001f \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000";

    /// <summary>Neighbours of blanks, which begin with the same bytes, and letters of one to four bytes.</summary>
    private const string Others = "\0\b\u001b!aé\u0084\u0086\u009f\u00a1\u167f\u1681\u180e\u200b\u2027\u202a\u202e\u2030\u205e\u2060\u2fff\u3001語\ufeff\uffff";

    /// <summary>Lengths on both sides of the 64 bytes that are looked at together, few and many blanks.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Lines_of_any_characters_are_cut_as_one_character_after_the_other_cuts_them(bool asciiBlanks)
    {
        var random = new Random(1);
        for (int round = 0; round < 20_000; round++)
        {
            string line = Line(random, random.Next(random.Next(2) == 0 ? 12 : 150), share: random.NextDouble() * random.NextDouble());
            byte[] bytes = Encoding.UTF8.GetBytes(line);
            var splitter = new WordSplitter(bytes, asciiBlanks);
            List<string> words = [];
            // From hardly any room for words on.
            int[] bounds = new int[random.Next(66, 200)];
            while (splitter.Next(bounds) is int count and > 0)
                words.AddRange(Enumerable.Range(0, count).Select(i => Encoding.UTF8.GetString(bytes[bounds[2 * i]..bounds[(2 * i) + 1]])));
            Assert.True(words.SequenceEqual(Plain(line, asciiBlanks ? " \t\r" : PythonBlanks)), string.Join(' ', line.Select(c => ((int)c).ToString("x", CultureInfo.InvariantCulture))));
        }
    }

    private static string Line(Random random, int length, double share)
    {
        var line = new StringBuilder();
        for (int i = 0; i < length; i++)
        {
            if (random.NextDouble() < share)
                line.Append(random.Next(2) == 0 ? ' ' : PythonBlanks[random.Next(PythonBlanks.Length)]);
            else if (random.Next(20) == 0)
                line.Append("😀");
            else
                line.Append(random.Next(2) == 0 ? 'x' : Others[random.Next(Others.Length)]);
        }

        return line.ToString();
    }

    private static IEnumerable<string> Plain(string line, string blanks) => line.Split([.. blanks], StringSplitOptions.RemoveEmptyEntries);
}
