using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;

namespace Azimuth.Conversion;

/// <summary>The tokenizer of a GGUF file as the files of a model folder.</summary>
internal static class GgufTokenizerFiles
{
    /// <summary>The key under which the specification lets a file carry tokenizer.json whole.</summary>
    public const string WholeKey = "tokenizer.huggingface.json";

    public static void Write(GgufFile file, string folder, List<string> remarks)
    {
        if (file.Metadata.Find(WholeKey) is { } whole)
            File.WriteAllBytes(Path.Combine(folder, "tokenizer.json"), whole.AsUtf8());
        else
            remarks.Add("written without a tokenizer: the GGUF file does not carry tokenizer.json");
        var config = new JsonObject();
        if (file.Metadata.FindString("tokenizer.chat_template") is { } template)
            config["chat_template"] = template;
        if (config.Count > 0)
            FolderFiles.Write(folder, "tokenizer_config.json", config);
    }
}
