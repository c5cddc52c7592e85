using System.Text.Json;
using Azimuth.Checkpoints.Gguf;

namespace Azimuth.Checking;

/// <summary>A token id with a role, as a configuration file names it.</summary>
/// <param name="File">config.json, generation_config.json, or the GGUF file.</param>
/// <param name="Key">The key there.</param>
/// <param name="Role">"bos", "eos", "pad", "unk", "decoder_start".</param>
/// <param name="Id">The id; may be nonsense.</param>
internal sealed record SpecialId(string File, string Key, string Role, long Id);

/// <summary>Collects the ids with roles; values of another kind are left to the reader that needs them.</summary>
internal static class SpecialIds
{
    private static readonly string[] Roles = ["bos", "eos", "pad", "decoder_start"];

    public static IReadOnlyList<SpecialId> Of(CheckSubject subject)
    {
        if (subject.Gguf is { } gguf)
            return [.. Metadata(gguf)];
        return [.. new[] { subject.Config.Value, subject.Generation.Value }.OfType<JsonFileContent>().SelectMany(InFile)];
    }

    private static IEnumerable<SpecialId> InFile(JsonFileContent file)
    {
        foreach (string role in Roles)
        {
            string key = role + "_token_id";
            JsonElement[] values = file.Find(key) switch
            {
                null => [],
                { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray()],
                { } one => [one],
            };
            foreach (JsonElement value in values)
            {
                if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long id))
                    yield return new SpecialId(file.Name, key, role, id);
            }
        }
    }

    private static IEnumerable<SpecialId> Metadata(GgufFile gguf)
    {
        foreach ((string name, string role) in new[] { ("bos", "bos"), ("eos", "eos"), ("eot", "eos"), ("padding", "pad"), ("unknown", "unk") })
        {
            string key = $"tokenizer.ggml.{name}_token_id";
            if (gguf.Metadata.Find(key) is { Type: not (GgufType.String or GgufType.Array or GgufType.Bool or GgufType.Float32 or GgufType.Float64 or GgufType.UInt64) } value
                && value.AsInt64() is var id && id != uint.MaxValue)
                yield return new SpecialId(System.IO.Path.GetFileName(gguf.Path), key, role, id);
        }
    }
}
