using Azimuth.Checkpoints;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Tests.Tracing;

public sealed class PromptTracerTests : IDisposable
{
    private static readonly int[] Ids = [5, 9, 2, 17, 30, 4];

    private readonly Workers _workers = new();

    public void Dispose() => _workers.Dispose();

    [Theory]
    [InlineData("gpt2")]
    [InlineData("gpt2-untied")]
    [InlineData("opt-125m-style")]
    [InlineData("galactica-style")]
    [InlineData("llama")]
    [InlineData("llama-biases-headdim")]
    public void Contributions_add_up_to_the_logit_at_every_position(string family)
    {
        LanguageModel model = Family(family);
        for (int position = 0; position < Ids.Length; position++)
        {
            PromptTrace trace = Run(model, new PromptTraceOptions { Position = position });
            double largest = trace.Contributions.Values.Max(c => Math.Abs(c.Target));
            Assert.Equal(trace.LogitTarget, trace.Contributions.Values.Sum(c => c.Target) + trace.BiasTerm.Target, 1e-5 * largest);
            Assert.Equal(trace.LogitTarget - trace.LogitRival, trace.Contributions.Values.Sum(c => c.TargetMinusRival) + trace.BiasTerm.TargetMinusRival, 1e-5 * largest);
        }
    }

    [Fact]
    public void Blocks_that_norm_the_stream_have_no_contributions_and_say_why()
    {
        PromptTrace trace = Run(Family("opt-350m-style"));
        Assert.Empty(trace.Contributions);
        Assert.Contains(trace.Conventions.Notes, note => note.StartsWith("contributions: none", StringComparison.Ordinal));
        Assert.False(trace.Conventions.FinalNormApplied);
        Assert.Equal(trace.ProbabilityTarget, trace.Sites[^1].TargetProbability, 1e-6);
    }

    [Fact]
    public void The_lens_at_the_last_site_is_the_model_s_own_prediction()
    {
        PromptTrace trace = Run(Family("gpt2"));
        Assert.Equal("embedding", trace.Sites[0].Site);
        Assert.Equal(trace.RankTarget, trace.Sites[^1].TargetRank);
        Assert.Equal(trace.Top10.Take(5), trace.Sites[^1].LensTop5);
        Assert.Equal(0, trace.Sites[^1].AngleToFinal);
        Assert.Equal(1 + 2 * Family("gpt2").Config.LayerCount, trace.Sites.Count);
    }

    [Fact]
    public void An_earlier_position_shows_what_the_shorter_prompt_shows()
    {
        LanguageModel model = Family("llama");
        PromptTrace inside = Run(model, new PromptTraceOptions { Position = 3 });
        PromptTrace alone = PromptTracer.Run(model, Ids.AsSpan(0, 4), null, TestContext.Current.CancellationToken);
        Assert.Equal(alone.Top10, inside.Top10);
        Assert.Equal(alone.Contributions, inside.Contributions);
        Assert.Equal(alone.Sites.Select(s => (s.Norm, s.TargetRank, s.PlaneNormed, s.PlaneRaw)), inside.Sites.Select(s => (s.Norm, s.TargetRank, s.PlaneNormed, s.PlaneRaw)));
        Assert.Equal(alone.AttentionLastPosition, inside.AttentionLastPosition);
        Assert.Equal(Ids.Length, inside.Sites[0].NormAllPositions.Count);
        Assert.All(inside.AttentionLastPosition.SelectMany(layer => layer), head => Assert.Equal(1, head.Sum(), 1e-5));
    }

    [Fact]
    public void Target_and_rival_are_the_two_most_probable_unless_given()
    {
        LanguageModel model = Family("gpt2");
        PromptTrace usual = Run(model);
        Assert.Equal((usual.Top10[0].Id, usual.Top10[1].Id), (usual.Target.Id, usual.Rival.Id));
        PromptTrace asked = Run(model, new PromptTraceOptions { Target = usual.Top10[3].Id });
        Assert.Equal((usual.Top10[3].Id, usual.Top10[0].Id), (asked.Target.Id, asked.Rival.Id));
        Assert.Equal(4, asked.RankTarget);
        PromptTrace rival = Run(model, new PromptTraceOptions { Rival = usual.Top10[0].Id });
        Assert.Equal((usual.Top10[1].Id, usual.Top10[0].Id), (rival.Target.Id, rival.Rival.Id));
    }

    [Fact]
    public void One_token_is_a_prompt_and_the_end_of_the_context_ends_the_continuation()
    {
        LanguageModel model = Family("gpt2");
        PromptTrace one = PromptTracer.Run(model, [7], null, TestContext.Current.CancellationToken);
        Assert.Empty(one.LossNatsPerPosition);
        int[] full = [.. Enumerable.Range(0, model.Config.ContextLength).Select(i => i % 11)];
        Assert.Equal(2, PromptTracer.Run(model, full.AsSpan(2), null, TestContext.Current.CancellationToken).Greedy20.Count);
        Assert.Throws<ArgumentException>(() => PromptTracer.Run(model, [.. full, 1], null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void What_cannot_be_asked_is_refused_with_the_value()
    {
        LanguageModel model = Family("gpt2");
        Assert.Throws<ArgumentException>(() => PromptTracer.Run(model, [], null, TestContext.Current.CancellationToken));
        Assert.Contains("positions 0 to 5", Assert.Throws<ArgumentOutOfRangeException>(() => Run(model, new PromptTraceOptions { Position = 6 })).Message, StringComparison.Ordinal);
        Assert.Contains("both token 3", Assert.Throws<ArgumentException>(() => Run(model, new PromptTraceOptions { Target = 3, Rival = 3 })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Run(model, new PromptTraceOptions { Target = model.Config.VocabSize }));
        Assert.ThrowsAny<ArgumentException>(() => PromptTracer.Run(model, [model.Config.VocabSize], null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Numbers_too_large_for_the_run_are_reported_with_the_first_site_that_shows_them()
    {
        string folder = Directory.CreateTempSubdirectory("azimuth-overflow-").FullName;
        try
        {
            string from = TestFiles.Fixture("families", "llama");
            foreach (string file in Directory.GetFiles(from, "*.json"))
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
            byte[] weights = File.ReadAllBytes(Path.Combine(from, "model.safetensors"));
            TensorInfo tensor = ModelFolder.Open(from).Checkpoint.Find("model.layers.1.mlp.down_proj.weight")!;
            System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(weights.AsSpan((int)tensor.Offset, (int)tensor.SizeBytes)).Fill(3e38f);
            File.WriteAllBytes(Path.Combine(folder, "model.safetensors"), weights);

            var error = Assert.Throws<CheckpointFormatException>(() => Run(LanguageModel.Load(folder, _workers)));

            Assert.Contains("the residual stream at resid_post.1, position 0, holds", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private PromptTrace Run(LanguageModel model, PromptTraceOptions? options = null) => PromptTracer.Run(model, Ids, options, TestContext.Current.CancellationToken);

    private LanguageModel Family(string name) => LanguageModel.Load(TestFiles.Fixture("families", name), _workers);
}
