using System.Buffers.Binary;
using System.Text;
using Azimuth.Checkpoints;

namespace Azimuth.Tokenization.Files;

/// <summary>One field of a protocol-buffer message: a number for wire types 0, 1 and 5, bytes for wire type 2.</summary>
internal readonly record struct ProtoField(string File, int Number, ulong Value, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The field's bytes as a message.</summary>
    public ProtoMessage Message() => new(File, Bytes);
}

/// <summary>
/// A protocol-buffer message (https://protobuf.dev/programming-guides/encoding), read field by field without a schema. Where a field comes twice, the last
/// counts.
/// </summary>
internal readonly struct ProtoMessage(string file, ReadOnlyMemory<byte> bytes)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>A message without fields.</summary>
    public static ProtoMessage Empty(string file) => new(file, ReadOnlyMemory<byte>.Empty);

    /// <summary>All fields, in order.</summary>
    /// <exception cref="CheckpointFormatException">The message ends inside a field, or has a wire type that is not in use.</exception>
    public IEnumerable<ProtoField> Fields()
    {
        for (int at = 0; at < bytes.Length;)
        {
            ulong key = Varint(ref at);
            int number = (int)Math.Min(key >> 3, int.MaxValue);
            switch (key & 7)
            {
                case 0:
                    yield return new ProtoField(file, number, Varint(ref at), default);
                    break;
                case 1:
                    yield return new ProtoField(file, number, BinaryPrimitives.ReadUInt64LittleEndian(Take(ref at, 8).Span), default);
                    break;
                case 2:
                    ulong length = Varint(ref at);
                    yield return new ProtoField(file, number, 0, Take(ref at, length));
                    break;
                case 5:
                    yield return new ProtoField(file, number, BinaryPrimitives.ReadUInt32LittleEndian(Take(ref at, 4).Span), default);
                    break;
                default:
                    throw Damaged($"wire type {key & 7}");
            }
        }
    }

    /// <summary>A string field; empty when absent.</summary>
    public string Text(int number)
    {
        try
        {
            return Last(number) is { } field ? Strict.GetString(field.Bytes.Span) : "";
        }
        catch (DecoderFallbackException)
        {
            throw Damaged("text that is not UTF-8");
        }
    }

    /// <summary>A float field; 0 when absent.</summary>
    public float Single(int number) => BitConverter.UInt32BitsToSingle((uint)(Last(number)?.Value ?? 0));

    /// <summary>An int32 or enum field.</summary>
    public int Integer(int number, int otherwise) => Last(number) is { } field ? unchecked((int)field.Value) : otherwise;

    /// <summary>A bool field.</summary>
    public bool Flag(int number, bool otherwise) => Last(number) is { } field ? field.Value != 0 : otherwise;

    /// <summary>A field's bytes; none when absent.</summary>
    public ReadOnlyMemory<byte> Blob(int number) => Last(number)?.Bytes ?? default;

    /// <summary>Whether the field is there.</summary>
    public bool Has(int number) => Last(number) is not null;

    private ProtoField? Last(int number)
    {
        ProtoField? found = null;
        foreach (ProtoField field in Fields())
        {
            if (field.Number == number)
                found = field;
        }

        return found;
    }

    private ulong Varint(ref int at)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte next = Take(ref at, 1).Span[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }

        throw Damaged("a number of more than 64 bits");
    }

    private ReadOnlyMemory<byte> Take(ref int at, ulong count)
    {
        if (count > (ulong)(bytes.Length - at))
            throw Damaged(FormattableString.Invariant($"a field of {count} bytes where {bytes.Length - at} are left"));
        at += (int)count;
        return bytes.Slice(at - (int)count, (int)count);
    }

    private CheckpointFormatException Damaged(string found)
        => new(file, $"expected a SentencePiece model (a protocol buffer), found {found}; the file is damaged or something else.", kind: "BadProtocolBuffer");
}
