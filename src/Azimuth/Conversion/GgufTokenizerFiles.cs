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

    private const string WordList = "vocab.txt";

    /// <summary>Writes tokenizer.json, whole where the file carries it and made from its vocabulary otherwise, and tokenizer_config.json.</summary>
    /// <returns>Why there is no tokenizer in the folder; null when there is.</returns>
    public static string? Write(GgufFile file, string folder)
    {
        string path = Path.Combine(folder, "tokenizer.json");
        if (file.Metadata.Find(WholeKey) is { } whole)
            File.WriteAllBytes(path, whole.AsUtf8());
        FolderFiles.Write(folder, "tokenizer_config.json", Config(file));
        if (File.Exists(path) || Made(file, folder) is not { } problem)
            return null;
        File.Delete(path);
        File.Delete(Path.Combine(folder, WordList));
        return $"written without a tokenizer: {problem}";
    }

    private static string? Made(GgufFile file, string folder)
    {
        if (!GgufTokenizer.Exists(file))
            return "the GGUF file has none";
        try
        {
            Tokenizer original = Tokenizer.FromGguf(file);
            if (IsWordPiece(file))
                File.WriteAllLines(Path.Combine(folder, WordList), Enumerable.Range(0, original.VocabSize).Select(id => original.Token(id)!));
            else
            {
                (JsonObject? json, string? problem) = GgufTokenizerJson.Create(file);
                if (json is null)
                    return problem;
                FolderFiles.Write(folder, "tokenizer.json", json);
            }

            return GgufTokenizerWriter.Differs(original, Tokenizer.Load(folder)) is { } text ? $"the folder's tokenizer would encode \"{VisibleText.Show(text)}\" otherwise" : null;
        }
        catch (CheckpointFormatException unknown)
        {
            return unknown.Message;
        }
    }

    private static bool IsWordPiece(GgufFile file) => file.Metadata.FindString("tokenizer.ggml.model") == "bert";

    private static JsonObject Config(GgufFile file)
    {
        Tokenizer? tokenizer = GgufTokenizer.Exists(file) ? Tokenizer.FromGguf(file) : null;
        bool isWordPiece = IsWordPiece(file);
        var config = new JsonObject { ["tokenizer_class"] = isWordPiece ? "BertTokenizer" : "PreTrainedTokenizerFast" };
        if (isWordPiece)
            config["do_lower_case"] = true; // nothing in the file says otherwise, and llama.cpp always does
        (string, int?)[] roles =
        [
            (isWordPiece ? "cls_token" : "bos_token", tokenizer?.BeginId), (isWordPiece ? "sep_token" : "eos_token", tokenizer?.EndId), ("unk_token", tokenizer?.UnknownId),
            ("pad_token", tokenizer?.PadId), ("mask_token", isWordPiece ? tokenizer?.Id("[MASK]") : null),
        ];
        foreach (var (key, id) in roles)
        {
            if (id is { } known)
                config[key] = tokenizer!.Token(known);
        }

        if (ChatTemplates.Read(file.Metadata) is { } templates)
            config["chat_template"] = templates;
        return config;
    }
}
