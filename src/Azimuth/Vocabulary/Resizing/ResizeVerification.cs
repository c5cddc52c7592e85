using System.Runtime.InteropServices;
using Azimuth.Checkpoints;
using Azimuth.Numerics;
using Azimuth.Tokenization;
using Azimuth.Transformers;

namespace Azimuth.Vocabulary.Resizing;

/// <summary>Compares a resized model, as it was written, with the original: stored rows, logits and tokens, bit by bit.</summary>
internal static class ResizeVerification
{
    private const ulong Seed = 1;
    private const int LongestPrompt = 48;

    /// <summary>Texts that meet merges, blanks, digits, other scripts and bytes without a token of their own.</summary>
    private static readonly string[] Texts =
    [
        "The quick brown fox jumps over the lazy dog.", " in 1984, 12 of them didn't;\n\n\tothers did  ", "naïve Zoë, 日本語, Привет, 🙂",
        "def f(x):\n    return x ** 2",
    ];

    /// <summary>What was compared.</summary>
    /// <exception cref="InvalidOperationException">Something differs: nothing may be published.</exception>
    public static ResizeProof Run(LanguageModel before, LanguageModel after, VocabularyChange change, IProgress<double>? progress, CancellationToken cancellation)
    {
        long rows = CompareRows(before, after, change, cancellation);
        int texts = CompareTokens(before.Tokenizer, after.Tokenizer, change);
        List<int[]> prompts = Prompts(before, change);
        (int positions, long logits) = (0, 0);
        double? largest = change.NewIds.Count > 0 ? 0 : null;
        for (int i = 0; i < prompts.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            double probability = CompareLogits(before, after, change, prompts[i]);
            largest = largest is { } known ? Math.Max(known, probability) : null;
            positions += prompts[i].Length;
            logits += (long)prompts[i].Length * change.Kept.Count;
            progress?.Report((i + 1.0) / prompts.Count);
        }

        return new ResizeProof { RowsCompared = rows, Prompts = prompts.Count, Positions = positions, LogitsCompared = logits, TextsCompared = texts, LargestNewProbability = largest };
    }

    private static long CompareRows(LanguageModel before, LanguageModel after, VocabularyChange change, CancellationToken cancellation)
    {
        long compared = 0;
        foreach (TensorInfo tensor in ResizedTables.Find(before))
        {
            StoredBytes old = before.Folder.Checkpoint.Bytes(tensor.Name), renewed = after.Folder.Checkpoint.Bytes(tensor.Name);
            long rowBytes = old.Length / change.OldRows;
            if (renewed.Length != rowBytes * change.NewRows)
                throw Differs($"{tensor.Name} has {renewed.Length} bytes, expected {rowBytes * change.NewRows}");
            foreach (var (from, to) in change.Kept)
            {
                if (compared % 4096 == 0)
                    cancellation.ThrowIfCancellationRequested();
                if (!old.Span(from * rowBytes, (int)rowBytes).SequenceEqual(renewed.Span(to * rowBytes, (int)rowBytes)))
                    throw Differs($"row {to} of {tensor.Name} is not row {from} of the original");
                compared++;
            }

            GC.KeepAlive(old);
            GC.KeepAlive(renewed);
        }

        return compared;
    }

    private static int CompareTokens(Tokenizer? before, Tokenizer? after, VocabularyChange change)
    {
        if (before is null || after is null)
            return (before is null) == (after is null) ? 0 : throw Differs($"one of the two models has a tokenizer, the other has none");
        foreach (var (old, id) in change.Kept)
        {
            if (before.Token(old) is { } token && (after.Token(id) != token || before.IsSpecial(old) != after.IsSpecial(id)))
                throw Differs($"id {id} is the token \"{after.Token(id)}\", expected \"{token}\"");
        }

        foreach (var token in change.Added)
        {
            if (!after.Encode("a" + token.Text + "b", addSpecialTokens: false).Ids.Contains(token.Id))
                throw Differs($"the text \"{VisibleText.Show(token.Text)}\" is not encoded to its new id {token.Id}");
        }

        int compared = 0;
        foreach (string text in Texts)
        {
            int?[] expected = [.. before.Encode(text).Ids.Select(change.NewId)];
            if (Array.Exists(expected, id => id is null) || change.Added.Any(token => text.Contains(token.Text, StringComparison.Ordinal)))
                continue; // a token of it went, or one came
            if (!expected.Select(id => id!.Value).SequenceEqual(after.Encode(text).Ids))
                throw Differs($"the text \"{VisibleText.Show(text)}\" is encoded otherwise");
            compared++;
        }

        return compared;
    }

    /// <summary>A text where there is a tokenizer, then ids drawn from all that stay.</summary>
    private static List<int[]> Prompts(LanguageModel model, VocabularyChange change)
    {
        int[] kept = [.. change.Kept.Select(pair => pair.Old)];
        var prompts = new List<int[]>();
        if (kept.Length == 0)
            return prompts;
        int longest = Math.Min(LongestPrompt, model.Config.LongestRun);
        if (model.Tokenizer is { } tokenizer)
        {
            int[] ids = [.. tokenizer.Encode(string.Join(' ', Texts)).Ids.Where(id => id < model.Config.VocabSize && change.NewId(id) is not null).Take(longest)];
            if (ids.Length > 0)
                prompts.Add(ids);
        }

        var random = new SeededRandom(Seed);
        foreach (int length in new[] { 1, 2, 7, 16, longest })
            prompts.Add([.. Enumerable.Range(0, Math.Min(length, longest)).Select(_ => kept[random.NextInt32(kept.Length)])]);
        return prompts;
    }

    /// <summary>Returns the largest probability of a new row.</summary>
    private static double CompareLogits(LanguageModel before, LanguageModel after, VocabularyChange change, int[] ids)
    {
        if (!before.Config.Output.HasLogits)
            return CompareHiddenStates(before, after, change, ids);
        Matrix expected = before.Logits(ids), found = after.Logits([.. ids.Select(id => change.NewId(id)!.Value)]);
        var probabilities = new double[ids.Length];
        before.Workers.Run(ids.Length, position =>
        {
            ReadOnlySpan<float> old = expected.Row(position), renewed = found.Row(position);
            foreach (var (from, to) in change.Kept)
            {
                if (BitConverter.SingleToInt32Bits(old[from]) != BitConverter.SingleToInt32Bits(renewed[to]))
                    throw Differs($"the logit of id {to} at position {position} of a prompt of {ids.Length} is {renewed[to]:g9}, expected {old[from]:g9}");
            }

            double total = Softmax.LogSumExp(renewed);
            foreach (int id in change.NewIds)
                probabilities[position] = Math.Max(probabilities[position], Math.Exp(renewed[id] - total));
        });
        return probabilities.Max();
    }

    /// <summary>Of an encoder without a head; no row of its table is ever predicted.</summary>
    private static double CompareHiddenStates(LanguageModel before, LanguageModel after, VocabularyChange change, int[] ids)
    {
        float[] expected = before.HiddenStates(ids).Values, found = after.HiddenStates([.. ids.Select(id => change.NewId(id)!.Value)]).Values;
        return MemoryMarshal.AsBytes(expected.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(found.AsSpan()))
            ? 0
            : throw Differs($"the hidden states of a text of {ids.Length} tokens are not those of the original");
    }

    private static InvalidOperationException Differs(FormattableString what) =>
        new("the resized model differs from the original, so it was not kept: " + FormattableString.Invariant(what));
}
