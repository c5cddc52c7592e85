using System.Text.Json;
using System.Text.Json.Nodes;

namespace Azimuth.Vocabulary.Resizing;

/// <summary>Ids that configuration files mention: begin, end and padding tokens, tokens that generation suppresses.</summary>
internal static class IdReferences
{
    private static readonly string[] Lists = ["suppress_tokens", "begin_suppress_tokens", "bad_words_ids", "sequence_bias", "forced_decoder_ids"];

    /// <summary>Puts the new numbers in, at any depth. Numbers that are no row of the table stay as they are.</summary>
    /// <param name="node">A file's object.</param>
    /// <param name="change">Which id became which.</param>
    /// <param name="file">Named in errors.</param>
    /// <returns>True when something changed.</returns>
    /// <exception cref="ArgumentException">An id that goes is mentioned.</exception>
    public static bool Renumber(JsonObject node, VocabularyChange change, string file)
    {
        bool changed = false;
        foreach (string key in node.Select(pair => pair.Key).ToList())
        {
            if (key.EndsWith("_token_id", StringComparison.Ordinal) || key.EndsWith("_token_ids", StringComparison.Ordinal) || Lists.Contains(key))
            {
                if (New(node[key], change, $"{key} in {file}", key == "forced_decoder_ids" ? 1 : 0) is { } renewed)
                    (node[key], changed) = (renewed, true);
            }
            else if (node[key] is JsonObject inner)
                changed |= Renumber(inner, change, file);
        }

        return changed;
    }

    /// <summary>The id that an id became.</summary>
    /// <exception cref="ArgumentException">It goes.</exception>
    public static int NewId(int id, VocabularyChange change, string where) => change.NewId(id) ?? throw new ArgumentException(
        FormattableString.Invariant($"--remove: id {id} cannot go: it is {where}. Change that file first, or keep the token."));

    /// <summary>The value with new numbers, or null when none differs. In pairs of position and id, <paramref name="skip"/> leaves the first alone.</summary>
    private static JsonNode? New(JsonNode? value, VocabularyChange change, string where, int skip)
    {
        switch (value)
        {
            case JsonArray array:
                bool changed = false;
                for (int i = 0; i < array.Count; i++)
                {
                    bool isPosition = skip == 1 && array[0] is JsonValue && i == 0;
                    if (isPosition || New(array[i], change, where, skip) is not { } renewed)
                        continue;
                    (array[i], changed) = (renewed, true);
                }

                return changed ? array.DeepClone() : null;
            case JsonValue number when number.GetValueKind() == JsonValueKind.Number && number.TryGetValue(out int id) && id >= 0 && id < change.OldRows:
                int now = NewId(id, change, where);
                return now == id ? null : JsonValue.Create(now);
            default:
                return null;
        }
    }
}
