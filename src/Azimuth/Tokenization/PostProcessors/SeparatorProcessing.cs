namespace Azimuth.Tokenization.PostProcessors;

/// <summary>
/// "BertProcessing" ([CLS] A [SEP] B [SEP], types 0 and 1) and "RobertaProcessing" (&lt;s&gt; A &lt;/s&gt;&lt;/s&gt; B &lt;/s&gt;, all of type 0).
/// </summary>
/// <param name="first">The id in front.</param>
/// <param name="separator">The id behind each text.</param>
/// <param name="isRoberta">The second text has a separator in front as well, and types stay 0.</param>
internal sealed class SeparatorProcessing(int first, int separator, bool isRoberta) : IPostProcessor
{
    public IReadOnlyList<TokenSequence> Process(IReadOnlyList<TokenSequence> texts, bool addSpecialTokens)
    {
        List<TokenSequence> result = [];
        for (int number = 0; number < texts.Count; number++)
        {
            int typeId = isRoberta ? 0 : number;
            texts[number].SetType(typeId);
            if (addSpecialTokens && number == 0)
                result.Add(Added(first, typeId));
            else if (addSpecialTokens && isRoberta)
                result.Add(Added(separator, typeId));
            result.Add(texts[number]);
            if (addSpecialTokens)
                result.Add(Added(separator, typeId));
        }

        return result;
    }

    private static TokenSequence Added(int id, int typeId)
    {
        TokenSequence sequence = new();
        sequence.AddSpecial(id, typeId);
        return sequence;
    }
}
