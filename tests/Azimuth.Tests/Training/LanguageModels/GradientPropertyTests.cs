using Azimuth.Numerics;
using Azimuth.Training.LanguageModels;
using Azimuth.Transformers;
using Azimuth.Transformers.Positions;

namespace Azimuth.Tests.Training.LanguageModels;

/// <summary>
/// Gradients of every kind of part against central differences of the loss, tensor by tensor: along the gradient itself, and along random directions. The loss is computed in single
/// precision, so differences are taken over steps that move it by much more than its rounding, and twice, so that the error of third order falls out (Richardson).
/// </summary>
public sealed class GradientPropertyTests(ITestOutputHelper output)
{
    private const string Gpt2 = """{"model_type":"gpt2","vocab_size":29,"n_embd":24,"n_layer":2,"n_head":4,"n_positions":40,"activation_function":"ACT"}""";
    private const string Llama = """{"model_type":"llama","vocab_size":23,"hidden_size":24,"intermediate_size":36,"num_hidden_layers":2,"num_attention_heads":6,"num_key_value_heads":2,"max_position_embeddings":64,"attention_bias":true,"mlp_bias":true,"hidden_act":"ACT"}""";

    private const string Mixed = """{"model_type":"mixtral","vocab_size":23,"hidden_size":24,"intermediate_size":20,"num_hidden_layers":2,"num_attention_heads":6,"num_key_value_heads":2,"max_position_embeddings":64,"num_local_experts":4,"num_experts_per_tok":2,"hidden_act":"silu"}""";
    private static readonly NormConfig QueryKey = new() { Kind = NormKind.RmsNorm, Epsilon = 1e-5f };

    /// <summary>One entry a part: a family's config with that part in it.</summary>
    private static readonly Dictionary<string, (string Json, Func<TransformerConfig, TransformerConfig> Change)> Parts = new()
    {
        ["layer norm, learned positions, biases, tied table, tanh GELU"] = (Gpt2.Replace("ACT", "gelu_new"), c => c),
        ["exact GELU"] = (Gpt2.Replace("ACT", "gelu"), c => c),
        ["quick GELU"] = (Gpt2.Replace("ACT", "quick_gelu"), c => c),
        ["ReLU"] = (Gpt2.Replace("ACT", "relu"), c => c),
        ["untied table with bias"] = (Gpt2.Replace("ACT", "gelu_new"), c => c with { Output = c.Output with { Tied = false, HasBias = true } }),
        ["RMS norm, rotary halves, grouped heads, gated SiLU"] = (Llama.Replace("ACT", "silu"), c => c),
        ["gated tanh GELU, tied"] = (Llama.Replace("ACT", "gelu_pytorch_tanh"), c => c with { Output = c.Output with { Tied = true } }),
        ["neighbouring and partial rotary pairs"] = (Llama.Replace("ACT", "silu"), Attention(a => a with { Rotary = a.Rotary! with { Pairing = RotaryPairing.Neighbours, Dim = 2 } })),
        ["window"] = (Llama.Replace("ACT", "silu"), Attention(a => a with { Window = 5 })),
        ["soft cap on scores"] = (Llama.Replace("ACT", "silu"), Attention(a => a with { SoftCap = 2 })),
        ["ALiBi"] = (Llama.Replace("ACT", "silu"), Attention(a => a with { Rotary = null, AlibiSlopes = Alibi.Slopes(6) })),
        ["gain as offset"] = (Llama.Replace("ACT", "silu"), Norms(n => n with { GainIsOffset = true })),
        ["scales and soft cap of logits"] = (Llama.Replace("ACT", "silu"), c => c with
        {
            Output = c.Output with { LogitScale = 0.7f, LogitSoftCap = 3 },
            Embedding = c.Embedding with { Scale = 2.5f },
            Layers = [.. c.Layers.Select(l => l with { ResidualScale = 0.6f })],
        }),
        ["norm after"] = (Gpt2.Replace("ACT", "gelu_new"), Shape(BlockShape.NormAfter)),
        ["sandwich"] = (Llama.Replace("ACT", "silu"), Shape(BlockShape.Sandwich)),
        ["post-norm"] = (Gpt2.Replace("ACT", "gelu_new"), Shape(BlockShape.PostNorm)),
        ["parallel"] = (Gpt2.Replace("ACT", "gelu_new"), Shape(BlockShape.Parallel)),
        ["parallel with two norms"] = (Llama.Replace("ACT", "silu"), Shape(BlockShape.ParallelTwoNorms)),
        ["norm of the embedding"] = (Gpt2.Replace("ACT", "gelu_new"), c => c with { Embedding = c.Embedding with { Norm = c.FinalNorm } }),
        ["norms of queries and keys, each head"] = (Llama.Replace("ACT", "silu"), Attention(a => a with { QueryKeyNorm = new QueryKeyNormConfig(QueryKey, PerHead: true) })),
        ["norms of queries and keys, all heads"] = (Llama.Replace("ACT", "silu"), Attention(a => a with { QueryKeyNorm = new QueryKeyNormConfig(QueryKey, PerHead: false) })),
        ["norms of queries and keys without gain"] = (Gpt2.Replace("ACT", "gelu_new"), Attention(a => a with { QueryKeyNorm = new QueryKeyNormConfig(QueryKey with { HasGain = false }, PerHead: true) })),
        ["clipped queries, keys and values"] = (Llama.Replace("ACT", "silu"), Attention(a => a with { Clip = 3 })),
        ["rounded ALiBi"] = (Llama.Replace("ACT", "silu"), Attention(a => a with { Rotary = null, AlibiSlopes = Alibi.Slopes(6), AlibiIsRounded = true, AlibiScale = a.Scale })),
        ["sinusoidal positions"] = (Gpt2.Replace("ACT", "gelu_new"), c => c with { Embedding = c.Embedding with { Positions = new PositionTableConfig(PositionTableKind.Sinusoidal, 2, 42) } }),
        ["experts with shares that add up to one"] = (Mixed, c => c),
        ["experts with parts of the softmax over all"] = (Mixed, c => c with { Layers = [.. c.Layers.Select(l => l with { Mlp = l.Mlp with { Experts = new ExpertsConfig(5, 3, Renormalised: false) } })] }),
        ["no final norm"] = (Gpt2.Replace("ACT", "gelu_new"), c => c with { FinalNorm = null }),
    };

    /// <summary>Parts of attention, whose queries are taken in blocks, in sequences of more than one block; windows that begin within a block and in the one before.</summary>
    private static readonly Dictionary<string, (string Json, Func<TransformerConfig, TransformerConfig> Change)> LongParts = new()
    {
        ["plain"] = (Gpt2.Replace("ACT", "gelu_new").Replace("40", "200"), c => c),
        ["grouped heads"] = (Llama.Replace("ACT", "silu").Replace("64", "200"), c => c),
        ["window of 33 with soft cap"] = (Llama.Replace("ACT", "silu").Replace("64", "200"), Attention(a => a with { Window = 33, SoftCap = 2 })),
        ["window of 101 with ALiBi"] = (Llama.Replace("ACT", "silu").Replace("64", "200"), Attention(a => a with { Window = 101, Rotary = null, AlibiSlopes = Alibi.Slopes(6) })),
    };

    public static TheoryData<string> Names => [.. Parts.Keys];

    public static TheoryData<string> LongNames => [.. LongParts.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Gradients_equal_central_differences(string part)
    {
        for (ulong seed = 1; seed <= 3; seed++)
        {
            var random = new SeededRandom(seed);
            Compare(part, Parts[part], 1 + random.NextInt32(3), 1 + random.NextInt32(38), seed, random);
        }
    }

    [Theory]
    [MemberData(nameof(LongNames))]
    public void Gradients_of_sequences_longer_than_a_block_of_queries_equal_central_differences(string part)
    {
        foreach (int length in (int[])[97, 143, 200])
            Compare(part, LongParts[part], 1, length, (ulong)length, new SeededRandom((ulong)length));
    }

    [Fact]
    public void Shares_of_batches_add_up_to_the_gradient_of_all()
    {
        using var workers = new Workers(1);
        using TrainedModel model = TrainedModel.Random(Parts.Values.First().Json, c => c, 40, new SeededRandom(5), workers);
        var random = new SeededRandom(6);
        int[] inputs = [.. Enumerable.Range(0, 40).Select(_ => random.NextInt32(29))], targets = [.. Enumerable.Range(0, 40).Select(_ => random.NextInt32(29))];
        model.Pass.LossAndGradient(inputs, targets, 4, 1);
        float[][] whole = [.. model.Weights.Tensors.Select(tensor => tensor.Gradient.ToArray())];
        model.Weights.ClearGradients();
        for (int i = 0; i < 2; i++)
            model.Pass.LossAndGradient(inputs.AsSpan(20 * i, 20), targets.AsSpan(20 * i, 20), 2, 0.5);
        foreach ((float[] all, ParameterTensor tensor) in whole.Zip(model.Weights.Tensors))
            Assert.True(GradientFixtureTests.Largest(all, tensor.Gradient.ToArray()) < 1e-6, tensor.Name); // other orders of summation
    }

    [Fact]
    public void A_part_without_a_backward_pass_is_refused_by_name()
    {
        using var workers = new Workers(1);
        foreach ((string name, Func<TransformerConfig, TransformerConfig> change) in new (string, Func<TransformerConfig, TransformerConfig>)[]
        {
            ("experts with biases", c => c with { Layers = [.. c.Layers.Select(l => l with { Mlp = l.Mlp with { Experts = new ExpertsConfig(2, 1, true), HasBias = true } })] }),
            ("encoder", Attention(a => a with { IsCausal = false })),
            ("types", c => c with { Embedding = c.Embedding with { TokenTypes = 2 } }),
            ("pooler", c => c with { HasPooler = true }),
        })
        {
            var problem = Assert.Throws<NotSupportedException>(() => TrainedModel.Random(Llama.Replace("ACT", "silu"), change, 8, new SeededRandom(1), workers));
            Assert.Contains(name, problem.Message);
        }
    }

    private void Compare(string part, (string Json, Func<TransformerConfig, TransformerConfig> Change) of, int sequences, int length, ulong seed, SeededRandom random)
    {
        using var workers = new Workers(2);
        double worst = 0;
        using TrainedModel model = TrainedModel.Random(of.Json, of.Change, sequences * length, random, workers);
        int[] Ids() => [.. Enumerable.Range(0, sequences * length).Select(_ => random.NextInt32(model.Config.VocabSize))];
        int[] inputs = Ids(), targets = Ids();
        model.Pass.LossAndGradient(inputs, targets, sequences, 1);
        foreach (ParameterTensor tensor in model.Weights.Tensors)
        {
            float[] gradient = tensor.Gradient.ToArray();
            double norm = Vectors.Norm(gradient);
            float[] along = norm < 1e-6 ? Gaussian(random, gradient.Length) : gradient, across = Gaussian(random, gradient.Length);
            foreach (float[] direction in new[] { along, across })
            {
                double expected = Vectors.DotDouble(gradient, direction) / Vectors.Norm(direction);
                // Where the loss bends strongly, or corners of ReLU or a clip lie within a step, a narrower one decides.
                double slope = new[] { 0.004, 0.001, 0.00025 }.Select(step => Slope(model, tensor, direction, step / Math.Max(1, norm), inputs, targets, sequences, workers)).MinBy(found => Math.Abs(found - expected));
                // A mean loss is right to about 3e-7, over steps of 0.004: 1e-4; and two parts in a thousand for what Richardson leaves.
                double difference = Math.Abs(slope - expected), allowed = 1e-4 + 2e-3 * norm;
                Assert.True(difference <= allowed, $"{part}, seed {seed}, {tensor.Name}: the loss rises by {slope}, the gradient says {expected}");
                worst = Math.Max(worst, difference / allowed);
            }
        }

        output.WriteLine(FormattableString.Invariant($"{part}, {sequences} × {length}: {worst:0.00} of what is allowed"));
    }

    /// <summary>The derivative of the loss along a direction of length 1, by central differences at two steps.</summary>
    private static double Slope(TrainedModel model, ParameterTensor tensor, float[] direction, double width, int[] inputs, int[] targets, int sequences, Workers workers)
    {
        float[] before = tensor.Values.ToArray();
        double length = Vectors.Norm(direction);
        double At(double step)
        {
            for (int i = 0; i < before.Length; i++)
                tensor.Values[i] = (float)(before[i] + step * direction[i] / length);
            model.Weights.Prepare(workers);
            return model.Pass.Loss(inputs, targets, sequences);
        }

        double wide = (At(2 * width) - At(-2 * width)) / (4 * width), narrow = (At(width) - At(-width)) / (2 * width);
        before.CopyTo(tensor.Values);
        model.Weights.Prepare(workers);
        return (4 * narrow - wide) / 3;
    }

    private static float[] Gaussian(SeededRandom random, int count) => [.. Enumerable.Range(0, count).Select(_ => (float)random.NextGaussian())];

    private static Func<TransformerConfig, TransformerConfig> Attention(Func<AttentionConfig, AttentionConfig> change) =>
        config => config with { Layers = [.. config.Layers.Select(layer => layer with { Attention = change(layer.Attention) })] };

    private static Func<TransformerConfig, TransformerConfig> Norms(Func<NormConfig, NormConfig> change) =>
        config => config with { FinalNorm = change(config.FinalNorm!), Layers = [.. config.Layers.Select(layer => layer with { Norm = change(layer.Norm) })] };

    private static Func<TransformerConfig, TransformerConfig> Shape(BlockShape shape) =>
        config => config with { Layers = [.. config.Layers.Select(layer => layer with { Shape = shape })] };
}
