namespace Azimuth.Transformers.Architectures;

/// <summary>Orders in which files keep the rows of queries, keys and values in one matrix, as the row that makes each output [queries | keys | values].</summary>
internal static class FusedLayouts
{
    /// <summary>
    /// Group after group of heads that share keys and values: the group's queries, then its key head, then its value head (BLOOM and GPT-NeoX with groups of
    /// one, Falcon).
    /// </summary>
    public static int[] ByGroup(AttentionConfig attention)
    {
        int dim = attention.HeadDim, queriesInGroup = attention.HeadCount / attention.KeyValueHeadCount;
        int groupRows = (queriesInGroup + 2) * dim;
        IEnumerable<int> Rows(int group, int head) => Enumerable.Range(group * groupRows + head * dim, dim);
        var groups = Enumerable.Range(0, attention.KeyValueHeadCount);
        return
        [
            .. Enumerable.Range(0, attention.HeadCount).SelectMany(head => Rows(head / queriesInGroup, head % queriesInGroup)),
            .. groups.SelectMany(group => Rows(group, queriesInGroup)),
            .. groups.SelectMany(group => Rows(group, queriesInGroup + 1)),
        ];
    }

    /// <summary>CodeGen, trained on four machines: four blocks one after the other, each with a quarter of the queries, of the values, then of the keys.</summary>
    public static int[] CodeGen(AttentionConfig attention)
    {
        const int Blocks = 4;
        int quarter = attention.QueryWidth / Blocks;
        IEnumerable<int> Rows(int part) => Enumerable.Range(0, Blocks).SelectMany(block => Enumerable.Range((3 * block + part) * quarter, quarter));
        return [.. Rows(0), .. Rows(2), .. Rows(1)];
    }
}
