using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Azimuth.Numerics;

namespace Azimuth.Checkpoints.Npy;

/// <summary>The header of NumPy's array format, versions 1 to 3 (NEP 1): what the numbers are and how many.</summary>
/// <param name="ElementType">As NumPy spells it: "&lt;f4".</param>
/// <param name="Shape">Slowest dimension first; empty for a single number.</param>
/// <param name="FortranOrder">True when the first dimension is the fastest in the file.</param>
/// <param name="DataOffset">Where the numbers begin.</param>
internal sealed record NpyHeader(string ElementType, IReadOnlyList<long> Shape, bool FortranOrder, int DataOffset)
{
    private const int Longest = 1 << 16; // headers of tables take 128 bytes
    private const int MostDimensions = 32; // NumPy's own limit of long standing

    /// <summary>Parses the header's dictionary by its grammar; nothing in it is ever evaluated.</summary>
    /// <exception cref="CheckpointFormatException">No array, another version, or a header that is no such dictionary.</exception>
    public static NpyHeader Parse(string path, StoredBytes bytes)
    {
        if (bytes.Length < 8 || bytes.Span(0, 6) is not [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'])
            throw Bad(path, "expected NumPy's array, which begins with the bytes 93 4E 55 4D 50 59, found other bytes. It is damaged or another format", "BadMagic");
        int major = bytes.Span(6, 1)[0], minor = bytes.Span(7, 1)[0];
        if (major is < 1 or > 3 || minor != 0)
            throw Bad(path, FormattableString.Invariant($"expected version 1.0, 2.0 or 3.0 of NumPy's format, found {major}.{minor}. Save the array with a current NumPy"), "UnknownVersion");
        int begin = major == 1 ? 10 : 12;
        if (bytes.Length < begin)
            throw Bad(path, "the file ends inside its header. Download it again", "Truncated");
        long length = major == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(bytes.Span(8, 2)) : BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span(8, 4));
        if (length > bytes.Length - begin)
            throw Bad(path, FormattableString.Invariant($"the header should have {length} bytes, {bytes.Length - begin} follow. The file is cut off or damaged"), "Truncated");
        if (length > Longest)
            throw Bad(path, FormattableString.Invariant($"expected a header of at most {Longest} bytes, found {length}. It is no array of numbers"), "HeaderTooLarge");
        ReadOnlySpan<byte> text = bytes.Span(begin, (int)length);
        return new Parser(path, (major == 3 ? Encoding.UTF8 : Encoding.Latin1).GetString(text)).Header(begin + (int)length);
    }

    private static CheckpointFormatException Bad(string path, string problem, string kind) => new(path, problem, kind: kind);

    /// <summary>Reads one Python literal: a dictionary of texts, booleans and tuples of whole numbers.</summary>
    private sealed class Parser(string path, string text)
    {
        private int _at;

        public NpyHeader Header(int dataOffset)
        {
            string? type = null;
            bool? fortran = null;
            List<long>? shape = null;
            Expect('{');
            while (!TryTake('}'))
            {
                string key = Text();
                Expect(':');
                if (key == "descr" && type is null)
                    type = Type();
                else if (key == "fortran_order" && fortran is null)
                    fortran = Boolean();
                else if (key == "shape" && shape is null)
                    shape = Tuple();
                else
                    throw Malformed($"the key '{key}' is not expected here");
                if (!TryTake(','))
                {
                    Expect('}');
                    break;
                }
            }

            Blanks();
            if (_at != text.Length)
                throw Malformed("more follows the dictionary");
            if (type is null || fortran is null || shape is null)
                throw Malformed($"the key '{(type is null ? "descr" : fortran is null ? "fortran_order" : "shape")}' is missing");
            return new NpyHeader(type, shape, fortran.Value, dataOffset);
        }

        private string Type()
        {
            Blanks();
            if (_at < text.Length && text[_at] == '[')
                throw Bad(path, "its elements are records of several fields (a structured type), expected numbers. Save one field's array on its own", "UnsupportedType");
            return Text();
        }

        private bool Boolean()
        {
            Blanks();
            foreach ((string word, bool value) in new[] { ("True", true), ("False", false) })
            {
                if (string.CompareOrdinal(text, _at, word, 0, word.Length) == 0)
                {
                    _at += word.Length;
                    return value;
                }
            }

            throw Malformed("expected True or False");
        }

        private List<long> Tuple()
        {
            List<long> values = [];
            Expect('(');
            while (!TryTake(')'))
            {
                values.Add(Whole());
                if (values.Count > MostDimensions)
                    throw Malformed($"more than {MostDimensions} dimensions");
                if (!TryTake(','))
                {
                    Expect(')');
                    break;
                }
            }

            return values;
        }

        private long Whole()
        {
            Blanks();
            int begin = _at;
            while (_at < text.Length && (char.IsAsciiDigit(text[_at]) || (_at == begin && text[_at] == '-')))
                _at++;
            ReadOnlySpan<char> digits = text.AsSpan(begin, _at - begin);
            if (!long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) || value < 0)
                throw Malformed($"expected a size of 0 or more that fits 63 bits, found \"{digits}\"");
            // Python 2 wrote long numbers as 2L.
            if (_at < text.Length && text[_at] == 'L')
                _at++;
            return value;
        }

        private string Text()
        {
            Blanks();
            if (_at >= text.Length || text[_at] is not ('\'' or '"'))
                throw Malformed("expected a text in quotes");
            int end = text.IndexOf(text[_at], _at + 1);
            if (end < 0)
                throw Malformed("a text has no end");
            string value = text[(_at + 1)..end];
            _at = end + 1;
            return value.Contains('\\', StringComparison.Ordinal) ? throw Malformed("expected a plain text, found an escape in it") : value;
        }

        private void Expect(char wanted)
        {
            if (!TryTake(wanted))
                throw Malformed($"expected {wanted}");
        }

        private bool TryTake(char wanted)
        {
            Blanks();
            if (_at >= text.Length || text[_at] != wanted)
                return false;
            _at++;
            return true;
        }

        private void Blanks()
        {
            while (_at < text.Length && text[_at] is ' ' or '\n' or '\t' or '\r')
                _at++;
        }

        private CheckpointFormatException Malformed(string problem) =>
            Bad(path, FormattableString.Invariant($"the header, which should hold descr, fortran_order and shape, is wrong at character {_at}: {problem}. It is damaged: save the array again"), "BadHeader");
    }
}
