namespace Azimuth.Tokenization.PostProcessors;

/// <summary>Tokens with everything an encoding tells of them, while post-processors still work on it.</summary>
/// <param name="number">Which text the tokens belong to, 0 or 1.</param>
internal sealed class TokenSequence(int number = 0)
{
    public List<int> Ids { get; } = [];

    /// <summary>Ranges in code points of the original text.</summary>
    public List<TextRange> Characters { get; } = [];

    public List<bool> Special { get; } = [];

    public List<int> TypeIds { get; } = [];

    /// <summary>0 or 1 for tokens of a text, null for added ones.</summary>
    public List<int?> SequenceIds { get; } = [];

    /// <summary>What an added token looked like in the text where that is not its own spelling (it may take blanks along); else null.</summary>
    public List<string?> Spellings { get; } = [];

    /// <summary>A token of the text, whose number is also its type until a post-processor says otherwise.</summary>
    public void Add(int id, TextRange characters, string? spelling = null) => Add(id, characters, special: false, number, number, spelling);

    /// <summary>A token that stands for no text.</summary>
    public void AddSpecial(int id, int typeId) => Add(id, default, special: true, typeId, null, null);

    /// <summary>All tokens of another sequence.</summary>
    public void Append(TokenSequence other)
    {
        Ids.AddRange(other.Ids);
        Characters.AddRange(other.Characters);
        Special.AddRange(other.Special);
        TypeIds.AddRange(other.TypeIds);
        SequenceIds.AddRange(other.SequenceIds);
        Spellings.AddRange(other.Spellings);
    }

    /// <summary>A copy of some tokens.</summary>
    public TokenSequence Slice(TextRange range)
    {
        TokenSequence part = new(number);
        part.Ids.AddRange(Ids[range.Start..range.End]);
        part.Characters.AddRange(Characters[range.Start..range.End]);
        part.Special.AddRange(Special[range.Start..range.End]);
        part.TypeIds.AddRange(TypeIds[range.Start..range.End]);
        part.SequenceIds.AddRange(SequenceIds[range.Start..range.End]);
        part.Spellings.AddRange(Spellings[range.Start..range.End]);
        return part;
    }

    /// <summary>Gives every token this type.</summary>
    public void SetType(int typeId)
    {
        for (int at = 0; at < TypeIds.Count; at++)
            TypeIds[at] = typeId;
    }

    private void Add(int id, TextRange characters, bool special, int typeId, int? sequence, string? spelling)
    {
        Ids.Add(id);
        Characters.Add(characters);
        Special.Add(special);
        TypeIds.Add(typeId);
        SequenceIds.Add(sequence);
        Spellings.Add(spelling);
    }
}
