using System.Text.Json;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Tests.Transformers;

/// <summary>A real model that sorts six letters, with every activation as PyTorch computed it.</summary>
public sealed class SortingModelTests : IDisposable
{
    /// <summary>Asked for by the data's makers; a different GELU, a missing bias or a swapped norm is off by 1e-3 and more.</summary>
    private const double Tolerance = 2e-5;

    private readonly Workers _workers = new(2);

    [Fact]
    public void All_729_inputs_come_out_sorted()
    {
        LanguageModel model = LanguageModel.Load(TestFiles.Shared("data", "gpt-nano-sort"), _workers);
        for (int n = 0; n < 729; n++)
        {
            int[] letters = [n / 243 % 3, n / 81 % 3, n / 27 % 3, n / 9 % 3, n / 3 % 3, n % 3];
            Assert.Equal(letters.Order(), Generator.Greedy(model, letters, 6));
        }
    }

    [Fact]
    public void Every_activation_equals_PyTorch()
    {
        JsonElement golden = Near.Json(TestFiles.Shared("data", "gpt-nano-sort", "golden.json"));
        LanguageModel model = LanguageModel.Load(TestFiles.Shared("data", "gpt-nano-sort"), _workers);
        JsonElement sites = golden.GetProperty("pytorch");
        int[][] inputs = [.. golden.GetProperty("idx").EnumerateArray().Select(Near.Integers)];
        int compared = 0;
        for (int i = 0; i < inputs.Length; i++)
        {
            Trace trace = model.Trace(inputs[i], TraceSites.All);
            foreach (JsonProperty site in sites.EnumerateObject())
            {
                double[] all = Near.Numbers(site.Value.GetProperty("data"));
                int size = all.Length / inputs.Length;
                Near.Equal($"input {i}, {site.Name}", all.AsSpan(i * size, size), Found(trace, site.Name), Tolerance);
                compared++;
            }
        }

        Assert.Equal(3 * 14, compared);
    }

    /// <summary>The file's names; those of one layer are the first one's.</summary>
    private static float[] Found(Trace trace, string site) => site switch
    {
        "x" => trace.Embedding.Values,
        "q" => ByHead(trace.Query(0)),
        "k" => ByHead(trace.Key(0)),
        "v" => ByHead(trace.Value(0)),
        "attSm" => [.. trace.AttentionPattern(0).SelectMany(head => head.Values)],
        "attnResid" => trace.Residual(TraceSites.ResidMid, 0).Values,
        "fc" => trace.MlpPre(0).Values,
        "gelu" => trace.MlpHidden(0).Values,
        "mlp" => trace.MlpOut(0).Values,
        "block0" => trace.Residual(TraceSites.ResidPost, 0).Values,
        "block1" => trace.Residual(TraceSites.ResidPost, 1).Values,
        "block2" => trace.Residual(TraceSites.ResidPost, 2).Values,
        "ln_f" => trace.FinalNorm.Values,
        "lm_head" => trace.Logits.Values,
        _ => throw new ArgumentException($"unknown site {site}"),
    };

    /// <summary>[position, head · 16] to [head, position, 16].</summary>
    private static float[] ByHead(Matrix rows) =>
        [.. Enumerable.Range(0, 3).SelectMany(head => Enumerable.Range(0, rows.Rows).SelectMany(row => rows.Row(row).Slice(16 * head, 16).ToArray()))];

    public void Dispose() => _workers.Dispose();
}
