using System.Buffers.Binary;

namespace Azimuth.Checkpoints.Compression;

/// <summary>
/// Reads one deflate stream (RFC 1951) and says where it ended: the framework's streams end quietly at a cut and read past the
/// end, so that a damaged archive could pass for a whole one. Belongs to one thread.
/// </summary>
internal sealed class Inflater
{
    private const int Window = 1 << 15; // the farthest that a copy reaches back
    private const int Fresh = 1 << 15; // bytes made at a time
    private const int LongestCopy = 258;

    private readonly ByteWindow _source;
    private readonly Func<string, CheckpointFormatException> _error;
    private readonly byte[] _buffer = new byte[Window + Fresh + LongestCopy];
    private readonly HuffmanTable _literals = new(), _distances = new();
    private long _position;
    private ulong _bits;
    private int _bitCount;
    private int _given, _made; // of _buffer: [_given, _made) is still to be handed out
    private int _reach; // bytes before _made that a copy may reach
    private Block _block = Block.None;
    private bool _lastBlock;
    private int _storedLeft;

    /// <summary>A deflate stream that begins at <paramref name="start"/>.</summary>
    /// <param name="source">The bytes it lies in.</param>
    /// <param name="start">Its first byte.</param>
    /// <param name="error">Makes the exception for a stream that breaks the rules.</param>
    public Inflater(ByteWindow source, long start, Func<string, CheckpointFormatException> error) => (_source, _position, _error) = (source, start, error);

    private enum Block
    {
        None,
        Stored,
        Coded,
    }

    /// <summary>The byte after those used so far; after the last read, the byte after the stream.</summary>
    public long Position => _position - (_bitCount / 8);

    /// <summary>Begins another stream with the same memory.</summary>
    public void Restart(long start)
    {
        (_position, _bits, _bitCount, _given, _made, _reach) = (start, 0, 0, 0, 0, 0);
        (_block, _lastBlock, _storedLeft) = (Block.None, false, 0);
    }

    /// <summary>Fills some of <paramref name="destination"/>; 0 only at the stream's end.</summary>
    public int Read(Span<byte> destination)
    {
        if (_given == _made)
            Make();
        int count = Math.Min(destination.Length, _made - _given);
        _buffer.AsSpan(_given, count).CopyTo(destination);
        _given += count;
        return count;
    }

    private void Make()
    {
        if (_made > Window)
        {
            _buffer.AsSpan(_made - Window, Window).CopyTo(_buffer);
            _given = _made = Window;
        }

        int limit = _made + Fresh;
        while (_made < limit)
        {
            if (_block == Block.None)
            {
                if (_lastBlock)
                    return;
                BeginBlock();
            }
            else if (_block == Block.Stored)
                CopyStored(limit);
            else
                Decode(Math.Min(limit, _buffer.Length - LongestCopy));
        }
    }

    private void BeginBlock()
    {
        _lastBlock = Take(1) == 1;
        switch (Take(2))
        {
            case 0:
                Take(_bitCount % 8);
                int length = Take(16), complement = Take(16);
                if ((length ^ complement) != 0xFFFF)
                    throw _error("a stored block's length and its complement disagree");
                (_block, _storedLeft) = (Block.Stored, length);
                break;
            case 1:
                FixedCodes();
                _block = Block.Coded;
                break;
            case 2:
                ReadCodes();
                _block = Block.Coded;
                break;
            default:
                throw _error("a block is of the type 3, which does not exist");
        }
    }

    private void FixedCodes()
    {
        Span<byte> lengths = stackalloc byte[288];
        lengths.Fill(8);
        lengths[144..256].Fill(9);
        lengths[256..280].Fill(7);
        _literals.Build(lengths);
        lengths[..32].Fill(5);
        _distances.Build(lengths[..32]);
    }

    /// <summary>The codes of a block that brings its own (RFC 1951, section 3.2.7).</summary>
    private void ReadCodes()
    {
        int literals = Take(5) + 257, distances = Take(5) + 1, lengthCodes = Take(4) + 4;
        if (literals > 286 || distances > 30)
            throw _error($"a block has {literals} literal and {distances} distance codes, at most 286 and 30 exist");
        Span<byte> lengths = stackalloc byte[286 + 30];
        lengths.Clear();
        for (int i = 0; i < lengthCodes; i++)
            lengths[DeflateCodes.LengthOrder[i]] = (byte)Take(3);
        if (!_literals.Build(lengths[..19]))
            throw _error("the lengths of a block's length codes make no code");
        lengths.Clear();
        for (int i = 0; i < literals + distances;)
        {
            int symbol = Symbol(_literals);
            if (symbol < 16)
            {
                lengths[i++] = (byte)symbol;
                continue;
            }

            if (symbol == 16 && i == 0)
                throw _error("a block repeats a code length before there is one");
            byte value = symbol == 16 ? lengths[i - 1] : (byte)0;
            int repeats = symbol == 16 ? 3 + Take(2) : symbol == 17 ? 3 + Take(3) : 11 + Take(7);
            if (repeats > literals + distances - i)
                throw _error("a block has more code lengths than codes");
            lengths.Slice(i, repeats).Fill(value);
            i += repeats;
        }

        if (lengths[256] == 0)
            throw _error("a block has no code for its end");
        // Distances first: the tables are rebuilt from the same lengths.
        if (!_distances.Build(lengths.Slice(literals, distances)) || !_literals.Build(lengths[..literals]))
            throw _error("a block's code lengths make no code");
    }

    private void CopyStored(int limit)
    {
        int count = Math.Min(_storedLeft, limit - _made);
        // Whole bytes may already have been taken into the bit buffer.
        _position = Position;
        (_bits, _bitCount) = (0, 0);
        if (count > _source.Length - _position)
            throw Truncated();
        _source.Span(_position, count).CopyTo(_buffer.AsSpan(_made));
        _position += count;
        Made(count);
        _storedLeft -= count;
        if (_storedLeft == 0)
            _block = Block.None;
    }

    private void Decode(int limit)
    {
        ReadOnlySpan<ushort> literals = _literals.Fast;
        byte[] buffer = _buffer;
        int begun = _made, made = _made;
        while (made < limit)
        {
            Refill();
            int entry = literals[(int)_bits & ((1 << HuffmanTable.FastBits) - 1)];
            if (entry == 0)
                entry = _literals.Slow(_bits);
            Drop(entry);
            int symbol = entry >> 4;
            if (symbol < 256)
            {
                buffer[made++] = (byte)symbol;
                continue;
            }

            if (symbol == 256)
            {
                _block = Block.None;
                break;
            }

            if (symbol > 285)
                throw _error("a copy has a length that does not exist");
            // 15 bits of code, 5 of length, 15 of code and 13 of distance are 48: one refill holds them all.
            int length = DeflateCodes.LengthBase[symbol - 257] + Bits(DeflateCodes.LengthExtra[symbol - 257]);
            int distance = Distance();
            if (distance > Math.Min(_reach + (made - begun), Window))
                throw _error("a copy reaches back before the beginning");
            Copy(buffer, made, distance, length);
            made += length;
        }

        _made = begun;
        Made(made - begun);
    }

    private int Distance()
    {
        int entry = _distances.Fast[(int)_bits & ((1 << HuffmanTable.FastBits) - 1)];
        if (entry == 0)
            entry = _distances.Slow(_bits);
        Drop(entry);
        int symbol = entry >> 4;
        if (symbol > 29)
            throw _error("a copy has a distance that does not exist");
        return DeflateCodes.DistanceBase[symbol] + Bits(DeflateCodes.DistanceExtra[symbol]);
    }

    /// <summary>A copy may reach into itself: it then repeats what it writes.</summary>
    private static void Copy(byte[] buffer, int to, int distance, int length)
    {
        if (distance >= length)
        {
            buffer.AsSpan(to - distance, length).CopyTo(buffer.AsSpan(to));
            return;
        }

        for (int i = 0; i < length; i++)
            buffer[to + i] = buffer[to + i - distance];
    }

    private void Made(int count)
    {
        _made += count;
        _reach = Math.Min(_reach + count, Window);
    }

    private int Symbol(HuffmanTable table)
    {
        Refill();
        int entry = table.Slow(_bits);
        Drop(entry);
        return entry >> 4;
    }

    private int Take(int count)
    {
        Refill();
        return Bits(count);
    }

    private int Bits(int count)
    {
        int value = (int)(_bits & ((1ul << count) - 1));
        if (count > _bitCount)
            throw Truncated();
        _bits >>= count;
        _bitCount -= count;
        return value;
    }

    private void Drop(int entry)
    {
        int count = entry & 15;
        if (count == 0)
            throw _error("a code stands for nothing");
        if (count > _bitCount)
            throw Truncated();
        _bits >>= count;
        _bitCount -= count;
    }

    /// <summary>At least 56 bits, or all that are left.</summary>
    private void Refill()
    {
        if (_bitCount >= 56)
            return;
        if (_source.Length - _position >= 8)
        {
            _bits |= BinaryPrimitives.ReadUInt64LittleEndian(_source.Span(_position, 8)) << _bitCount;
            int bytes = (63 - _bitCount) >> 3;
            _position += bytes;
            _bitCount += bytes * 8;
            // What was read beyond the whole bytes is read again by the next refill.
            _bits &= ulong.MaxValue >> (64 - _bitCount);
            return;
        }

        while (_bitCount < 56 && _position < _source.Length)
        {
            _bits |= (ulong)_source.Span(_position++, 1)[0] << _bitCount;
            _bitCount += 8;
        }
    }

    private CheckpointFormatException Truncated() => _error("the compressed data end early");
}
