using System.Globalization;
using Azimuth.Numerics;
using Azimuth.Tokenization;

namespace Azimuth.Benchmarks;

/// <summary>The case of <see cref="PeerServer"/> that makes ids of a text.</summary>
internal static class PeerTexts
{
    /// <summary>The work of a case, which returns the number of ids and a number made of all of them; null for a name that is none of these cases.</summary>
    public static Func<double[]>? Prepare(string name, string[] arguments, Workers workers, List<Action> cleanup)
    {
        if (name != "tokenize") // threads tokenizer text
            return null;
        int threads = int.Parse(arguments[0], CultureInfo.InvariantCulture);
        Workers own = threads == workers.ThreadCount ? workers : new Workers(threads);
        if (own != workers)
            cleanup.Add(own.Dispose);
        var tokenizer = Tokenizer.Load(arguments[1]);
        string text = File.ReadAllText(arguments[2]);
        return () =>
        {
            int[] ids = tokenizer.EncodeIds(text, addSpecialTokens: false, own);
            return [ids.Length, Sum(ids)];
        };
    }

    // FNV-1a, an id at a time: equal only for the same ids in the same order, but for one chance in four billion.
    private static uint Sum(int[] ids)
    {
        uint sum = 2166136261;
        foreach (int id in ids)
            sum = (sum ^ (uint)id) * 16777619;
        return sum;
    }
}
