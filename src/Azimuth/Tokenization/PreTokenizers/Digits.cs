using Azimuth.Tokenization.Text;

namespace Azimuth.Tokenization.PreTokenizers;

/// <summary>"Digits": numbers (\p{N}) apart from what is around them, each by itself or in runs.</summary>
internal sealed class Digits(bool individual) : IPreTokenizer
{
    public void Apply(PieceList pieces) => pieces.Cut((text, parts) =>
    {
        int done = 0;
        for (int at = 0; at < text.Length;)
        {
            if (!CodePoints.IsNumber(text[at]))
            {
                at++;
                continue;
            }

            int end = Runs.Numbers(text, at, individual ? 1 : int.MaxValue);
            parts.Add(new TextRange(done, at));
            parts.Add(new TextRange(at, end));
            at = done = end;
        }

        parts.Add(new TextRange(done, text.Length));
    });
}
