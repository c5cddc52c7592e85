using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Azimuth.Checkpoints;
using Azimuth.Tokenization.Files;

namespace Azimuth.Checking;

/// <summary>The chat templates of a model and the markers written in them.</summary>
internal static partial class ChatTemplates
{
    /// <summary>Every template's text: from tokenizer_config.json, chat_template.jinja, or a GGUF file's metadata.</summary>
    public static IReadOnlyList<string> Of(CheckSubject subject)
    {
        if (subject.Gguf is { } gguf)
            return gguf.Metadata.FindString("tokenizer.chat_template") is { } text ? [text] : [];
        var templates = new List<string>();
        JsonElement? written = subject.TokenizerConfig.Value?.Find("chat_template");
        if (written is { ValueKind: JsonValueKind.String } one)
            templates.Add(one.GetString()!);
        else if (written is { ValueKind: JsonValueKind.Array } list)
            templates.AddRange(list.EnumerateArray().Select(t => t.ValueKind == JsonValueKind.Object && t.TryGetProperty("template", out JsonElement text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : ""));
        string file = Path.Combine(subject.Folder, "chat_template.jinja");
        if (!subject.IsTable && File.Exists(file))
            templates.Add(Encoding.UTF8.GetString(SmallFile.ReadBytes(file)));
        return templates;
    }

    /// <summary>Markers such as &lt;|im_start|&gt; that stand in a template as they are; each once, in order.</summary>
    public static IReadOnlyList<string> Markers(CheckSubject subject) =>
        [.. Of(subject).SelectMany(template => Marker().Matches(template)).Select(match => match.Value).Distinct(StringComparer.Ordinal)];

    [GeneratedRegex(@"<[|｜][\w.▁:-]{1,60}[|｜]>")]
    private static partial Regex Marker();
}
