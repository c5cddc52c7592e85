using System.Runtime.InteropServices;
using Azimuth.Numerics;
using Azimuth.Tests.Checkpoints;
using Azimuth.Training.Corpora;

namespace Azimuth.Tests.Training;

public sealed class RenumberingTests
{
    /// <summary>Texts of many pieces: with short lines, with lines longer than a piece, and with long stretches of words that go.</summary>
    [Theory]
    [InlineData(8, 0.5)]
    [InlineData(8, 0.001)]
    [InlineData(300_000, 0.5)]
    [InlineData(300_000, 0.00001)]
    public void What_stays_of_a_text_does_not_depend_on_how_it_is_cut(int lineLength, double stays)
    {
        var random = new Random(3);
        int[] text = new int[1_000_000];
        for (int at = 0; at < text.Length; at++)
            text[at] = random.Next(lineLength) == 0 || at == text.Length - 1 ? IdFile.LineEnd : random.Next(100_000);
        int[][] tables = [.. Enumerable.Range(0, 3).Select(_ => Enumerable.Range(0, 100_000).Select(id => random.NextDouble() < stays ? id % 1000 : -1).ToArray())];
        List<(long End, int[] Numbers)> parts = [];
        for (long end = 0; end < text.Length;)
        {
            end = Math.Min(text.Length, end + random.Next(100_000));
            parts.Add((end, tables[random.Next(tables.Length)]));
        }

        List<int> expected = [];
        int part = 0;
        for (int at = 0; at < text.Length; at++)
        {
            while (at >= parts[part].End)
                part++;
            if (text[at] < 0)
            {
                if (expected.Count > 0 && expected[^1] >= 0)
                    expected.Add(IdFile.LineEnd);
            }
            else if (parts[part].Numbers[text[at]] is var number and >= 0)
            {
                expected.Add(number);
            }
        }

        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("ids"), MemoryMarshal.AsBytes<int>(text));
        foreach (int threads in new[] { 1, 3 })
        {
            using var workers = new Workers(threads);
            using var written = new MemoryStream();
            new Renumbering(new IdFile(folder.File("ids")), parts, workers).Write(written, CancellationToken.None);
            Assert.Equal(expected, MemoryMarshal.Cast<byte, int>(written.ToArray()).ToArray());
        }
    }
}
