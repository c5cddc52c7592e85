using System.Text;
using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Tokenization.Models;

namespace Azimuth.Tokenization.Files;

/// <summary>Unigram models from the lists in files.</summary>
internal static class UnigramPieces
{
    /// <summary>As the sentencepiece library has it (unigram_model.cc): normal pieces and user-defined symbols are found, unknown, control, unused and byte pieces are not.</summary>
    public static UnigramModel SentencePiece(ScoredPieces pieces, bool byteFallback)
    {
        float least = float.MaxValue;

        // FLT_MIN there, the least number above 0: so a user-defined symbol scores about −0.1, whatever the other scores are.
        float most = 1.17549435e-38f;
        foreach (int id in pieces.Ids(PieceKind.Normal))
        {
            least = Math.Min(least, pieces.Scores[id]);
            most = Math.Max(most, pieces.Scores[id]);
        }

        double Score(int id) => pieces.Kinds[id] == PieceKind.UserDefined
            ? (Encoding.UTF8.GetByteCount(pieces.Tokens[id]) * most) - 0.1
            : pieces.Scores[id];
        return new UnigramModel(pieces.File, pieces.Vocabulary, [.. Enumerable.Range(0, pieces.Tokens.Count).Select(Score)], new UnigramOptions
        {
            UnknownId = pieces.UnknownId,
            UnknownScore = least - (float)UnigramModel.UnknownPenalty,
            ByteFallback = byteFallback,
            IsFound = id => pieces.Kinds[id] is PieceKind.Normal or PieceKind.UserDefined,
            IsSentencePiece = true,
        });
    }

    /// <summary>As a tokenizer.json has it: [["token", score], …], a token's id being its place, and the place of the unknown token.</summary>
    /// <param name="file">Named in errors.</param>
    /// <param name="settings">The "model" section.</param>
    /// <param name="list">Its "vocab".</param>
    /// <exception cref="CheckpointFormatException">Not such a list, or the unknown token is not in it.</exception>
    public static UnigramModel Json(string file, JsonSection settings, JsonElement list)
    {
        List<(string Token, int Id)> tokens = new(list.GetArrayLength());
        double[] scores = new double[list.GetArrayLength()];
        foreach (JsonElement entry in list.EnumerateArray())
        {
            bool isPair = entry.ValueKind == JsonValueKind.Array && entry.GetArrayLength() == 2
                && entry[0].ValueKind == JsonValueKind.String && entry[1].ValueKind == JsonValueKind.Number;
            if (!isPair || !entry[1].TryGetDouble(out double score) || !double.IsFinite(score))
            {
                throw new CheckpointFormatException(file, FormattableString.Invariant(
                    $"model.vocab[{tokens.Count}]: expected a token and its score, found {JsonSection.Shorten(entry.GetRawText())}."), kind: "WrongJsonKind");
            }

            scores[tokens.Count] = score;
            tokens.Add((entry[0].GetString()!, tokens.Count));
        }

        int? unknown = settings.Find("unk_id") is null ? null : settings.Integer("unk_id");
        if (unknown >= tokens.Count)
            throw settings.Wrong("unk_id", FormattableString.Invariant($"0 to {tokens.Count - 1}, the place of a token"));
        return new UnigramModel(file, new Models.Vocabulary(file, tokens), scores, new UnigramOptions
        {
            UnknownId = unknown,
            UnknownScore = scores.DefaultIfEmpty(double.PositiveInfinity).Min() - UnigramModel.UnknownPenalty,
            ByteFallback = settings.Flag("byte_fallback", false),
        });
    }
}
