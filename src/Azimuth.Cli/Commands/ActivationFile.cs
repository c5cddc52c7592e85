using System.Globalization;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Numerics;
using Azimuth.Transformers;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Cli.Commands;

/// <summary>
/// Every traced value of a prompt in one safetensors file. Names are those that <c>azimuth verify</c> reads: <c>embedding</c>, <c>resid_pre.L</c>,
/// <c>attention.L</c> [head, query, key], <c>final_norm</c>, <c>logits</c>; all others [position, width].
/// </summary>
internal static class ActivationFile
{
    private static readonly (TraceSites Site, string Name)[] LayerSites =
    [
        (TraceSites.ResidPre, "resid_pre"), (TraceSites.ResidMid, "resid_mid"), (TraceSites.ResidPost, "resid_post"), (TraceSites.Query, "query"),
        (TraceSites.Key, "key"), (TraceSites.Value, "value"), (TraceSites.HeadOutput, "head_output"), (TraceSites.AttentionOut, "attention_out"),
        (TraceSites.MlpPre, "mlp_pre"), (TraceSites.MlpHidden, "mlp_hidden"), (TraceSites.MlpOut, "mlp_out"),
    ];

    /// <summary>Runs the prompt once more with every site kept, and writes them.</summary>
    public static void Save(LanguageModel model, int[] ids, string path, CancellationToken cancel)
    {
        Trace trace = model.Trace(ids, TraceSites.All);
        cancel.ThrowIfCancellationRequested();
        Dictionary<string, string> metadata = new()
        {
            ["model"] = model.Name,
            ["ids"] = string.Join(',', ids.Select(id => id.ToString(CultureInfo.InvariantCulture))),
        };
        SafetensorsWriter.Save(path, Entries(trace), metadata, cancel);
    }

    private static IEnumerable<SafetensorsEntry> Entries(Trace trace)
    {
        yield return Entry("embedding", trace.Embedding);
        for (int layer = 0; layer < trace.LayerCount; layer++)
        {
            string suffix = "." + layer.ToString(CultureInfo.InvariantCulture);
            foreach ((TraceSites site, string name) in LayerSites)
            {
                if (trace.Has(site, layer))
                    yield return Entry(name + suffix, Value(trace, site, layer));
            }

            if (trace.Has(TraceSites.AttentionPattern, layer))
                yield return Pattern("attention" + suffix, trace.AttentionPattern(layer));
        }

        yield return Entry("final_norm", trace.FinalNorm);
        yield return Entry("logits", trace.Logits);
    }

    private static Matrix Value(Trace trace, TraceSites site, int layer) => site switch
    {
        TraceSites.Query => trace.Query(layer),
        TraceSites.Key => trace.Key(layer),
        TraceSites.Value => trace.Value(layer),
        TraceSites.HeadOutput => trace.HeadOutput(layer),
        TraceSites.AttentionOut => trace.AttentionOut(layer),
        TraceSites.MlpPre => trace.MlpPre(layer),
        TraceSites.MlpHidden => trace.MlpHidden(layer),
        TraceSites.MlpOut => trace.MlpOut(layer),
        _ => trace.Residual(site, layer),
    };

    private static SafetensorsEntry Entry(string name, Matrix values) => SafetensorsEntry.From(name, values.Values, values.Rows, values.Columns);

    private static SafetensorsEntry Pattern(string name, IReadOnlyList<Matrix> heads)
    {
        float[] values = [.. heads.SelectMany(head => head.Values)]; // [head, query, key]
        return SafetensorsEntry.From(name, values, heads.Count, heads[0].Rows, heads[0].Columns);
    }
}
