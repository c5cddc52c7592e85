using System.Text.Json;

namespace Azimuth.Tests.Tokenization;

/// <summary>One entry of tests/fixtures/tokenizers/cases.json.</summary>
internal sealed class ReferenceCase(JsonElement entry)
{
    // Sections the case was recorded without: tests/fixtures/tokenizers/README.md.
    private const string WithoutLengths = "bert-real";

    public static IReadOnlyList<ReferenceCase> All { get; } =
    [
        .. JsonSerializer.Deserialize<JsonElement>(File.ReadAllBytes(TestFiles.Fixture("tokenizers", "cases.json"))).EnumerateArray().Select(entry => new ReferenceCase(entry)),
    ];

    /// <summary>Whether the file's truncation and padding were applied when the case was recorded.</summary>
    public bool HasLengths => Name != WithoutLengths;

    public string Name => entry.GetProperty("name").GetString()!;

    public bool HasTokenizerJson => DataFiles.Concat(Files).Any(file => Path.GetFileName(file) == "tokenizer.json");

    /// <summary>The case's tokenizer.json, in the repository or beside it.</summary>
    public string TokenizerPath => DataFiles.FirstOrDefault(file => Path.GetFileName(file) == "tokenizer.json") is { } shared
        ? TestFiles.Shared(["data", .. shared.Split('/')])
        : TestFiles.Fixture(["tokenizers", .. Name.Split('/'), "tokenizer.json"]);

    /// <summary>The case's one file whose name ends so, in the repository or beside it.</summary>
    public string FileEnding(string ending) => Files.SingleOrDefault(file => file.EndsWith(ending, StringComparison.Ordinal)) is { } own
        ? TestFiles.Fixture("tokenizers", Name, own)
        : TestFiles.Shared(["data", .. DataFiles.Single(file => file.EndsWith(ending, StringComparison.Ordinal)).Split('/')]);

    private IEnumerable<string> Files => Strings("files");

    private IEnumerable<string> DataFiles => Strings("data_files");

    /// <summary>How many lines a file of expectations has, or null when the case has no such file.</summary>
    public int? Rows(string file) => entry.GetProperty("expected").TryGetProperty(file, out JsonElement rows) ? rows.GetInt32() : null;

    private IEnumerable<string> Strings(string name)
        => entry.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().Select(file => file.GetString()!) : [];
}
