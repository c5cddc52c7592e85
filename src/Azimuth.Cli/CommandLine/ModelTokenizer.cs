using Azimuth.Checkpoints;
using Azimuth.Tokenization;

namespace Azimuth.Cli.CommandLine;

/// <summary>A tokenizer without its model, for commands that look at no weights.</summary>
internal sealed record ModelTokenizer(string Name, Tokenizer Tokenizer)
{
    /// <summary>Opens the tokenizer of a model folder, a checkpoint file, a folder that holds nothing but tokenizer files, or one such file.</summary>
    public static ModelTokenizer Open(string path)
    {
        if (Directory.Exists(path) && !HoldsWeights(path))
            return new ModelTokenizer(Path.GetFileName(Path.TrimEndingDirectorySeparator(path)), Tokenizer.Load(path));
        if (File.Exists(path) && Path.GetExtension(path) is ".json" or ".model" or ".tiktoken" or ".txt")
            return new ModelTokenizer(Path.GetFileName(path), Tokenizer.Load(path));
        ModelFolder folder = ModelFolder.Open(path);
        Tokenizer tokenizer = Tokenizer.Find(folder) ?? throw new UsageException(
            $"{path}: expected tokenizer.json, vocab.json with merges.txt, vocab.txt, a SentencePiece .model or one .tiktoken, found none of them; copy them from where the model was published.");
        return new ModelTokenizer(folder.Name, tokenizer);
    }

    private static bool HoldsWeights(string folder) =>
        Directory.EnumerateFiles(folder).Any(file => Path.GetExtension(file) is ".safetensors" or ".gguf" || file.EndsWith(".safetensors.index.json", StringComparison.Ordinal));
}
