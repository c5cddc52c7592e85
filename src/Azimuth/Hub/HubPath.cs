using System.Text;

namespace Azimuth.Hub;

/// <summary>
/// Judges the names of files that a server lists before anything is written under them. The rules are the same on every system, so that what one
/// accepts another does too.
/// </summary>
internal static class HubPath
{
    private const int LongestName = 255;
    private const int LongestPath = 1000;

    private static readonly string[] Devices = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

    /// <summary>Why no repository can hold a file of this name, so that a server that lists it is not to be trusted; or null.</summary>
    public static string? Hostile(string path)
    {
        if (path.Length == 0)
            return "an empty name";
        if (path.Any(char.IsControl))
            return "a name with a control character";
        if (path.Contains('\\', StringComparison.Ordinal))
            return "a name with a backslash";
        if (path[0] == '/')
            return "an absolute path";
        if (path.Length > 1 && path[1] == ':' && char.IsAsciiLetter(path[0]))
            return "a path with a drive's letter";
        string[] names = path.Split('/');
        if (names.Contains(".."))
            return "a path that leaves its folder";
        if (names.Any(name => name is "" or "."))
            return "a path with an empty name or \".\" in it";
        return path.EnumerateRunes().Any(rune => rune == Rune.ReplacementChar) ? "a name that is no valid Unicode text" : null;
    }

    /// <summary>Why a file of this name cannot be kept on some system; or null.</summary>
    public static string? Unstorable(string path)
    {
        if (Encoding.UTF8.GetByteCount(path) > LongestPath)
            return FormattableString.Invariant($"a path longer than {LongestPath} bytes");
        foreach (string name in path.Split('/'))
        {
            if (Encoding.UTF8.GetByteCount(name) > LongestName)
                return FormattableString.Invariant($"a name longer than {LongestName} bytes");
            if (name.AsSpan().ContainsAny("<>:\"|?*"))
                return "a name with one of <>:\"|?*, which Windows does not allow";
            if (name[^1] is '.' or ' ')
                return "a name that ends with a full stop or a blank, which Windows does not allow";
            if (IsDevice(name))
                return "a name that Windows keeps for a device";
        }

        return null;
    }

    /// <summary>Two paths of which one would take the other's place where letters' case does not count, or where a file is another's folder; or null.</summary>
    public static (string First, string Second)? Collision(IEnumerable<string> paths)
    {
        var seen = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var folders = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (string path in paths)
        {
            if (!seen.TryAdd(path, path))
                return (seen[path], path);
            for (int slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
                folders.TryAdd(path[..slash], path);
        }

        foreach ((string folder, string inside) in folders)
        {
            if (seen.TryGetValue(folder, out string? file))
                return (file, inside);
        }

        return null;
    }

    private static bool IsDevice(string name)
    {
        string stem = name.Split('.')[0].TrimEnd(' ');
        return Devices.Contains(stem, StringComparer.OrdinalIgnoreCase)
            || (stem.Length == 4 && (stem.StartsWith("COM", StringComparison.OrdinalIgnoreCase) || stem.StartsWith("LPT", StringComparison.OrdinalIgnoreCase)) && stem[3] is (>= '0' and <= '9') or '¹' or '²' or '³');
    }
}
