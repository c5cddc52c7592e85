using System.Text;

namespace Azimuth.Transformers;

/// <summary>
/// Lets text through until a stop text appears in it, whatever pieces it comes in: what might be the beginning of one is held back until it is known not
/// to be. One per generation.
/// </summary>
internal sealed class StopTexts
{
    private readonly IReadOnlyList<string> _stops;
    private readonly StringBuilder _passed = new();
    private string _held = "";

    /// <exception cref="ArgumentException">An empty stop text.</exception>
    public StopTexts(IReadOnlyList<string> stops)
    {
        if (stops.Any(string.IsNullOrEmpty))
            throw new ArgumentException("stop: expected a text, found an empty one.");
        _stops = stops;
    }

    /// <summary>All that has been let through.</summary>
    public string Passed => _passed.ToString();

    /// <summary>True once a stop text was complete.</summary>
    public bool IsHit { get; private set; }

    /// <summary>Takes a piece and returns what may be shown now.</summary>
    public string Add(string piece)
    {
        string text = _held + piece;
        int hit = _stops.Select(stop => text.IndexOf(stop, StringComparison.Ordinal)).Where(at => at >= 0).DefaultIfEmpty(-1).Min();
        if (hit >= 0)
        {
            IsHit = true;
            _held = "";
            return Pass(text[..hit]);
        }

        int kept = text.Length - LongestBeginning(text);
        _held = text[kept..];
        return Pass(text[..kept]);
    }

    /// <summary>At the end: what was held back.</summary>
    public string Finish()
    {
        string rest = _held;
        _held = "";
        return Pass(rest);
    }

    /// <summary>Length of the longest end of the text that a stop text begins with.</summary>
    private int LongestBeginning(string text)
    {
        int longest = 0;
        foreach (string stop in _stops)
        {
            for (int length = Math.Min(stop.Length - 1, text.Length); length > longest; length--)
            {
                if (text.AsSpan(text.Length - length).SequenceEqual(stop.AsSpan(0, length)))
                    longest = length;
            }
        }

        return longest;
    }

    private string Pass(string text)
    {
        _passed.Append(text);
        return text;
    }
}
