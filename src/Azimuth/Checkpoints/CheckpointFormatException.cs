using System.Globalization;
using System.Text;

namespace Azimuth.Checkpoints;

/// <summary>
/// A file that is not what it should be. The message is one sentence: what, where, expected, found, what to do. Names from the file are
/// shortened and their control characters escaped, so that a hostile file cannot flood or steer a terminal.
/// </summary>
public sealed class CheckpointFormatException : Exception
{
    /// <summary>What to do about a file that breaks the format's rules, as the end of a message.</summary>
    internal const string Malformed = ". The file is damaged or was written wrongly: download it again or convert the model anew";

    private const int ShownName = 200;
    private const int ShownProblem = 2000;

    /// <summary>Makes the message "<paramref name="problem"/>" preceded by the tensor and the file.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="problem">Expected, found, what to do.</param>
    /// <param name="tensor">The tensor concerned, if one is.</param>
    /// <param name="offset">The byte concerned, if one is.</param>
    /// <param name="kind">A stable word for the kind of defect, such as <c>HeaderTooLarge</c>.</param>
    public CheckpointFormatException(string path, string problem, string? tensor = null, long? offset = null, string? kind = null)
        : base($"{(tensor is null ? "" : $"{Shown(tensor, ShownName)} in ")}{path}{(offset is null ? "" : FormattableString.Invariant($" at byte {offset}"))}: {Shown(problem, ShownProblem)}")
        => (Path, Problem, Tensor, Offset, Kind) = (path, problem, tensor, offset, kind);

    /// <summary>The file or folder.</summary>
    public string Path { get; }

    /// <summary>The problem as it was given, for a message with other advice.</summary>
    internal string Problem { get; }

    /// <summary>The tensor concerned, or null.</summary>
    public string? Tensor { get; }

    /// <summary>The byte concerned, or null.</summary>
    public long? Offset { get; }

    /// <summary>A stable word for the kind of defect, or null.</summary>
    public string? Kind { get; }

    private static string Shown(string text, int length)
    {
        var shown = new StringBuilder();
        foreach (char c in text)
        {
            if (shown.Length >= length)
                return shown.Append('…').ToString();
            if (char.IsControl(c))
                shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}");
            else
                shown.Append(c);
        }

        return shown.ToString();
    }
}
