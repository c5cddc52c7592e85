using System.Buffers;
using System.Buffers.Text;
using Azimuth.Checkpoints;
using Azimuth.Tokenization.AddedTokens;
using Azimuth.Tokenization.Decoders;
using Azimuth.Tokenization.Models;
using Azimuth.Tokenization.PreTokenizers;
using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.Files;

/// <summary>
/// Reads a tiktoken rank file (https://github.com/openai/tiktoken): a line for each token, its bytes in base64 and its rank, which is its id too. There is
/// no list of merges: two neighbours merge when their join is a token, the lowest rank first.
/// </summary>
internal static class TiktokenFile
{
    // The longest token of the published encodings has 128 bytes; splitting one is work in proportion to its length squared.
    private const int LongestToken = 1024;

    /// <summary>The file's parts.</summary>
    /// <exception cref="CheckpointFormatException">Not such a file, damaged, or of an encoding that is not known.</exception>
    public static TokenizerParts Read(string path)
    {
        List<(string Token, int Id)> ranks = Ranks(path, SmallFile.ReadBytes(path));
        Models.Vocabulary vocabulary = new(path, ranks);
        TiktokenEncoding encoding = TiktokenEncoding.Find(path, ranks.Count);
        for (int value = 0; value < 256; value++)
        {
            if (vocabulary.Id(ByteAlphabet.Character((byte)value).ToString()) is null)
            {
                throw new CheckpointFormatException(
                    path, FormattableString.Invariant($"the byte {value:X2} has no rank, expected one for each byte; the file is incomplete."), kind: "BytePieces");
            }
        }

        int? end = encoding.SpecialTokens.TryGetValue(VocabAndMergesFile.EndOfText, out int id) ? id : null;
        return new TokenizerParts
        {
            Source = path,
            Model = new BpeModel(path, vocabulary, Merges(vocabulary, ranks), new BpeOptions { IgnoreMerges = true }),
            PreTokenizer = new PreTokenizerSequence([encoding.Split(path), new ByteLevel(addPrefixSpace: false, useRegex: false)]),
            Decoder = new ByteLevelDecoder(),
            AddedTokens = [.. encoding.SpecialTokens.Select(token => new AddedToken { Content = token.Key, Id = token.Value, IsSpecial = true })],
            Special = new SpecialTokenIds { Begin = end, End = end },
        };
    }

    /// <summary>Whether a file's first line is one of a rank file.</summary>
    public static bool IsOne(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> line = text[..Math.Max(0, text.IndexOf((byte)'\n'))].TrimEnd((byte)'\r');
        int space = line.IndexOf((byte)' ');
        return space > 0 && Base64.IsValid(line[..space]) && Utf8Parser.TryParse(line[(space + 1)..], out int _, out int digits) && digits == line.Length - space - 1;
    }

    private static List<(string Token, int Id)> Ranks(string path, ReadOnlySpan<byte> text)
    {
        List<(string Token, int Id)> ranks = [];
        byte[] bytes = new byte[LongestToken];
        for (int line = 1; text.Length > 0; line++)
        {
            int end = text.IndexOf((byte)'\n');
            ReadOnlySpan<byte> content = (end < 0 ? text : text[..end]).TrimEnd((byte)'\r');
            text = end < 0 ? default : text[(end + 1)..];
            if (content.Length == 0)
                continue;
            int space = content.IndexOf((byte)' ');
            ReadOnlySpan<byte> number = content[(space + 1)..];
            int rank = 0, digits = 0, length = 0;
            bool isRank = space > 0 && Base64.DecodeFromUtf8(content[..space], bytes, out int read, out length) == OperationStatus.Done
                && read == space && length > 0 && Utf8Parser.TryParse(number, out rank, out digits);
            if (!isRank || digits != number.Length)
            {
                throw new CheckpointFormatException(path, FormattableString.Invariant(
                    $"line {line} is not a token of 1 to {LongestToken} bytes in base64 and its rank; this is not a tiktoken rank file, or it is damaged."), kind: "BadRank");
            }

            ranks.Add((ByteAlphabet.Text(bytes.AsSpan(0, length)), rank));
        }

        return ranks;
    }

    private static MergeTable Merges(Models.Vocabulary vocabulary, List<(string Token, int Id)> ranks)
    {
        MergeTable merges = new(ranks.Count * 2);
        foreach ((string token, int rank) in ranks)
        {
            for (int cut = 1; cut < token.Length; cut++)
            {
                if (vocabulary.Id(token.AsSpan(0, cut)) is { } left && vocabulary.Id(token.AsSpan(cut)) is { } right)
                    merges.TryAdd(left, right, rank, rank);
            }
        }

        return merges;
    }
}
