using System.Text;
using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Tokenization.Files;

namespace Azimuth.Checking;

/// <summary>A token as the file lists it.</summary>
internal sealed record RawToken(string Text, long Id);

/// <summary>A merge as the file lists it.</summary>
internal sealed record RawMerge(string Left, string Right);

/// <summary>An added token as the file lists it.</summary>
internal sealed record RawAdded(string Text, long Id);

/// <summary>
/// A tokenizer's lists with all their contradictions, for saying what is wrong with one that is refused: tokens and ids may come twice, merges
/// may name what is not there.
/// </summary>
/// <param name="Source">The file.</param>
/// <param name="Tokens">In file order.</param>
/// <param name="Merges">Earliest first.</param>
/// <param name="Added">In file order.</param>
/// <param name="ContinuingPrefix">What a merge drops from its right part ("##"); empty for none.</param>
internal sealed record RawTokenizer(
    string Source, IReadOnlyList<RawToken> Tokens, IReadOnlyList<RawMerge> Merges, IReadOnlyList<RawAdded> Added, string ContinuingPrefix)
{
    /// <summary>The lists of the tokenizer that the model would use, or null where it has none with such lists.</summary>
    public static RawTokenizer? Find(CheckSubject subject)
    {
        if (subject.Gguf is { } gguf)
            return GgufTokenizer.Exists(gguf) ? FromGguf(gguf) : null;
        string json = System.IO.Path.Combine(subject.Folder, "tokenizer.json");
        string vocabulary = System.IO.Path.Combine(subject.Folder, "vocab.json"), merges = System.IO.Path.Combine(subject.Folder, "merges.txt");
        if (subject.IsTable)
            return null;
        if (File.Exists(json))
            return FromJson(json);
        return File.Exists(vocabulary) && File.Exists(merges) ? FromTwoFiles(vocabulary, merges) : null;
    }

    private static RawTokenizer FromJson(string path)
    {
        JsonElement root = Parse(path);
        JsonElement model = Member(root, "model");
        return new RawTokenizer(
            path, Vocabulary(Member(model, "vocab")), Merge(Member(model, "merges")),
            [.. List(root, "added_tokens").Where(t => Id(t) is not null && Text(Member(t, "content")) is not null).Select(t => new RawAdded(Text(Member(t, "content"))!, Id(t)!.Value))],
            Text(Member(model, "continuing_subword_prefix")) ?? "");
    }

    private static RawTokenizer FromTwoFiles(string vocabulary, string merges)
    {
        string text = Encoding.UTF8.GetString(SmallFile.ReadBytes(merges)).TrimStart('\uFEFF');
        IEnumerable<string> lines = text.Split('\n').Select(l => l.TrimEnd('\r')).Where(l => l.Length > 0 && !l.StartsWith("#version", StringComparison.Ordinal));
        return new RawTokenizer(vocabulary, Vocabulary(Parse(vocabulary)), [.. lines.Select(Split).OfType<RawMerge>()], [], "");
    }

    private static RawTokenizer FromGguf(GgufFile gguf)
    {
        string[] tokens = gguf.Metadata.FindArray("tokenizer.ggml.tokens")?.ToStrings() ?? [];
        string[] merges = gguf.Metadata.FindArray("tokenizer.ggml.merges")?.ToStrings() ?? [];
        return new RawTokenizer(gguf.Path, [.. tokens.Select((t, i) => new RawToken(t, i))], [.. merges.Select(Split).OfType<RawMerge>()], [], "");
    }

    private static JsonElement Parse(string path)
    {
        try
        {
            ReadOnlyMemory<byte> bytes = SmallFile.ReadBytes(path);
            if (bytes.Span.StartsWith("\uFEFF"u8))
                bytes = bytes[3..];
            using JsonDocument document = JsonDocument.Parse(bytes);
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new CheckpointFormatException(path, $"expected JSON, found an error: {e.Message}", kind: "BadJson");
        }
    }

    /// <summary>{"token": id}, or of a unigram model [["token", score]], whose ids are the places.</summary>
    private static List<RawToken> Vocabulary(JsonElement vocabulary)
    {
        var tokens = new List<RawToken>();
        if (vocabulary.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty entry in vocabulary.EnumerateObject())
            {
                if (entry.Value.ValueKind == JsonValueKind.Number && entry.Value.TryGetInt64(out long id) && Text(entry) is { } name)
                    tokens.Add(new RawToken(name, id));
            }
        }
        else if (vocabulary.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement entry in vocabulary.EnumerateArray())
                tokens.Add(new RawToken(entry.ValueKind == JsonValueKind.Array && entry.GetArrayLength() > 0 ? Text(entry[0]) ?? "" : "", tokens.Count));
        }

        return tokens;
    }

    private static List<RawMerge> Merge(JsonElement merges)
    {
        var list = new List<RawMerge>();
        if (merges.ValueKind != JsonValueKind.Array)
            return list;
        foreach (JsonElement merge in merges.EnumerateArray())
        {
            RawMerge? read = merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2
                ? Text(merge[0]) is { } left && Text(merge[1]) is { } right ? new RawMerge(left, right) : null
                : Split(Text(merge));
            if (read is not null)
                list.Add(read);
        }

        return list;
    }

    private static RawMerge? Split(string? line) => line?.Split(' ') is [{ Length: > 0 } left, { Length: > 0 } right] ? new RawMerge(left, right) : null;

    private static JsonElement Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) ? value : default;

    private static IEnumerable<JsonElement> List(JsonElement element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : [];

    private static long? Id(JsonElement token) => Member(token, "id") is { ValueKind: JsonValueKind.Number } id && id.TryGetInt64(out long number) ? number : null;

    private static string? Text(JsonElement element) => Decoded(() => element.ValueKind == JsonValueKind.String ? element.GetString() : null);

    private static string? Text(JsonProperty property) => Decoded(() => property.Name);

    /// <summary>Half a surrogate pair cannot be decoded: such a text is passed over here, the tokenizer's own reader names it.</summary>
    private static string? Decoded(Func<string?> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
