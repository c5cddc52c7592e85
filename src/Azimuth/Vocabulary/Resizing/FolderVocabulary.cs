using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Tokenization;
using Azimuth.Transformers;

namespace Azimuth.Vocabulary.Resizing;

/// <summary>The small files of a model folder after a change of its vocabulary: each that mentions tokens, ids or the number of rows.</summary>
internal sealed class FolderVocabulary
{
    private readonly string _source;
    private readonly VocabularyChange _change;
    private readonly ResizeOptions _options;
    private readonly HashSet<string> _removed; // as the vocabulary spells them
    private readonly Dictionary<string, JsonNode> _files = new(StringComparer.Ordinal);
    private string? _merges;

    private FolderVocabulary(LanguageModel model, VocabularyChange change, ResizeOptions options)
    {
        (_source, _change, _options) = (model.Folder.TokenizerFolder, change, options);
        _removed = [.. change.Removed.Select(id => model.Tokenizer?.Token(id)).OfType<string>()];
    }

    /// <summary>Names of the files that changed.</summary>
    public IReadOnlyList<string> Names => [.. _files.Keys, .. _merges is null ? [] : new[] { "merges.txt" }];

    /// <summary>Files that must not be copied because they would contradict the others.</summary>
    public IReadOnlyList<string> Outdated { get; private set; } = [];

    /// <summary>Works all of them out; nothing is written.</summary>
    /// <exception cref="ArgumentException">A token that cannot go, or a folder whose tokenizer cannot be changed.</exception>
    public static FolderVocabulary Create(LanguageModel model, VocabularyChange change, ResizeOptions options)
    {
        var files = new FolderVocabulary(model, change, options);
        files.Config();
        if (model.Tokenizer is not null && (change.Added.Count > 0 || files._removed.Count > 0 || change.IsRenumbered))
            files.Tokenizer(model);
        if (change.IsRenumbered)
            files._files["id-map.json"] = change.IdMap();
        return files;
    }

    /// <summary>Writes them.</summary>
    public void Write(string folder)
    {
        foreach (var (name, content) in _files)
            FolderFiles.Write(folder, name, content);
        if (_merges is not null)
            File.WriteAllText(Path.Combine(folder, "merges.txt"), _merges);
    }

    private void Config()
    {
        JsonObject config = FolderFiles.Read(_source, "config.json")!;
        config["vocab_size"] = _change.NewRows;
        IdReferences.Renumber(config, _change, "config.json");
        _files["config.json"] = config;
        if (FolderFiles.Read(_source, "generation_config.json") is { } generation && IdReferences.Renumber(generation, _change, "generation_config.json"))
            _files["generation_config.json"] = generation;
    }

    private void Tokenizer(LanguageModel model)
    {
        JsonObject tokenizer = FolderFiles.Read(_source, "tokenizer.json") ?? throw new ArgumentException(
            $"{model.Name} has a tokenizer without tokenizer.json, which is not changed here; save it with the Hugging Face library first, or give --rows alone.");
        JsonArray added = tokenizer["added_tokens"] as JsonArray ?? [];
        HashSet<string> addedContents = [.. added.Select(token => token!["content"]!.GetValue<string>())];
        CheckRoles(model, tokenizer);
        Vocabulary(tokenizer, addedContents);
        foreach (JsonNode token in added.ToList().OfType<JsonNode>())
        {
            if (_removed.Contains(token["content"]!.GetValue<string>()))
                added.Remove(token);
            else
                token["id"] = _change.NewId(token["id"]!.GetValue<int>());
        }

        foreach (var token in _change.Added)
            added.Add(AddedToken(token.Id, token.Text));
        tokenizer["added_tokens"] = added;
        if (tokenizer["post_processor"] is JsonObject processor)
            PostProcessor(processor);
        _files["tokenizer.json"] = tokenizer;
        Beside(addedContents);
    }

    private void Vocabulary(JsonObject tokenizer, HashSet<string> addedContents)
    {
        HashSet<string> ordinary = [.. _removed.Except(addedContents)];
        if (_removed.Count == 0 && !_change.IsRenumbered)
            return;
        JsonObject model = tokenizer["model"]!.AsObject();
        if (model["vocab"] is not JsonObject vocabulary || (ordinary.Count > 0 && model["merges"] is not JsonArray))
            throw new ArgumentException("--remove: only vocabularies with merges (BPE) are changed here.");
        if (ordinary.Count > 0)
        {
            if (model["continuing_subword_prefix"] is JsonValue prefix && prefix.GetValue<string>().Length > 0)
                throw new ArgumentException("--remove: a vocabulary with a continuing_subword_prefix is not changed here; remove added tokens only.");
            JsonArray merges = model["merges"]!.AsArray();
            bool[] keep = MergeRules.Keep([.. merges.Select(Parts)], ordinary);
            model["merges"] = new JsonArray([.. merges.Where((_, i) => keep[i]).Select(merge => merge!.DeepClone())]);
            MergesFile(ordinary);
            if (File.Exists(Path.Combine(_source, "tokenizer.model")))
                Outdated = ["tokenizer.model"];
        }

        model["vocab"] = Renumbered(vocabulary);
        if (FolderFiles.Read(_source, "vocab.json") is { } alone)
            _files["vocab.json"] = Renumbered(alone);
    }

    /// <summary>Text to id, without the tokens that go; in the old order.</summary>
    private JsonObject Renumbered(JsonObject vocabulary)
    {
        var renewed = new JsonObject();
        foreach (var (token, id) in vocabulary)
        {
            if (!_removed.Contains(token))
                renewed[token] = _change.NewId(id!.GetValue<int>());
        }

        return renewed;
    }

    private void MergesFile(HashSet<string> removed)
    {
        string path = Path.Combine(_source, "merges.txt");
        if (File.Exists(path))
            _merges = string.Join('\n', SmallFile.ReadText(path).Split('\n').Where(line => line.StartsWith("#version", StringComparison.Ordinal) || !removed.Contains(line.TrimEnd('\r').Replace(" ", "", StringComparison.Ordinal)) || line.Length == 0));
    }

    private static (string Left, string Right) Parts(JsonNode? merge)
    {
        if (merge is JsonArray { Count: 2 } pair)
            return (pair[0]!.GetValue<string>(), pair[1]!.GetValue<string>());
        string line = merge!.GetValue<string>();
        int space = line.IndexOf(' ', StringComparison.Ordinal);
        return (line[..space], line[(space + 1)..]);
    }

    private void CheckRoles(LanguageModel model, JsonObject tokenizer)
    {
        Tokenizer parts = model.Tokenizer!;
        (string Role, int? Id)[] roles = [("begin", parts.BeginId), ("end", parts.EndId), ("padding", parts.PadId), ("unknown", parts.UnknownId)];
        foreach (var (role, id) in roles)
        {
            if (id is { } value)
                IdReferences.NewId(value, _change, $"the {role} token");
        }

        if (tokenizer["model"]!["unk_token"] is JsonValue unknown && _removed.Contains(unknown.GetValue<string>()))
            throw new ArgumentException($"--remove: \"{VisibleText.Show(unknown.GetValue<string>())}\" cannot go: it is the unknown token in tokenizer.json.");
    }

    /// <summary>Templates name their tokens with ids; Roberta's and BERT's have pairs of a token and its id.</summary>
    private void PostProcessor(JsonObject processor)
    {
        foreach (JsonObject inner in (processor["processors"] as JsonArray ?? []).OfType<JsonObject>())
            PostProcessor(inner);
        foreach (var (_, special) in processor["special_tokens"] as JsonObject ?? [])
            special!["ids"] = new JsonArray([.. special["ids"]!.AsArray().Select(id => (JsonNode)JsonValue.Create(IdReferences.NewId(id!.GetValue<int>(), _change, "put around texts by tokenizer.json")))]);
        foreach (string key in new[] { "sep", "cls" })
        {
            if (processor[key] is JsonArray { Count: 2 } pair && pair[1] is JsonValue id && id.GetValueKind() == JsonValueKind.Number)
                pair[1] = IdReferences.NewId(id.GetValue<int>(), _change, "put around texts by tokenizer.json");
        }
    }

    /// <summary>Literal: found in the text as it is, before anything else happens to it.</summary>
    private JsonObject AddedToken(int? id, string text)
    {
        var token = new JsonObject();
        if (id is { } number)
            token["id"] = number;
        token["content"] = text;
        foreach (string flag in new[] { "single_word", "lstrip", "rstrip", "normalized" })
            token[flag] = false;
        token["special"] = _options.Special;
        return token;
    }

    /// <summary>The files that slower readers use: what they list of added tokens.</summary>
    private void Beside(HashSet<string> addedContents)
    {
        // Readers of vocab.json know added tokens from this file alone, unless the configuration lists them.
        bool isNeeded = _change.Added.Count > 0 && File.Exists(Path.Combine(_source, "vocab.json")) && FolderFiles.Read(_source, "tokenizer_config.json")?["added_tokens_decoder"] is null;
        JsonObject? added = FolderFiles.Read(_source, "added_tokens.json");
        if (added is not null || isNeeded)
        {
            JsonObject renewed = Renumbered(added ?? []);
            foreach (var token in _change.Added)
                renewed[token.Text] = token.Id;
            _files["added_tokens.json"] = renewed;
        }

        foreach (string name in new[] { "tokenizer_config.json", "special_tokens_map.json" })
        {
            if (FolderFiles.Read(_source, name) is not { } config)
                continue;
            string before = config.ToJsonString();
            if (config["added_tokens_decoder"] is JsonObject decoder)
                config["added_tokens_decoder"] = Decoder(decoder);
            if (config["additional_special_tokens"] is JsonArray list)
                config["additional_special_tokens"] = SpecialTokens(list);
            if (config.ToJsonString() != before)
                _files[name] = config;
        }
    }

    private JsonObject Decoder(JsonObject decoder)
    {
        var renewed = new JsonObject();
        foreach (var (key, token) in decoder)
        {
            if (_change.NewId(int.Parse(key, NumberStyles.None, CultureInfo.InvariantCulture)) is { } id)
                renewed[id.ToString(CultureInfo.InvariantCulture)] = token!.DeepClone();
        }

        foreach (var token in _change.Added)
            renewed[token.Id.ToString(CultureInfo.InvariantCulture)] = AddedToken(null, token.Text);
        return renewed;
    }

    private JsonArray SpecialTokens(JsonArray list)
    {
        string? Content(JsonNode? token) => token is JsonObject named ? named["content"]?.GetValue<string>() : token?.GetValue<string>();
        var kept = list.Where(token => Content(token) is not { } content || !_removed.Contains(content)).Select(token => token?.DeepClone());
        return new JsonArray([.. kept, .. _options.Special ? _change.Added.Select(token => (JsonNode?)JsonValue.Create(token.Text)) : []]);
    }
}
