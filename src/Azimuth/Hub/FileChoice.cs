using System.IO.Enumeration;
using System.Text.RegularExpressions;

namespace Azimuth.Hub;

/// <summary>
/// Which files of a model are wanted. Left alone: configuration, tokenizer, model card and licence, and the weights in one format, safetensors before
/// PyTorch's before GGUF; never other programs' copies of the same weights.
/// </summary>
public sealed partial record FileChoice
{
    /// <summary>Weights by name, with * and ?, against the whole path or the file's own name, instead of those chosen by format.</summary>
    public IReadOnlyList<string> Patterns { get; init; } = [];

    /// <summary>Every file there is.</summary>
    public bool All { get; init; }

    /// <summary>The wanted ones of some paths, in their order.</summary>
    /// <exception cref="HubException">No weights among them, several sets of weights, or a pattern that none fits; the message names what there is.</exception>
    public IReadOnlyList<string> Of(string name, IReadOnlyList<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        if (All)
            return paths;
        bool sentences = paths.Contains("modules.json");
        HashSet<string> weights = [.. Patterns.Count > 0 ? Patterns.SelectMany(pattern => Fitting(name, pattern, paths)) : Weights(name, paths)];
        return [.. paths.Where(path => weights.Contains(path) || IsSmall(path) || (sentences && SentenceModule().IsMatch(path)))];
    }

    /// <summary>Whether what lies in a cache can be what is wanted; a cache does not say what else there is.</summary>
    /// <exception cref="HubException">No weights, or a pattern that no file fits.</exception>
    internal void CheckCached(IReadOnlyList<string> paths)
    {
        if (Patterns.FirstOrDefault(pattern => !paths.Any(path => Fits(pattern, path))) is string none)
            throw new HubException($"no file in the cache fits \"{HubException.Shown(none)}\"", "NotCached");
        if (Patterns.Count == 0 && paths.All(path => IsSmall(path) || path.EndsWith(".index.json", StringComparison.Ordinal)))
            throw new HubException("it has no weights in the cache", "NotCached");
    }

    private static bool Fits(string pattern, string path) =>
        FileSystemName.MatchesSimpleExpression(pattern, path, ignoreCase: false) || FileSystemName.MatchesSimpleExpression(pattern, path.Split('/')[^1], ignoreCase: false);

    private static IEnumerable<string> Fitting(string name, string pattern, IReadOnlyList<string> paths)
    {
        string[] fitting = [.. paths.Where(path => Fits(pattern, path))];
        return fitting.Length > 0 ? fitting : throw new HubException($"{name}: no file fits \"{HubException.Shown(pattern)}\"{Checkpoints.NearestNames.Hint(pattern, paths)}", "NoSuchFile");
    }

    private static IEnumerable<string> Weights(string name, IReadOnlyList<string> paths)
    {
        string[] root = [.. paths.Where(path => !path.Contains('/', StringComparison.Ordinal))];
        foreach (string usual in new[] { "model.safetensors", "pytorch_model.bin" })
        {
            string ending = Path.GetExtension(usual), index = usual + ".index.json";
            if (root.Contains(usual))
                return [usual];
            if (root.Contains(index))
                return [index, .. Shards(name, index, root)];
            string[] indexes = Ending(root, ending + ".index.json");
            if (indexes.Length == 1)
                return [indexes[0], .. Shards(name, indexes[0], root)];
            string[] single = ending == ".safetensors" ? Ending(root, ending) : [];
            if (single.Length == 1)
                return single;
            if (single.Length > 1 || indexes.Length > 1)
                throw Several(name, [.. indexes, .. single]);
        }

        string[] gguf = Ending([.. paths], ".gguf");
        return gguf.Length switch
        {
            1 => gguf,
            > 1 => throw Several(name, gguf),
            _ => throw new HubException($"{name}: expected weights (.safetensors, pytorch_model.bin or .gguf), found {Few([.. paths.Where(path => !IsSmall(path))])}. Name files with --file, or take all with --all", "NoWeights"),
        };
    }

    private static string[] Shards(string name, string index, string[] root)
    {
        string ending = index.EndsWith(".bin.index.json", StringComparison.Ordinal) ? ".bin" : ".safetensors", stem = index[..^(ending.Length + ".index.json".Length)];
        string[] shards = Array.FindAll(root, path => path.StartsWith(stem + "-", StringComparison.Ordinal) && ShardNumber().IsMatch(path.AsSpan(stem.Length)) && path.EndsWith(ending, StringComparison.Ordinal));
        return shards.Length > 0 ? shards : throw new HubException($"{name}: expected files such as {stem}-00001-of-00002{ending} beside {index}, found none. Name the weights with --file", "NoWeights");
    }

    private static HubException Several(string name, string[] weights) =>
        new($"{name}: it has {weights.Length} sets of weights: {Few(weights)}. Choose with --file, as in --file \"{weights[0].Split('/')[^1]}\"", "SeveralWeights");

    private static string[] Ending(string[] paths, string ending) => Array.FindAll(paths, path => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    private static string Few(string[] paths) => paths.Length == 0 ? "none" : string.Join(", ", paths.Take(12).Select(HubException.Shown)) + (paths.Length > 12 ? FormattableString.Invariant($" and {paths.Length - 12} more") : "");

    private static bool IsSmall(string path) => Beside().IsMatch(path);

    /// <summary>Configuration, tokenizer in every form that is read, chat template, model card, licence.</summary>
    [GeneratedRegex(@"^(config\.json|generation_config\.json|tokenizer\.json|tokenizer_config\.json|special_tokens_map\.json|added_tokens\.json|vocab\.json|vocab\.txt|merges\.txt|[^/]+\.model|[^/]+\.tiktoken|tekken\.json|chat_template\.(json|jinja)|modules\.json|sentence_bert_config\.json|config_sentence_transformers\.json|README\.md|LICEN[CS]E[^/]*|NOTICE[^/]*)\z")]
    private static partial Regex Beside();

    /// <summary>The numbered folders of a sentence-transformers model: pooling, dense layers.</summary>
    [GeneratedRegex(@"^\d+_[^/]+/(config\.json|model\.safetensors|pytorch_model\.bin)\z")]
    private static partial Regex SentenceModule();

    [GeneratedRegex(@"^-\d{5}-of-\d{5}\.")]
    private static partial Regex ShardNumber();
}
