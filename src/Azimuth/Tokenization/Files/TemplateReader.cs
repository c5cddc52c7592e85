using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Tokenization.PostProcessors;

namespace Azimuth.Tokenization.Files;

/// <summary>Reads "TemplateProcessing": lists of {"SpecialToken": {id, type_id}} and {"Sequence": {id: "A" or "B", type_id}}.</summary>
internal static class TemplateReader
{
    /// <summary>The template with its tokens' ids resolved.</summary>
    public static TemplateProcessing Read(JsonSection section)
    {
        Dictionary<string, IReadOnlyList<int>> tokens = Tokens(section);
        return new TemplateProcessing(Pieces(section, "single", tokens), Pieces(section, "pair", tokens));
    }

    private static Dictionary<string, IReadOnlyList<int>> Tokens(JsonSection section)
    {
        Dictionary<string, IReadOnlyList<int>> tokens = new(StringComparer.Ordinal);
        if (section.OptionalSection("special_tokens") is not { } listed)
            return tokens;
        foreach (JsonProperty property in listed.Element.EnumerateObject())
        {
            JsonSection entry = listed.Section(property.Name);
            if (entry.Find("ids") is not { ValueKind: JsonValueKind.Array } ids)
                throw entry.Wrong("ids", "a list of token ids");
            List<int> values = [];
            foreach (JsonElement id in ids.EnumerateArray())
            {
                if (id.ValueKind != JsonValueKind.Number || !id.TryGetInt32(out int value) || value < 0)
                    throw entry.Wrong("ids", "a list of token ids");
                values.Add(value);
            }

            tokens[property.Name] = values;
        }

        return tokens;
    }

    private static List<TemplatePiece> Pieces(JsonSection section, string name, Dictionary<string, IReadOnlyList<int>> tokens)
    {
        List<TemplatePiece> pieces = [];
        foreach (JsonSection piece in section.Sections(name))
        {
            if (piece.OptionalSection("Sequence") is { } text)
            {
                string id = text.Text("id");
                int number = id switch
                {
                    "A" => 0,
                    "B" => 1,
                    _ => throw text.Unknown("sequence", id, ["A", "B"]),
                };
                pieces.Add(new TemplatePiece(number, [], text.Integer("type_id", 0)));
                continue;
            }

            JsonSection token = piece.Section("SpecialToken");
            string content = token.Text("id");
            if (!tokens.TryGetValue(content, out IReadOnlyList<int>? ids))
            {
                throw new CheckpointFormatException(
                    section.File, $"{token.Place}: the template adds \"{content}\", which is not among its special_tokens.", kind: "TemplateTokenMissing");
            }

            pieces.Add(new TemplatePiece(null, ids, token.Integer("type_id", 0)));
        }

        return pieces;
    }
}
