using Azimuth.Numerics;
using Azimuth.Transformers;

namespace Azimuth.Tests.Transformers;

public sealed class GenerationTests : IDisposable
{
    private readonly Workers _workers = new(2);

    [Theory]
    [InlineData("ab", new[] { "xa", "bc" }, "x")] // begins in one piece, ends in the next
    [InlineData("abc", new[] { "a", "b", "d", "e" }, "abde")] // only looked like it
    [InlineData("aab", new[] { "a", "a", "a", "b", "z" }, "a")] // a false start inside a true one
    [InlineData("x", new[] { "abc" }, "abc")]
    [InlineData("c", new[] { "abcabc" }, "ab")]
    public void Stop_texts_are_found_across_pieces(string stop, string[] pieces, string expected)
    {
        var stops = new StopTexts([stop, "never seen"]);
        string shown = "";
        foreach (string piece in pieces)
        {
            shown += stops.Add(piece);
            if (stops.IsHit)
                break;
        }

        shown += stops.Finish();
        Assert.Equal(expected, shown);
        Assert.Equal(expected, stops.Passed);
        Assert.Equal(string.Concat(pieces).Contains(stop, StringComparison.Ordinal), stops.IsHit);
    }

    [Fact]
    public void Sampling_follows_the_softmax_at_the_given_temperature()
    {
        float[] logits = [1, 3, 2, -1];
        double[] found = Shares(logits, new GenerationOptions { Temperature = 2, Seed = 1 });
        double[] expected = Softmaxed(logits, 2, [0, 1, 2, 3]);
        for (int i = 0; i < 4; i++)
            Assert.Equal(expected[i], found[i], 0.015); // four standard deviations of 20,000 draws
    }

    [Fact]
    public void Top_k_and_top_p_keep_only_the_most_probable()
    {
        float[] logits = [1, 3, 2, -1]; // softmax 0.09, 0.66, 0.24, 0.01
        Check([0, 0.73, 0.27, 0], new GenerationOptions { Temperature = 1, TopK = 2, Seed = 2 });
        Check([0, 0.73, 0.27, 0], new GenerationOptions { Temperature = 1, TopP = 0.7, Seed = 3 });
        Check([0, 1, 0, 0], new GenerationOptions { Temperature = 1, TopP = 0.6, Seed = 4 });
        Check([0.09, 0.66, 0.24, 0.01], new GenerationOptions { Temperature = 1, TopP = 1, Seed = 5 });

        void Check(double[] expected, GenerationOptions options)
        {
            double[] found = Shares(logits, options);
            for (int i = 0; i < 4; i++)
            {
                Assert.Equal(expected[i], found[i], 0.015);
                Assert.Equal(expected[i] == 0, found[i] == 0);
            }
        }
    }

    [Fact]
    public void Equal_seeds_give_equal_texts_and_other_seeds_other_ones()
    {
        LanguageModel model = Load("llama");
        GenerationOptions options = new() { MaxTokens = 20, Temperature = 1, Seed = 7, StopsAtEnd = false };
        IReadOnlyList<int> first = Generator.Run(model, [1, 2, 3], options).Ids;
        Assert.Equal(first, Generator.Run(model, [1, 2, 3], options).Ids);
        Assert.NotEqual(first, Generator.Run(model, [1, 2, 3], options with { Seed = 8 }).Ids);
    }

    [Fact]
    public void Greedy_takes_the_lowest_id_of_equal_logits() => Assert.Equal(1, Sampler.Highest([0, 5, 5, 4]));

    [Fact]
    public void Generation_ends_where_the_context_does()
    {
        LanguageModel model = Load("gpt2"); // 64 positions
        GenerationResult result = Generator.Run(model, new int[60], new GenerationOptions { MaxTokens = 100, StopsAtEnd = false });
        Assert.Equal(StopReason.ContextFull, result.StopReason);
        Assert.Equal(5, result.Ids.Count); // the last one needs no place of its own
        Assert.Equal(60, result.PromptTokens);
    }

    [Fact]
    public void A_generous_limit_of_tokens_takes_no_memory_before_they_come()
    {
        LanguageModel model = Load("llama-rope-dynamic"); // no context to end at
        using var source = new CancellationTokenSource();
        var options = new GenerationOptions { MaxTokens = int.MaxValue, StopsAtEnd = false };
        long before = GC.GetAllocatedBytesForCurrentThread();
        source.CancelAfter(TimeSpan.FromMilliseconds(200));
        Assert.Throws<OperationCanceledException>(() => Generator.Run(model, [1, 2], options, cancellation: source.Token));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1L << 30); // a full cache would be beyond any memory
    }

    [Fact]
    public void Generation_ends_after_an_end_token()
    {
        LanguageModel model = Load("gpt2");
        Assert.Equal([2], model.GenerationDefaults.EndIds);
        for (ulong seed = 0; seed < 200; seed++)
        {
            GenerationResult result = Generator.Run(model, [1], new GenerationOptions { MaxTokens = 50, Temperature = 5, Seed = seed });
            Assert.Equal(result.StopReason == StopReason.EndToken, result.Ids[^1] == 2);
            Assert.DoesNotContain(2, result.Ids.SkipLast(1));
            if (result.StopReason == StopReason.EndToken)
                return;
        }

        Assert.Fail("no end token in 200 tries of 50 tokens out of 131");
    }

    [Fact]
    public void Generation_can_be_cancelled()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => Generator.Run(Load("gpt2"), [1], new GenerationOptions(), cancellation: source.Token));
    }

    [Fact]
    public void A_cancelled_prompt_leaves_no_half_written_cache()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        LanguageModel model = Load("gpt2");
        KeyValueCache cache = model.CreateCache();
        var logits = new float[131];
        model.NextLogits([1, 2, 3], cache, logits, TestContext.Current.CancellationToken);
        Assert.Throws<OperationCanceledException>(() => model.NextLogits([4, 5], cache, logits, source.Token));
        Assert.Equal(0, cache.Length);
        model.NextLogits([1, 2, 3, 4, 5], cache, logits, TestContext.Current.CancellationToken);
        Assert.Equal(model.NextLogits([1, 2, 3, 4, 5]), logits);
        Assert.Throws<OperationCanceledException>(() => model.Trace([1, 2], Azimuth.Transformers.Tracing.TraceSites.Logits, source.Token));
    }

    [Fact]
    public void Options_outside_their_range_are_refused_by_name()
    {
        Refused(new GenerationOptions { Temperature = -1 }, "temperature: expected a number from 0 on, found -1.");
        Refused(new GenerationOptions { TopK = 0 }, "top-k: expected a whole number from 1 on, found 0.");
        Refused(new GenerationOptions { TopP = 1.5 }, "top-p: expected a number above 0 and at most 1, found 1.5.");
        Refused(new GenerationOptions { MaxTokens = 0 }, "max-tokens: expected a whole number from 1 on, found 0.");
        Refused(new GenerationOptions { StopTexts = [""] }, "stop: expected a text, found an empty one.");
        Refused(new GenerationOptions { StopTexts = ["x"] }, "stop: gpt2 has no tokenizer");

        void Refused(GenerationOptions options, string message) =>
            Assert.StartsWith(message, Assert.Throws<ArgumentException>(() => Generator.Run(Load("gpt2"), [1], options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Prompts_that_cannot_be_run_are_refused()
    {
        LanguageModel model = Load("gpt2");
        Refused([], "prompt: expected at least one token");
        Refused([1, 131], "prompt: expected token ids from 0 to 130, found 131 at position 1.");
        Refused([1, -1], "prompt: expected token ids from 0 to 130, found -1 at position 1.");
        Refused(new int[65], "prompt: expected at most 64 tokens (the context of this gpt2 model), found 65. Shorten the text.");
        KeyValueCache cache = model.CreateCache();
        model.NextLogits(new int[60], cache, new float[131]);
        Assert.Throws<ArgumentException>(() => model.NextLogits(new int[5], cache, new float[131]));
        Assert.Equal(60, cache.Length);
        Assert.Throws<ArgumentException>(() => Load("llama").NextLogits([1], cache, new float[131]));

        void Refused(int[] ids, string message)
        {
            Assert.StartsWith(message, Assert.Throws<ArgumentException>(() => model.NextLogits(ids)).Message, StringComparison.Ordinal);
            Assert.StartsWith(message, Assert.Throws<ArgumentException>(() => model.Logits(ids)).Message, StringComparison.Ordinal);
            Assert.StartsWith(message, Assert.Throws<ArgumentException>(() => model.NextLogits([[1], ids])).Message, StringComparison.Ordinal);
        }
    }

    private static double[] Shares(float[] logits, GenerationOptions options)
    {
        const int Draws = 20000;
        var sampler = new Sampler(options);
        var counts = new double[logits.Length];
        for (int i = 0; i < Draws; i++)
            counts[sampler.Next(logits)] += 1.0 / Draws;
        return counts;
    }

    private static double[] Softmaxed(float[] logits, double temperature, int[] kept)
    {
        double total = kept.Sum(i => Math.Exp(logits[i] / temperature));
        return [.. logits.Select((logit, i) => kept.Contains(i) ? Math.Exp(logit / temperature) / total : 0)];
    }

    private LanguageModel Load(string family) => LanguageModel.Load(TestFiles.Fixture("families", family), _workers);

    public void Dispose() => _workers.Dispose();
}
