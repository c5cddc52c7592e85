using Azimuth.Cli.Output;
using Azimuth.Quantization;

namespace Azimuth.Cli.Commands;

/// <summary>What <c>azimuth quantize</c> shows.</summary>
internal static class QuantizeView
{
    public static void Draw(Screen screen, string model, List<ModelQuantization> measured, List<Impossible> impossible, QuantizeOutput? written, string? path)
    {
        screen.Heading(measured.Count == 0 ? model : measured[0].Part == QuantizedPart.All ? $"{model} with all matrices in fewer bits" : $"{model} with its token tables in fewer bits");
        if (measured.Count > 0)
        {
            screen.Line($"Now {Numbers.Bytes(measured[0].SizeBytesBefore)} of tensors.");
            Sizes(screen, measured);
            for (int table = 0; table < measured[0].Tables.Count; table++)
                Table(screen, measured, table);
            if (measured[0].Divergence is not null)
                Divergence(screen, measured);
        }

        foreach (Impossible one in impossible)
            screen.Line($"{one.Type.Name()}: not possible, {one.Reason.TrimEnd('.')}.");
        foreach (ModelQuantization one in measured.Where(m => m.StoredAsF16.Count > 0).Take(1))
            screen.Line($"{Numbers.Count(one.StoredAsF16.Count)} matrices are stored as F16 in the block types: their rows are no multiple of 32 ({Tokens.Cut(one.StoredAsF16[0], 40)}).");
        if (written is null)
            return;
        screen.Heading("Written");
        screen.Facts((written.Form, $"{path}, {Numbers.Bytes(written.SizeBytes)}"));
    }

    private static void Sizes(Screen screen, List<ModelQuantization> measured)
    {
        Column[] columns = [new("type"), new("size", Side.Right), new("of now", Side.Right), new("bits per weight of the table", Side.Right), new("relative error of the other matrices", Side.Right)];
        screen.Table(columns,
        [
            .. measured.Select(Cell[] (m) =>
            [
                m.Type.Name(), Numbers.Bytes(m.SizeBytesAfter), Numbers.Percent((double)m.SizeBytesAfter / m.SizeBytesBefore), Numbers.Three(m.Tables[0].BitsPerWeight),
                m.Matrices is { } matrices ? Numbers.Percent(matrices.RelativeRmsError) : "–",
            ]),
        ]);
    }

    private static void Table(Screen screen, List<ModelQuantization> measured, int table)
    {
        TableQuantization first = measured[0].Tables[table];
        screen.Heading($"The {first.Table}: {Plural.Of(first.Rows, "row")} of {Numbers.Count(first.Columns)}, {Numbers.Bytes(first.SizeBytesBefore)} now");
        Column[] columns =
        [
            new("type"), new("size", Side.Right), new("rms error", Side.Right), new("largest", Side.Right), new("relative", Side.Right), new("mean angle", Side.Right),
            new("largest", Side.Right), new("10 nearest kept", Side.Right),
        ];
        screen.Table(columns,
        [
            .. measured.Select(m => m.Tables[table]).Select(Cell[] (t) =>
            [
                t.Type.Name(), Numbers.Bytes(t.SizeBytesAfter), Numbers.Three(t.RmsError), Numbers.Three(t.MaxError), Numbers.Percent(t.RelativeRmsError),
                Degrees(t.MeanAngleDegrees), Degrees(t.MaxAngleDegrees), Numbers.Percent(t.NeighbourOverlap10),
            ]),
        ]);
    }

    private static string Degrees(double angle) => double.IsNaN(angle) ? "–" : Numbers.Three(angle) + "°";

    private static void Divergence(Screen screen, List<ModelQuantization> measured)
    {
        screen.Heading("Next-token distributions on the text, against those of the model as it is");
        Column[] columns = [new("type"), new("mean KL, nats", Side.Right), new("largest", Side.Right), new("same first token", Side.Right), new("perplexity", Side.Right), new("now", Side.Right)];
        screen.Table(columns,
        [
            .. measured.Select(m => (m.Type, D: m.Divergence!)).Select(Cell[] (pair) =>
            [
                pair.Type.Name(), Numbers.Three(pair.D.MeanKlNats), Numbers.Three(pair.D.MaxKlNats), Numbers.Percent(pair.D.Top1Agreement),
                pair.D.PerplexityAfter is { } after ? Numbers.Fixed(after, 3) : "–", pair.D.PerplexityBefore is { } before ? Numbers.Fixed(before, 3) : "–",
            ]),
        ]);
    }
}
