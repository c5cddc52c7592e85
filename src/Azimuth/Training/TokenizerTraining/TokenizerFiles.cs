using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azimuth.Checkpoints;

namespace Azimuth.Training.TokenizerTraining;

/// <summary>Writes a trained tokenizer as a folder that every command and the tokenizers library open.</summary>
public static class TokenizerFiles
{
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions Indented = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true };

    /// <summary>
    /// Makes a folder with tokenizer.json and tokenizer_config.json, for BPE vocab.json and merges.txt as well, for WordPiece vocab.txt. It gets its name when all is written.
    /// </summary>
    /// <returns>The files' names.</returns>
    /// <exception cref="IOException">Something is there already, or the disk refuses: one sentence.</exception>
    public static IReadOnlyList<string> Write(TrainedTokenizer tokenizer, string path)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        List<(string Name, byte[] Bytes)> files = [.. Files(tokenizer)];
        AtomicFolder.Create(path, folder => files.ForEach(file => File.WriteAllBytes(Path.Combine(folder, file.Name), file.Bytes)));
        return [.. files.Select(file => file.Name)];
    }

    private static IEnumerable<(string Name, byte[] Bytes)> Files(TrainedTokenizer tokenizer)
    {
        yield return ("tokenizer.json", JsonSerializer.SerializeToUtf8Bytes(TokenizerDocument.Of(tokenizer), Indented));
        yield return ("tokenizer_config.json", JsonSerializer.SerializeToUtf8Bytes(Config(tokenizer.Options), Indented));
        if (tokenizer.Options.Model == TokenizerModel.Bpe)
        {
            yield return ("vocab.json", JsonSerializer.SerializeToUtf8Bytes(TokenizerDocument.Vocabulary(tokenizer.Tokens), Compact));
            IEnumerable<string> lines = tokenizer.Merges.Select(merge => tokenizer.Tokens[merge.Left] + " " + tokenizer.Tokens[merge.Right]);
            yield return ("merges.txt", Lines(lines.Prepend("#version: 0.2")));
        }
        else if (tokenizer.Options.Model == TokenizerModel.WordPiece)
        {
            yield return ("vocab.txt", Lines(tokenizer.Tokens));
        }
    }

    /// <summary>What each special token is for; a token that was not asked for has no role.</summary>
    private static JsonObject Config(TokenizerTrainingOptions options)
    {
        JsonObject config = options.Model switch
        {
            TokenizerModel.Bpe => new() { ["tokenizer_class"] = "GPT2Tokenizer", ["add_prefix_space"] = false },
            TokenizerModel.WordPiece => new() { ["tokenizer_class"] = "BertTokenizer", ["do_lower_case"] = options.Lowercase, ["tokenize_chinese_chars"] = true, ["strip_accents"] = null },
            _ => new() { ["tokenizer_class"] = "PreTrainedTokenizerFast" },
        };
        (string Role, string Token)[] roles = options.Model switch
        {
            TokenizerModel.Bpe => options.Special.Count == 0 ? [] : [("bos_token", options.Special[0]), ("eos_token", options.Special[0]), ("unk_token", options.Special[0])],
            TokenizerModel.WordPiece => [("unk_token", "[UNK]"), ("cls_token", "[CLS]"), ("sep_token", "[SEP]"), ("pad_token", "[PAD]"), ("mask_token", "[MASK]")],
            _ => [("unk_token", "<unk>"), ("bos_token", "<s>"), ("eos_token", "</s>"), ("pad_token", "<pad>")],
        };
        foreach (var (role, token) in roles.Where(role => options.Special.Contains(role.Token)))
            config[role] = token;
        return config;
    }

    private static byte[] Lines(IEnumerable<string> lines) => Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n")));
}
