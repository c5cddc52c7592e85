namespace Azimuth.Tokenization.PostProcessors;

/// <summary>One place of a template: a text (0 or 1), or ids to add, with the type its tokens get.</summary>
internal sealed record TemplatePiece(int? Text, IReadOnlyList<int> Ids, int TypeId);

/// <summary>"TemplateProcessing": texts and added tokens in a stated order, one template for a single text, one for a pair.</summary>
internal sealed class TemplateProcessing(IReadOnlyList<TemplatePiece> single, IReadOnlyList<TemplatePiece> pair) : IPostProcessor
{
    public IReadOnlyList<TokenSequence> Process(IReadOnlyList<TokenSequence> texts, bool addSpecialTokens)
    {
        List<TokenSequence> result = [];
        foreach (TemplatePiece piece in texts.Count > 1 ? pair : single)
        {
            if (piece.Text is { } number)
            {
                if (number >= texts.Count)
                    continue;
                texts[number].SetType(piece.TypeId);
                result.Add(texts[number]);
            }
            else if (addSpecialTokens)
            {
                TokenSequence added = new();
                foreach (int id in piece.Ids)
                    added.AddSpecial(id, piece.TypeId);
                result.Add(added);
            }
        }

        return result;
    }

    /// <summary>A beginning in front of each text, an end behind it, either optional: what the flags add_bos_token and add_eos_token mean.</summary>
    public static TemplateProcessing BeginEnd(int? begin, int? end)
    {
        List<TemplatePiece> Around(int text)
        {
            List<TemplatePiece> pieces = [];
            if (begin is { } first)
                pieces.Add(new TemplatePiece(null, [first], text));
            pieces.Add(new TemplatePiece(text, [], text));
            if (end is { } last)
                pieces.Add(new TemplatePiece(null, [last], text));
            return pieces;
        }

        return new TemplateProcessing(Around(0), [.. Around(0), .. Around(1)]);
    }
}
