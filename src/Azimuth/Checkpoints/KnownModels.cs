using System.Text;
using Azimuth.Hub;

namespace Azimuth.Checkpoints;

/// <summary>Where a known model comes from.</summary>
public enum KnownModelSource
{
    /// <summary>A folder for models: the one beside the program, or that of AZIMUTH_MODELS.</summary>
    Bundled,

    /// <summary>Fetched from a hub, by this program or by the hub's reference client.</summary>
    HubCache,
}

/// <summary>A model that can be opened by name.</summary>
/// <param name="Name">Its folder's name; for one from a hub ORG/NAME, with @REVISION where that is not "main", and /FILE where it has several GGUF files.</param>
/// <param name="Path">Its folder, or that file.</param>
/// <param name="Format">"safetensors", "GGUF", "PyTorch" or "PyTorch before 1.6", the first and the last two also with "sharded" before them.</param>
/// <param name="SizeBytes">Bytes of the weights' files.</param>
/// <param name="Description">The first line of text in its README.md, or "".</param>
/// <param name="IsDefault">True for the model used when none is named.</param>
/// <param name="Source">Where it comes from.</param>
public sealed record KnownModel(string Name, string Path, string Format, long SizeBytes, string Description, bool IsDefault, KnownModelSource Source);

/// <summary>
/// The models that come with the program and those in the hub's cache. The former are looked for in the folder of the environment variable
/// AZIMUTH_MODELS (if set), in <c>models</c> beside the program, and in <c>models</c> of each folder above it; of equal names the first found counts.
/// </summary>
public static class KnownModels
{
    /// <summary>The model used when none is named.</summary>
    public const string DefaultName = "SmolLM2-135M-Instruct";

    private const string FolderVariable = "AZIMUTH_MODELS";

    /// <summary>All known models, the default first, then by name, those of the hub's cache last. Folders that hold no readable weights are passed over.</summary>
    public static IReadOnlyList<KnownModel> List() => List(Roots(Environment.GetEnvironmentVariable(FolderVariable), AppContext.BaseDirectory), HubCache.FromEnvironment());

    /// <summary>
    /// The path of a known model or of a file or folder; the default model for null. Bundled names count first, letters' case ignored, then paths, then
    /// ORG/NAME, ORG/NAME@REVISION or either with /FILE behind it in the hub's cache.
    /// </summary>
    /// <exception cref="CheckpointFormatException">Neither a known name nor an existing path; the message lists the known names and the one that may be meant. Or a model in the hub's cache whose download was not finished.</exception>
    public static string Resolve(string? nameOrPath) => Resolve(nameOrPath, Roots(Environment.GetEnvironmentVariable(FolderVariable), AppContext.BaseDirectory), HubCache.FromEnvironment());

    internal static IReadOnlyList<string> Roots(string? configured, string programFolder)
    {
        var roots = new List<string>();
        if (!string.IsNullOrEmpty(configured))
            roots.Add(System.IO.Path.GetFullPath(configured));
        for (DirectoryInfo? at = new(programFolder); at is not null; at = at.Parent)
            roots.Add(System.IO.Path.Combine(at.FullName, "models"));
        return roots;
    }

    internal static IReadOnlyList<KnownModel> List(IEnumerable<string> roots, HubCache? cache = null)
    {
        var bundled = Candidates(roots).Select(c => Describe(c.Key, c.Value, KnownModelSource.Bundled)).OfType<KnownModel>().OrderByDescending(m => m.IsDefault).ThenBy(m => m.Name, StringComparer.Ordinal);
        return [.. bundled, .. Cached(cache).Select(m => Describe(m.Name, m.Path, KnownModelSource.HubCache)).OfType<KnownModel>()];
    }

    internal static string Resolve(string? nameOrPath, IReadOnlyList<string> roots, HubCache? cache = null)
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
        var hubName = HubName.TryParse(wanted);
        if (cache?.FindPath(wanted) is string cached)
            return cached;
        throw Unknown(wanted, hubName, [.. candidates.Keys.Order(StringComparer.Ordinal), .. Cached(cache).Select(m => m.Name)]);
    }

    private static CheckpointFormatException Unknown(string wanted, HubName? hubName, IReadOnlyList<string> known)
    {
        const int Shown = 12;
        // A path with one folder looks the same; what is said of hubs is of no harm there.
        string pull = hubName is not null && wanted.Contains('/', StringComparison.Ordinal) ? $". If it is a model on a hub, `azimuth pull {hubName}` fetches it" : "";
        string likely = NearestNames.Likely(wanted, known, 1) is [string nearest] ? $"; the nearest is {nearest}" : "";
        return new CheckpointFormatException(
            wanted,
            known.Count == 0
                ? $"there is no such file or folder, and no bundled models were found. Set {FolderVariable} to the folder that holds them, or name a model's path{pull}"
                : $"there is no such file, folder or known model. The known models are {string.Join(", ", known.Take(Shown))}{(known.Count > Shown ? FormattableString.Invariant($" and {known.Count - Shown} more, which `azimuth models` lists") : "")}{likely}{pull}",
            kind: "ModelMissing");
    }

    /// <summary>What can be opened of the hub's cache: whole models, and each GGUF file of those that are no single model.</summary>
    private static IEnumerable<(string Name, string Path)> Cached(HubCache? cache)
    {
        foreach (CachedModel model in cache?.List() ?? [])
        {
            if (cache!.Missing(model) is not null)
                continue;
            if (HoldsWeights(model.Folder))
                yield return (model.Name, model.Folder);
            else
            {
                foreach (string file in UnfinishedPull.Below(model.Folder).Where(file => file.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)))
                    yield return ($"{model.Name}/{file}", System.IO.Path.Combine(model.Folder, file));
            }
        }
    }

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

    private static KnownModel? Describe(string name, string path, KnownModelSource source)
    {
        try
        {
            var checkpoint = WeightsLocator.Find(path).Open();
            string description = FirstLine(Directory.Exists(path) ? path : System.IO.Path.GetDirectoryName(path)!);
            return new KnownModel(name, path, checkpoint.Format, checkpoint.FileBytes, description, source == KnownModelSource.Bundled && name.Equals(DefaultName, StringComparison.OrdinalIgnoreCase), source);
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
        // A model card may begin with a block between lines of ---, which is for programs; tags, pictures and badges say nothing here.
        bool inFrontMatter = false;
        foreach (string line in text.Split('\n', StringSplitOptions.TrimEntries))
        {
            if (line == "---")
                inFrontMatter = !inFrontMatter;
            else if (!inFrontMatter && line.Length > 0 && line[0] is not ('#' or '<' or '[' or '!'))
                return line.Length > LongestLine ? string.Concat(line.AsSpan(0, LongestLine), "…") : line;
        }

        return "";
    }
}
