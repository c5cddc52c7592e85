using Azimuth.Checkpoints;
using Azimuth.Tokenization.PreTokenizers;

namespace Azimuth.Tokenization.Patterns;

/// <summary>
/// A regular expression over code points with a bound on its time. Backtracking, leftmost match, first alternative first: the semantics that Oniguruma and tiktoken's
/// engine share. Immutable, thread-safe.
/// </summary>
internal sealed class RegexPattern : ISplitPattern
{
    private readonly string _file;
    private readonly string _source;
    private readonly PatternProgram _program;

    /// <summary>Reads a pattern.</summary>
    /// <param name="file">The file it comes from, named in errors.</param>
    /// <param name="source">The pattern as the file spells it.</param>
    /// <param name="syntax">Whose reading counts.</param>
    /// <exception cref="CheckpointFormatException">A pattern that is wrong, or has a part that is not supported (named).</exception>
    public RegexPattern(string file, string source, PatternSyntax syntax)
    {
        (_file, _source) = (file, source);
        try
        {
            _program = PatternProgram.Compile(PatternParser.Parse(source, syntax), syntax);
        }
        catch (FormatException error)
        {
            throw new CheckpointFormatException(file, $"the regular expression \"{Shown}\" {error.Message}; use a pattern without it.", kind: "UnknownComponent");
        }
    }

    private string Shown => VisibleText.Show(_source.Length <= 200 ? _source : _source[..200] + "…");

    /// <exception cref="CheckpointFormatException">The text takes the pattern too many steps.</exception>
    public void FindMatches(ReadOnlySpan<int> text, List<TextRange> matches)
    {
        // The reference does not look into an empty text at all.
        if (text.Length == 0)
            return;
        PatternMatcher matcher = new(_program, text);
        try
        {
            int from = 0, lastEnd = -1;
            while (from <= text.Length && matcher.Find(from) is { } match)
            {
                // An empty match right behind another is passed over, as in the libraries' own iteration.
                if (match.Length == 0 && match.Start == lastEnd)
                {
                    from = match.End + 1;
                    continue;
                }

                matches.Add(match);
                from = lastEnd = match.End;
            }
        }
        catch (TimeoutException)
        {
            throw new CheckpointFormatException(
                _file,
                FormattableString.Invariant($"the regular expression \"{Shown}\" takes too many steps on a text of {text.Length} characters; encode it in shorter parts."),
                kind: "PatternTooSlow");
        }
        finally
        {
            matcher.Dispose();
        }
    }
}
