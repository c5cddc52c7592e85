using System.Security.Cryptography;
using System.Text;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Conversion;
using Azimuth.Tokenization;
using Azimuth.Tokenization.Files;

namespace Azimuth.Training.LanguageModels;

/// <summary>
/// The files that make a tokenizer in every folder they are written to, held in memory: a run that goes on from a saved state outlives the folder they came from. Immutable.
/// </summary>
internal sealed class TokenizerCopy
{
    private static readonly string[] Roles = ["tokenizer_config.json", "special_tokens_map.json"];

    /// <summary>What a model folder may hold of its tokenizer and of how it is used.</summary>
    private static readonly string[] OfFolders =
        [.. Roles, "generation_config.json", "tokenizer.json", "added_tokens.json", "vocab.json", "vocab.txt", "merges.txt", "chat_template.jinja", .. SentencePieceFolder.Names];

    private readonly (string Name, byte[] Content)[] _files;

    private TokenizerCopy((string Name, byte[] Content)[] files) => _files = files;

    /// <summary>The files behind a tokenizer.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="path">What it was loaded from: a folder, or a file, which gets the standard name of its kind.</param>
    /// <exception cref="CheckpointFormatException">No files make the tokenizer of this GGUF file, or one cannot be read.</exception>
    public static TokenizerCopy Of(Tokenizer tokenizer, string path)
    {
        string source = tokenizer.Source, folder = Path.GetDirectoryName(Path.GetFullPath(source))!, ending = Path.GetExtension(source).ToLowerInvariant();
        bool isFolder = Directory.Exists(path) || Path.GetFileName(path) is "vocab.json" or "merges.txt";
        return ending switch
        {
            ".gguf" => OfGguf(source),
            ".tiktoken" => new([Read(source, Path.GetFileName(source)), .. Those(folder, [TiktokenEncoding.FileName]), .. Those(folder, isFolder ? OfFolders : [])]),
            _ when isFolder => new([.. Those(folder, OfFolders)]),
            // A .model by itself is read as the sentencepiece library reads it, whatever the files beside it say.
            ".model" => new([Read(source, SentencePieceFolder.Names[0])]),
            ".txt" => new([Read(source, "vocab.txt"), .. Those(folder, Roles)]),
            _ => new([Read(source, "tokenizer.json"), .. Those(folder, Roles)]),
        };
    }

    /// <summary>SHA-256 of names and contents: what tells one tokenizer from another of the same path.</summary>
    public string Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, byte[] content) in _files.OrderBy(file => file.Name, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{name} {content.Length}\n")));
            hash.AppendData(content);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Writes the files.</summary>
    public void Write(string folder)
    {
        foreach ((string name, byte[] content) in _files)
            File.WriteAllBytes(Path.Combine(folder, name), content);
    }

    private static TokenizerCopy OfGguf(string path)
    {
        string folder = Directory.CreateTempSubdirectory("azimuth-tokenizer").FullName;
        try
        {
            if (GgufTokenizerFiles.Write(GgufFile.Open(path), folder) is { } problem)
                throw new CheckpointFormatException(path, $"expected a tokenizer that can be written as the files of a model folder, but the model would be {problem}. Give a folder with tokenizer.json");
            return new TokenizerCopy([.. Directory.GetFiles(folder).Select(file => Read(file, Path.GetFileName(file)))]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<(string Name, byte[] Content)> Those(string folder, IEnumerable<string> names) =>
        names.Where(name => File.Exists(Path.Combine(folder, name))).Select(name => Read(Path.Combine(folder, name), name));

    private static (string Name, byte[] Content) Read(string path, string name) => (name, SmallFile.ReadBytes(path));
}
