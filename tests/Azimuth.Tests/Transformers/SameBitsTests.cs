using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Tests.Transformers;

/// <summary>However a prompt is run — at once, token by token, in a batch, traced, on more threads — its numbers are the same bits.</summary>
public sealed class SameBitsTests : IDisposable
{
    /// <summary>
    /// Families whose blocks differ: fused and separate qkv, post-norm with projections, grouped heads, odd head widths, windows, experts, soft caps, ALiBi,
    /// parallel blocks, norms after the sub-blocks, angles that depend on the length.
    /// </summary>
    private static readonly string[] Chosen =
    [
        "gpt2", "opt-350m-style", "galactica-style", "llama", "llama-biases-headdim", "llama-rope-yarn", "llama-rope-dynamic", "mistral", "mixtral", "gemma2",
        "gemma3", "gpt-j", "bloom", "olmo2", "phi3-longrope", "smollm3", "falcon-40b-style", "xglm",
    ];

    private readonly Workers _workers = new(2);

    public static IEnumerable<TheoryDataRow<string>> Families() => Chosen.Select(name => new TheoryDataRow<string>(name));

    [Theory]
    [MemberData(nameof(Families))]
    public void A_traced_run_has_the_bits_of_an_untraced_one(string family)
    {
        LanguageModel model = Load(family);
        int[] ids = Prompt(model, 37);
        Trace all = model.Trace(ids, TraceSites.All), one = model.Trace(ids, TraceSites.Logits);
        Assert.Equal(model.Logits(ids).Values, all.Logits.Values);
        Assert.Equal(all.Logits.Values, one.Logits.Values);
        Assert.Equal(all.Logits.Row(36).ToArray(), model.NextLogits(ids));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_cached_run_has_the_bits_of_a_whole_one_wherever_it_is_cut(string family)
    {
        LanguageModel model = Load(family);
        int[] ids = Prompt(model, 37);
        KeyValueCache cache = model.CreateCache(1);
        var logits = new float[model.Config.VocabSize];
        int[] cuts = [1, 2, 3, 4, 9, 25, 26, 37];
        int from = 0;
        foreach (int to in cuts)
        {
            model.NextLogits(ids.AsSpan(from, to - from), cache, logits);
            // Rotary angles that depend on the length are those of the run so far, so the comparison is with that run.
            Assert.Equal(model.NextLogits(ids.AsSpan(0, to)), logits);
            from = to;
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_batch_has_the_bits_of_its_prompts_run_alone(string family)
    {
        LanguageModel model = Load(family);
        int[][] prompts = [.. new[] { 1, 5, 16, 17, 40 }.Select(length => Prompt(model, length))];
        IReadOnlyList<float[]> together = model.NextLogits(prompts);
        for (int i = 0; i < prompts.Length; i++)
            Assert.Equal(model.NextLogits(prompts[i]), together[i]);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Texts_decoded_side_by_side_have_the_bits_of_each_alone(string family)
    {
        LanguageModel model = Load(family);
        int[][] texts = [.. new[] { 3, 40, 17, 33 }.Select(length => Prompt(model, length))];
        int[] cuts = [1, 2, 16, 17, 34]; // a text that is shorter ends with its last token
        KeyValueCache[] caches = [.. texts.Select(_ => model.CreateCache(1))];
        for (int step = 0, from = 0; step < cuts.Length; from = cuts[step++])
        {
            int[] going = [.. Enumerable.Range(0, texts.Length).Where(i => texts[i].Length > from)];
            var logits = new Matrix(going.Length, model.Config.VocabSize);
            model.NextLogits([.. going.Select(i => texts[i][from..Math.Min(texts[i].Length, cuts[step])])], [.. going.Select(i => caches[i])], logits, TestContext.Current.CancellationToken);
            for (int i = 0; i < going.Length; i++)
                Assert.Equal(model.NextLogits(texts[going[i]].AsSpan(0, caches[going[i]].Length)), logits.Row(i).ToArray());
        }
    }

    [Fact]
    public void What_cannot_be_decoded_side_by_side_changes_no_cache()
    {
        LanguageModel model = Load("llama");
        KeyValueCache a = model.CreateCache(), b = model.CreateCache(), stranger = Load("gpt2").CreateCache();
        var logits = new Matrix(2, model.Config.VocabSize);
        model.NextLogits([[1, 2], [3]], [a, b], logits, TestContext.Current.CancellationToken);
        int[] tooMany = Prompt(model, model.Config.LongestRun);
        foreach ((int[][] ids, KeyValueCache[] caches, Matrix room) in new (int[][], KeyValueCache[], Matrix)[]
        {
            ([[1], [2]], [a], logits), ([[1], [2]], [a, a], logits), ([[1], [2]], [a, stranger], logits), ([[1], []], [a, b], logits), ([[1], [-1]], [a, b], logits), ([[1], tooMany], [a, b], logits),
            ([[1]], [a], logits),
        })
        {
            Assert.Throws<ArgumentException>(() => model.NextLogits(ids, caches, room, TestContext.Current.CancellationToken));
            Assert.Equal((2, 1), (a.Length, b.Length));
        }

        Assert.ThrowsAny<OperationCanceledException>(() => model.NextLogits([[1], [2]], [a, b], logits, new CancellationToken(true)));
        Assert.Equal((0, 0), (a.Length, b.Length));
    }

    [Fact]
    public void A_prompt_longer_than_one_call_of_the_decoder_has_the_bits_of_a_token_by_token_run()
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Shared("data", "stories260K"), _workers);
        int[] ids = Prompt(model, 512);
        int[] longer = [.. ids[..300], .. ids[..212]];
        IReadOnlyList<float[]> together = model.NextLogits([longer, ids[..300], ids[..511]]); // rows of the first are cut at 512
        KeyValueCache cache = model.CreateCache();
        var logits = new float[model.Config.VocabSize];
        for (int i = 0; i < 300; i++)
            model.NextLogits(ids.AsSpan(i, 1), cache, logits);
        Assert.Equal(logits, together[1]);
        Assert.Equal(model.NextLogits(ids.AsSpan(0, 300)), logits);
        cache.Truncate(100);
        model.NextLogits(ids.AsSpan(100, 411), cache, logits);
        Assert.Equal(logits, together[2]);
        Assert.Equal(model.NextLogits(longer), together[0]);
    }

    [Theory]
    [InlineData("llama-rope-dynamic", 40)]
    [InlineData("phi3-longrope", 23)]
    public void A_cache_cut_back_forgets_the_angles_of_the_longer_run(string family, int longer)
    {
        LanguageModel model = Load(family);
        int[] ids = Prompt(model, longer);
        KeyValueCache cache = model.CreateCache();
        var logits = new float[model.Config.VocabSize];
        model.NextLogits(ids, cache, logits);
        cache.Truncate(3);
        model.NextLogits(ids.AsSpan(3, 2), cache, logits);
        Assert.Equal(model.NextLogits(ids.AsSpan(0, 5)), logits);
    }

    [Theory]
    [InlineData("f16")]
    [InlineData("q8_0")]
    [InlineData("q4_1")]
    public void Narrow_weights_keep_to_it_too(string type)
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Shared("data", "stories260K", "gguf", $"stories260K-{type}.gguf"), _workers);
        int[] ids = Prompt(model, 77);
        Matrix all = model.Logits(ids);
        KeyValueCache cache = model.CreateCache(1);
        var logits = new float[model.Config.VocabSize];
        for (int i = 0; i < ids.Length; i++)
        {
            model.NextLogits(ids.AsSpan(i, 1), cache, logits);
            Assert.Equal(all.Row(i).ToArray(), logits);
        }
    }

    [Fact]
    public void The_number_of_threads_changes_nothing()
    {
        using var one = new Workers(1);
        using var three = new Workers(3);
        string folder = TestFiles.Fixture("families", "llama");
        int[] ids = Prompt(Load("llama"), 50);
        Assert.Equal(LanguageModel.Load(folder, one).Logits(ids).Values, LanguageModel.Load(folder, three).Logits(ids).Values);
    }

    /// <summary>
    /// Where angles depend on the run's length, a longer run changes what earlier tokens compute: a cache starts over at each new length, and the
    /// cost is that of running everything again. Two runs of different lengths therefore may differ at a common position; by how much is bounded here.
    /// </summary>
    [Fact]
    public void Length_dependent_angles_change_earlier_positions_a_little_and_only_beyond_the_original_context()
    {
        LanguageModel model = Load("llama-rope-dynamic"); // original context 12
        Assert.True(model.Config.AnglesDependOnLength);
        int[] ids = Prompt(model, 30);
        Matrix within = model.Logits(ids.AsSpan(0, 10)), whole = model.Logits(ids.AsSpan(0, 12)), beyond = model.Logits(ids);
        Assert.Equal(within.Values, whole.Values[..within.Values.Length]);
        double largest = 0;
        for (int i = 0; i < within.Values.Length; i++)
            largest = Math.Max(largest, Math.Abs(within.Values[i] - beyond.Values[i]));
        Assert.InRange(largest, 1e-6, 1); // of logits up to 9
    }

    private static int[] Prompt(LanguageModel model, int length) =>
        [.. Enumerable.Range(0, length).Select(i => (int)((i * 2654435761L + 12345) % model.Config.VocabSize))];

    private LanguageModel Load(string family) => LanguageModel.Load(TestFiles.Fixture("families", family), _workers);

    public void Dispose() => _workers.Dispose();
}
