using Azimuth.Tokenization.Text;
using Azimuth.Tokenization.Unicode;

namespace Azimuth.Tokenization.PreTokenizers;

/// <summary>
/// "UnicodeScripts": cuts where the script changes (Unicode 9). Kana count as Han, as in SentencePiece; spaces and unassigned characters belong to what is
/// before them. In front of a piece's first character with a script they are dropped, as in the reference.
/// </summary>
internal sealed class UnicodeScripts : IPreTokenizer
{
    private const int Any = 0;
    private const int ProlongedSoundMark = 0x30FC;

    private static readonly int Han = UnicodeTables.Instance.ScriptNumber("Han");
    private static readonly int Hiragana = UnicodeTables.Instance.ScriptNumber("Hiragana");
    private static readonly int Katakana = UnicodeTables.Instance.ScriptNumber("Katakana");

    public void Apply(PieceList pieces) => pieces.Cut((text, parts) =>
    {
        int start = -1, last = Any;
        for (int at = 0; at < text.Length; at++)
        {
            int script = Script(text[at]);
            if (script == Any)
                continue;
            if (script != last)
            {
                if (start >= 0)
                    parts.Add(new TextRange(start, at));
                start = at;
            }

            last = script;
        }

        if (start >= 0)
            parts.Add(new TextRange(start, text.Length));
    });

    private static int Script(int point)
    {
        if (point is ' ' or ProlongedSoundMark)
            return point == ' ' ? Any : Han;
        int script = UnicodeTables.Instance.Script(point);
        return script == Hiragana || script == Katakana ? Han : script;
    }
}
