namespace Azimuth.Training.TokenizerTraining;

/// <summary>Tokens and their ids, in the order in which they came.</summary>
internal sealed class TokenList
{
    private readonly List<string> _tokens = [];
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);

    /// <summary>Number of tokens.</summary>
    public int Count => _tokens.Count;

    /// <summary>The tokens by id.</summary>
    public IReadOnlyList<string> Tokens => _tokens;

    /// <summary>The id of a token, which it gets now if it has none.</summary>
    public int Add(string token)
    {
        if (_ids.TryGetValue(token, out int id))
            return id;
        _ids.Add(token, _tokens.Count);
        _tokens.Add(token);
        return _tokens.Count - 1;
    }

    /// <summary>The id of a token, −1 for none.</summary>
    public int Find(string token) => _ids.TryGetValue(token, out int id) ? id : -1;
}
