using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Tokenization;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tests.Tokenization;

/// <summary>One line of an expected.jsonl; see tests/fixtures/tokenizers/README.md for what an absent field means.</summary>
internal sealed class ReferenceRow(JsonElement row)
{
    public string Text => row.TryGetProperty("text", out JsonElement text) ? text.GetString()! : "overflowing";

    public string? Pair => row.TryGetProperty("pair", out JsonElement pair) ? pair.GetString() : null;

    public bool AddSpecialTokens => !row.TryGetProperty("add_special_tokens", out JsonElement add) || add.GetBoolean();

    public bool IsRefused => row.TryGetProperty("error", out _);

    public static IEnumerable<ReferenceRow> ReadAll(string path)
        => File.ReadAllText(path).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => new ReferenceRow(JsonSerializer.Deserialize<JsonElement>(line)));

    /// <summary>Encodes the row's text and compares everything the row tells; returns how many things were compared.</summary>
    /// <param name="tokenizer">The tokenizer to compare.</param>
    /// <param name="withLengths">Whether the row was recorded with the file's truncation and padding.</param>
    public int Check(Tokenizer tokenizer, bool withLengths = false)
    {
        if (IsRefused)
        {
            CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => tokenizer.Encode(Text, AddSpecialTokens));
            Assert.Contains("vocabulary", error.Message, StringComparison.Ordinal);
            return 2;
        }

        TokenEncoding encoding = withLengths
            ? tokenizer.EncodeBatch([(Text, Pair)], tokenizer.Lengths, AddSpecialTokens).Single()
            : Pair is null ? tokenizer.Encode(Text, AddSpecialTokens) : tokenizer.EncodePair(Text, Pair, AddSpecialTokens);
        int compared = Compare("ids", encoding.Ids, Numbers);
        compared += Compare("tokens", encoding.Tokens, value => value.GetString()!);
        compared += Compare("pieces", encoding.Tokens, value => value.GetString()!);
        compared += Compare("offsets_chars", encoding.Characters, Range);
        compared += Compare("offsets_bytes", encoding.Bytes, Range, whenAbsent: row.TryGetProperty("offsets_chars", out JsonElement same) && IsAscii ? same : null);
        bool hasTokens = row.TryGetProperty("tokens", out _);
        compared += Compare("special_tokens_mask", encoding.SpecialMask, value => value.GetInt32() == 1);
        if (hasTokens && !row.TryGetProperty("special_tokens_mask", out _))
            Assert.DoesNotContain(true, encoding.SpecialMask);
        compared += Compare("type_ids", encoding.TypeIds, Numbers);
        compared += Compare("sequence_ids", encoding.SequenceIds, value => value.ValueKind == JsonValueKind.Null ? (int?)null : value.GetInt32());
        compared += Compare("attention_mask", encoding.AttentionMask, value => value.GetInt32() == 1) + CheckOverflowing(encoding);
        if (!row.TryGetProperty("attention_mask", out _))
            Assert.DoesNotContain(false, encoding.AttentionMask);
        return compared + CheckStages(tokenizer) + CheckDecoding(tokenizer, encoding.Ids);
    }

    /// <summary>Compares the decoded forms of the row's own ids.</summary>
    public int CheckDecoding(Tokenizer tokenizer)
        => CheckDecoding(tokenizer, [.. row.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())]);

    /// <summary>Compares what sentencepiece's normalizer makes of the text.</summary>
    public int CheckNormalized(Tokenizer tokenizer)
    {
        int[] points = CodePoints.Of(Text);
        AlignedText text = tokenizer.Parts.Normalizer!.Normalize(AlignedText.FromOriginal(points, 0, points.Length));
        Assert.Equal(row.GetProperty("normalized").GetString(), CodePoints.Text(text.Points));
        return 1;
    }

    // The kitchen sink also tells what the normalizer, and then the pre-tokenizer, make of the whole text.
    private int CheckStages(Tokenizer tokenizer)
    {
        if (!row.TryGetProperty("pre_tokens", out _))
            return 0;
        TokenStages stages = tokenizer.Stages(Text);
        Assert.Equal(row.TryGetProperty("normalized", out JsonElement normalized) ? normalized.GetString() : Text, stages.Normalized);
        return Compare("pre_tokens", [.. stages.Pieces], value => new TokenPiece(value[0].GetString()!, Range(value[1])));
    }

    private int CheckOverflowing(TokenEncoding encoding)
    {
        TokenEncoding[] found = [.. encoding.Overflowing];
        if (!row.TryGetProperty("overflowing", out JsonElement overflowing))
        {
            Assert.Empty(found);
            return 0;
        }

        Assert.Equal(overflowing.GetArrayLength(), found.Length);
        foreach ((JsonElement expected, TokenEncoding other) in overflowing.EnumerateArray().Zip(found))
        {
            ReferenceRow part = new(expected);
            Assert.Equal(2, part.Compare("ids", other.Ids, Numbers) + part.Compare("offsets_chars", other.Characters, Range));
        }

        return 1;
    }

    private bool IsAscii => Text.All(char.IsAscii) && (Pair ?? "").All(char.IsAscii);

    private int CheckDecoding(Tokenizer tokenizer, int[] ids)
    {
        if (!row.TryGetProperty("decoded", out JsonElement decoded))
            return 0;
        Assert.Equal(decoded.GetString(), tokenizer.Decode(ids));
        if (row.TryGetProperty("decoded_skip_special", out JsonElement skipped))
            Assert.Equal(skipped.GetString(), tokenizer.Decode(ids, skipSpecialTokens: true));
        else if (row.TryGetProperty("tokens", out _))
            Assert.Equal(decoded.GetString(), tokenizer.Decode(ids, skipSpecialTokens: true));
        return 1;
    }

    private int Compare<T>(string name, T[] actual, Func<JsonElement, T> read, JsonElement? whenAbsent = null)
    {
        JsonElement? found = row.TryGetProperty(name, out JsonElement value) ? value : whenAbsent;
        if (found is null)
            return 0;
        T[] expected = [.. found.Value.EnumerateArray().Select(read)];
        Assert.True(
            expected.AsSpan().SequenceEqual(actual),
            $"{name} of {JsonSerializer.Serialize(Text)}:\nexpected {string.Join(' ', expected)}\nfound    {string.Join(' ', actual)}");
        return 1;
    }

    private static int Numbers(JsonElement value) => value.GetInt32();

    private static TextRange Range(JsonElement value) => new(value[0].GetInt32(), value[1].GetInt32());
}
