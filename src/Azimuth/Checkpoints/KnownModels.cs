using System.Text;

namespace Azimuth.Checkpoints;

/// <summary>A model that can be opened by name.</summary>
/// <param name="Name">Its folder's name.</param>
/// <param name="Path">Its folder.</param>
/// <param name="Format">"safetensors", "GGUF", "PyTorch" or "PyTorch before 1.6", the first and the last two also with "sharded" before them.</param>
/// <param name="SizeBytes">Bytes of the weights' files.</param>
/// <param name="Description">The first line of text in its README.md, or "".</param>
/// <param name="IsDefault">True for the model used when none is named.</param>
public sealed record KnownModel(string Name, string Path, string Format, long SizeBytes, string Description, bool IsDefault);

/// <summary>
/// The models that come with the program. They are looked for in the folder of the environment variable AZIMUTH_MODELS (if set), in
/// <c>models</c> beside the program, and in <c>models</c> of each folder above it; of equal names the first found counts.
/// </summary>
public static class KnownModels
{
    /// <summary>The model used when none is named.</summary>
    public const string DefaultName = "SmolLM2-135M-Instruct";

    private const string FolderVariable = "AZIMUTH_MODELS";

    /// <summary>All known models, the default first, then by name. Folders that hold no readable weights are passed over.</summary>
    public static IReadOnlyList<KnownModel> List() => List(Roots(Environment.GetEnvironmentVariable(FolderVariable), AppContext.BaseDirectory));

    /// <summary>The path of a known model or of a file or folder; the default model for null. Known names count first, letters' case ignored.</summary>
    /// <exception cref="CheckpointFormatException">Neither a known name nor an existing path; the message lists the known names and the one that may be meant.</exception>
    public static string Resolve(string? nameOrPath) => Resolve(nameOrPath, Roots(Environment.GetEnvironmentVariable(FolderVariable), AppContext.BaseDirectory));

    internal static IReadOnlyList<string> Roots(string? configured, string programFolder)
    {
        var roots = new List<string>();
        if (!string.IsNullOrEmpty(configured))
            roots.Add(System.IO.Path.GetFullPath(configured));
        for (DirectoryInfo? at = new(programFolder); at is not null; at = at.Parent)
            roots.Add(System.IO.Path.Combine(at.FullName, "models"));
        return roots;
    }

    internal static IReadOnlyList<KnownModel> List(IEnumerable<string> roots) =>
        [.. Candidates(roots).Select(c => Describe(c.Key, c.Value)).OfType<KnownModel>().OrderByDescending(m => m.IsDefault).ThenBy(m => m.Name, StringComparer.Ordinal)];

    internal static string Resolve(string? nameOrPath, IReadOnlyList<string> roots)
    {
        string wanted = nameOrPath ?? DefaultName;
        // A script's unset variable must not quietly become another model's numbers.
        if (string.IsNullOrWhiteSpace(wanted))
            throw new CheckpointFormatException("model", "expected a name or a path, found an empty text. Leave the model out to use the default", kind: "ModelMissing");
        var candidates = Candidates(roots);
        if (candidates.TryGetValue(wanted, out string? folder))
            return folder;
        if (System.IO.Path.Exists(wanted))
            return System.IO.Path.GetFullPath(wanted);
        throw new CheckpointFormatException(
            wanted,
            candidates.Count == 0
                ? $"there is no such file or folder, and no bundled models were found. Set {FolderVariable} to the folder that holds them, or name a model's path"
                : $"there is no such file, folder or known model. The known models are {string.Join(", ", candidates.Keys.Order(StringComparer.Ordinal))}{Nearest(wanted, candidates.Keys)}",
            kind: "ModelMissing");
    }

    private static string Nearest(string wanted, IEnumerable<string> known) =>
        NearestNames.Likely(wanted, known, 1) is [string likely] ? $"; the nearest is {likely}" : "";

    /// <summary>Folders that hold weights, by name; nothing is opened.</summary>
    private static Dictionary<string, string> Candidates(IEnumerable<string> roots)
    {
        var folders = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (string folder in roots.SelectMany(Folders))
        {
            if (HoldsWeights(folder))
                folders.TryAdd(System.IO.Path.GetFileName(folder), folder);
        }

        return folders;
    }

    private static bool HoldsWeights(string folder)
    {
        try
        {
            return WeightsLocator.Find(folder) is not null;
        }
        catch (CheckpointFormatException)
        {
            return false;
        }
    }

    private static IEnumerable<string> Folders(string root)
    {
        try
        {
            return Directory.Exists(root) ? [.. Directory.GetDirectories(root).Order(StringComparer.Ordinal)] : [];
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            // A folder above the program that may not be looked into holds no model of ours.
            return [];
        }
    }

    private static KnownModel? Describe(string name, string folder)
    {
        try
        {
            var checkpoint = WeightsLocator.Find(folder).Open();
            return new KnownModel(name, folder, checkpoint.Format, checkpoint.FileBytes, FirstLine(folder), name.Equals(DefaultName, StringComparison.OrdinalIgnoreCase));
        }
        catch (CheckpointFormatException)
        {
            return null;
        }
    }

    private static string FirstLine(string folder)
    {
        const int BytesRead = 1 << 16, LongestLine = 300;
        string path = System.IO.Path.Combine(folder, "README.md");
        if (!File.Exists(path))
            return "";
        var bytes = MappedFile.Open(path);
        string text = Encoding.UTF8.GetString(bytes.Span(0, (int)Math.Min(bytes.Length, BytesRead)));
        GC.KeepAlive(bytes);
        // A model card may begin with a block between lines of ---, which is for programs.
        bool inFrontMatter = false;
        foreach (string line in text.Split('\n', StringSplitOptions.TrimEntries))
        {
            if (line == "---")
                inFrontMatter = !inFrontMatter;
            else if (!inFrontMatter && line.Length > 0 && line[0] is not '#')
                return line.Length > LongestLine ? string.Concat(line.AsSpan(0, LongestLine), "…") : line;
        }

        return "";
    }
}
