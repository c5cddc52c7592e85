namespace Azimuth.Transformers.Weights;

/// <summary>One tensor's way from one form of a family's files to another.</summary>
/// <param name="Source">Its name there.</param>
/// <param name="Target">Its name here.</param>
/// <param name="RowOrder">Which row each row written is; all in order when null.</param>
/// <param name="IsTransposed">True when one form stores it as [inputs, outputs], the other as [outputs, inputs].</param>
/// <param name="GainShift">Added to its values: 1 or −1 for gains that one form stores as their difference from one.</param>
/// <param name="Part">What it is a part of.</param>
internal sealed record TensorMove(string Source, string Target, int[]? RowOrder, bool IsTransposed, float GainShift, ModelPart Part)
{
    /// <summary>Every tensor that a config asks for.</summary>
    /// <param name="source">The config as the source's files say it.</param>
    /// <param name="sourceNames">Their names.</param>
    /// <param name="prefix">Which of their prefixes.</param>
    /// <param name="target">The same config as the target's files say it.</param>
    /// <param name="targetNames">Their names; the first prefix is taken.</param>
    public static IReadOnlyList<TensorMove> Between(TransformerConfig source, TensorNames sourceNames, string prefix, TransformerConfig target, TensorNames targetNames)
    {
        PlannedTensor[] from = [.. TensorPlan.Of(source, sourceNames, prefix)], to = [.. TensorPlan.Of(target, targetNames, targetNames.Prefixes[0])];
        if (from.Length != to.Length || from.Zip(to).Any(pair => pair.First.Part != pair.Second.Part || pair.First.Values != pair.Second.Values))
            throw new ArgumentException($"the file keeps the tensors of {source.Architecture} in other parts than files of this family usually have, which is not converted.");
        bool transposes = sourceNames.Layout != targetNames.Layout;
        float shift = (IsOffset(source) ? 1 : 0) - (IsOffset(target) ? 1 : 0);
        return
        [
            .. from.Zip(to, (a, b) => new TensorMove(
                a.Name, b.Name, Order(a, b), transposes && a.Shape.Count == 2 && a.Part is (ModelPart.Attention or ModelPart.Mlp or ModelPart.Projections),
                a.Part == ModelPart.Norms && a.Name.EndsWith(".weight", StringComparison.Ordinal) ? shift : 0, a.Part)),
        ];
    }

    private static bool IsOffset(TransformerConfig config) => config.Layers[0].Norm.GainIsOffset;

    /// <summary>Each form says which row of its stack of queries, keys and values makes each output; the rows of one are wanted in the order of the other.</summary>
    private static int[]? Order(PlannedTensor from, PlannedTensor to)
    {
        if (from.Stack is not { } a || to.Stack is not { } b || (a.Names.RowOrder is null && b.Names.RowOrder is null))
            return null;
        AttentionConfig attention = a.Attention;
        int[] straight = [.. Enumerable.Range(0, attention.QueryWidth + 2 * attention.KeyWidth)];
        int[] fromRow = a.Names.RowOrder?.Invoke(attention) ?? straight, toRow = b.Names.RowOrder?.Invoke(attention) ?? straight;
        int[] sourceOfTarget = new int[straight.Length];
        for (int output = 0; output < straight.Length; output++)
            sourceOfTarget[toRow[output]] = fromRow[output];
        if (a.Names.Parts.Count == 1)
            return sourceOfTarget;
        int start = a.Part == 0 ? 0 : attention.QueryWidth + (a.Part - 1) * attention.KeyWidth, length = a.Part == 0 ? attention.QueryWidth : attention.KeyWidth;
        return [.. sourceOfTarget.AsSpan(start, length).ToArray().Select(row => row - start)];
    }
}
