using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Tokenization;
using Azimuth.Tokenization.Files;

namespace Azimuth.Conversion;

/// <summary>The tokenizer of a GGUF file as the files of a model folder.</summary>
internal static class GgufTokenizerFiles
{
    /// <summary>The key under which the specification lets a file carry tokenizer.json whole.</summary>
    public const string WholeKey = "tokenizer.huggingface.json";

    /// <summary>Writes tokenizer.json, whole where the file carries it and made from its vocabulary otherwise, and tokenizer_config.json.</summary>
    /// <returns>Why there is no tokenizer in the folder; null when there is.</returns>
    public static string? Write(GgufFile file, string folder)
    {
        string path = Path.Combine(folder, "tokenizer.json");
        if (file.Metadata.Find(WholeKey) is { } whole)
            File.WriteAllBytes(path, whole.AsUtf8());
        else if (Made(file, folder) is { } problem)
        {
            File.Delete(path);
            return $"written without a tokenizer: {problem}";
        }

        FolderFiles.Write(folder, "tokenizer_config.json", Config(file));
        return null;
    }

    private static string? Made(GgufFile file, string folder)
    {
        if (!GgufTokenizer.Exists(file))
            return "the GGUF file has none";
        try
        {
            (JsonObject? json, string? problem) = GgufTokenizerJson.Create(file);
            if (json is null)
                return problem;
            FolderFiles.Write(folder, "tokenizer.json", json);
            return GgufTokenizerWriter.Differs(Tokenizer.FromGguf(file), Tokenizer.FromJsonFile(Path.Combine(folder, "tokenizer.json"))) is { } text
                ? $"tokenizer.json would encode \"{VisibleText.Show(text)}\" otherwise"
                : null;
        }
        catch (CheckpointFormatException unknown)
        {
            return unknown.Message;
        }
    }

    private static JsonObject Config(GgufFile file)
    {
        Tokenizer? tokenizer = GgufTokenizer.Exists(file) ? Tokenizer.FromGguf(file) : null;
        var config = new JsonObject { ["tokenizer_class"] = "PreTrainedTokenizerFast" };
        foreach (var (key, id) in new[] { ("bos_token", tokenizer?.BeginId), ("eos_token", tokenizer?.EndId), ("unk_token", tokenizer?.UnknownId), ("pad_token", tokenizer?.PadId) })
        {
            if (id is { } known)
                config[key] = tokenizer!.Token(known);
        }

        if (file.Metadata.FindString("tokenizer.chat_template") is { } template)
            config["chat_template"] = template;
        return config;
    }
}
