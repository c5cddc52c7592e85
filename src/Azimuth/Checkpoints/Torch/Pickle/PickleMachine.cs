using System.Globalization;
using System.Numerics;

namespace Azimuth.Checkpoints.Torch.Pickle;

/// <summary>
/// Runs a pickle's opcodes (protocols 1 to 5; Python's pickletools.py describes each) on a stack of values. It makes containers, numbers and texts by itself;
/// what a pickle names or calls is left to <see cref="IPickleObjects"/>. No opcode recurses, and each byte costs bounded work. Belongs to one thread.
/// </summary>
internal sealed class PickleMachine(PickleSource source, IPickleObjects objects)
{
    private const int HighestProtocol = 5;
    private const int MemoEntryBytes = 64, ItemBytes = 48, EntryBytes = 128, CallBytes = 256; // generous: lists grow in powers of two

    private readonly PickleStack _stack = new(source);
    private readonly Dictionary<long, PickleValue> _memo = [];

    /// <summary>The value of the pickle that begins where the source stands; the source stands behind it afterwards.</summary>
    /// <exception cref="CheckpointFormatException">A damaged pickle, or one that asks for more than is allowed.</exception>
    public PickleValue Run()
    {
        _stack.Clear();
        _memo.Clear();
        while (true)
        {
            byte code = source.Byte();
            if (code == '.')
                return _stack.Pop();
            if (!Number(code) && !Text(code) && !Memo(code) && !Tuple(code) && !Container(code) && !Object(code))
                throw Unread(code);
        }
    }

    private bool Number(byte code)
    {
        switch (code)
        {
            case (byte)'N': _stack.Push(default); break;
            case 0x88 or 0x89: _stack.Push(new(PickleKind.Boolean, code == 0x88 ? 1 : 0)); break;
            case (byte)'K': _stack.Push(Integer(source.Byte())); break;
            case (byte)'M': _stack.Push(Integer(source.UInt16())); break;
            case (byte)'J': _stack.Push(Integer(source.Int32())); break;
            case 0x8A: _stack.Push(Long(source.Byte())); break;
            case 0x8B: _stack.Push(Long(source.Int32())); break;
            case (byte)'I' or (byte)'L': _stack.Push(Decimal(source.Line())); break;
            case (byte)'G':
                source.Take(8);
                _stack.Push(new(PickleKind.Float));
                break;
            default: return false;
        }

        return true;
    }

    private bool Text(byte code)
    {
        switch (code)
        {
            case (byte)'X': _stack.Push(PickleValue.Text(source.Text(source.UInt32()))); break;
            case 0x8C: _stack.Push(PickleValue.Text(source.Text(source.Byte()))); break;
            case 0x8D: _stack.Push(PickleValue.Text(source.Text(source.Length64()))); break;
            // Python 2's texts; torch reads them as UTF-8 as well.
            case (byte)'U': _stack.Push(PickleValue.Text(source.Text(source.Byte()))); break;
            case (byte)'T': _stack.Push(PickleValue.Text(source.Text(source.Int32()))); break;
            case (byte)'C': SkipBytes(source.Byte()); break;
            case (byte)'B': SkipBytes(source.UInt32()); break;
            case 0x8E or 0x96: SkipBytes(source.Length64()); break;
            default: return false;
        }

        return true;
    }

    private bool Memo(byte code)
    {
        switch (code)
        {
            case (byte)'q': Store(source.Byte()); break;
            case (byte)'r': Store(source.UInt32()); break;
            case 0x94: Store(_memo.Count); break;
            case (byte)'h': Fetch(source.Byte()); break;
            case (byte)'j': Fetch(source.UInt32()); break;
            default: return false;
        }

        return true;
    }

    private bool Tuple(byte code)
    {
        switch (code)
        {
            case (byte)')': _stack.Push(PickleValue.Tuple()); break;
            case 0x85 or 0x86 or 0x87: _stack.Push(PickleValue.Tuple(_stack.PopMany(code - 0x84))); break;
            case (byte)'t': _stack.Push(PickleValue.Tuple(_stack.PopToMark())); break;
            case (byte)'(': _stack.Mark(); break;
            case (byte)'1': _stack.PopToMark(); break;
            case (byte)'2': _stack.Push(_stack.Peek()); break;
            case (byte)'0': _stack.PopValueOrMark(); break;
            default: return false;
        }

        return true;
    }

    private bool Container(byte code)
    {
        switch (code)
        {
            case (byte)'}': _stack.Push(Container(PickleKind.Dictionary, new PickleDictionary(isOrderedDict: false))); break;
            case (byte)']': _stack.Push(Container(PickleKind.List, new List<PickleValue>())); break;
            case 0x8F: _stack.Push(Container(PickleKind.Set, null)); break;
            case 0x91:
                CheckHashable(_stack.PopToMark());
                _stack.Push(Container(PickleKind.Set, null));
                break;
            case (byte)'a': Append(_stack.PopMany(1)); break;
            case (byte)'e': Append(_stack.PopToMark()); break;
            case (byte)'s': SetItems(_stack.PopMany(2)); break;
            case (byte)'u': SetItems(_stack.PopToMark()); break;
            case 0x90:
                CheckHashable(_stack.PopToMark());
                if (_stack.Peek().Kind != PickleKind.Set)
                    throw source.Error($"expected a set to add to, found {_stack.Peek().Found}");
                break;
            default: return false;
        }

        return true;
    }

    private bool Object(byte code)
    {
        switch (code)
        {
            case 0x80:
                int protocol = source.Byte();
                if (protocol > HighestProtocol)
                    throw source.Error($"expected a protocol of at most {HighestProtocol}, found {protocol}");
                break;
            case 0x95:
                long frame = source.Length64();
                if (frame < 0 || frame > source.Left)
                    throw source.Error($"expected a frame within the pickle, found one of {(ulong)frame} bytes");
                break;
            case (byte)'c': _stack.Push(objects.Global(source.Line(), source.Line())); break;
            case 0x93:
                PickleValue[] names = _stack.PopMany(2);
                if (names[0].AsText is not { } module || names[1].AsText is not { } name)
                    throw source.Error($"expected two texts that name a global, found {names[0].Found} and {names[1].Found}");
                _stack.Push(objects.Global(module, name));
                break;
            case (byte)'R': Call(); break;
            case (byte)'Q':
                source.Spend(CallBytes);
                _stack.Push(objects.Persistent(_stack.Pop()));
                break;
            case (byte)'b': Build(); break;
            default: return false;
        }

        return true;
    }

    private void Call()
    {
        PickleValue[] pair = _stack.PopMany(2);
        if (pair[0].Kind != PickleKind.Global)
            throw source.Error($"expected a call of something named, found a call of {pair[0].Found}");
        if (pair[1].AsTuple is not { } arguments)
            throw source.Error($"expected a tuple of arguments for {pair[0].Found}, found {pair[1].Found}");
        source.Spend(CallBytes);
        _stack.Push(objects.Call(pair[0], arguments));
    }

    /// <summary>Sets attributes: an OrderedDict's, such as a state dict's <c>_metadata</c>, which say nothing of tensors and are passed over.</summary>
    private void Build()
    {
        PickleValue state = _stack.Pop();
        if (_stack.Peek().AsDictionary is not { IsOrderedDict: true } || state.AsDictionary is null)
            throw source.Error($"expected attributes of an OrderedDict, found {state.Found} as those of {_stack.Peek().Found}");
    }

    private void Append(ReadOnlySpan<PickleValue> items)
    {
        if (_stack.Peek().AsList is not { } list)
            throw source.Error($"expected a list to append to, found {_stack.Peek().Found}");
        source.Spend((long)ItemBytes * items.Length);
        list.AddRange(items);
    }

    private void SetItems(ReadOnlySpan<PickleValue> items)
    {
        if (_stack.Peek().AsDictionary is not { } dictionary)
            throw source.Error($"expected a dictionary to set entries of, found {_stack.Peek().Found}");
        if (items.Length % 2 != 0)
            throw source.Error($"expected keys and values, found {items.Length} items");
        source.Spend((long)EntryBytes * items.Length / 2);
        for (int i = 0; i < items.Length; i += 2)
        {
            CheckHashable(items.Slice(i, 1));
            dictionary.Set(items[i], items[i + 1]);
        }
    }

    private void CheckHashable(ReadOnlySpan<PickleValue> keys)
    {
        foreach (PickleValue key in keys)
        {
            if (!key.IsHashable)
                throw source.Error($"expected a key that does not change, found {key.Found}");
        }
    }

    private void SkipBytes(long length)
    {
        source.Take(length);
        _stack.Push(new(PickleKind.Bytes));
    }

    private void Store(long index)
    {
        if (!_memo.ContainsKey(index))
            source.Spend(MemoEntryBytes);
        _memo[index] = _stack.Peek();
    }

    private void Fetch(long index) =>
        _stack.Push(_memo.TryGetValue(index, out PickleValue value) ? value : throw source.Error(FormattableString.Invariant($"the memo has no entry {index}")));

    private PickleValue Container(PickleKind kind, object? reference)
    {
        source.Spend(EntryBytes);
        return new(kind, 0, reference);
    }

    private static PickleValue Integer(long number) => new(PickleKind.Integer, number);

    /// <summary>Two's complement, least byte first, of any length.</summary>
    private PickleValue Long(int length)
    {
        if (length < 0)
            throw source.Error($"expected a length of at least 0, found {length}");
        ReadOnlySpan<byte> bytes = source.Take(length);
        return length > sizeof(long) ? new(PickleKind.LargeInteger) : Integer((long)new BigInteger(bytes));
    }

    /// <summary>Protocol 1 writes booleans as 00 and 01, and large integers with an L behind them.</summary>
    private PickleValue Decimal(string line)
    {
        if (line is "00" or "01")
            return new(PickleKind.Boolean, line[1] - '0');
        ReadOnlySpan<char> digits = line.AsSpan().TrimEnd('L');
        if (long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
            return Integer(number);
        bool isNumber = digits.Length > 0 && !digits.TrimStart('-').ContainsAnyExceptInRange('0', '9');
        return isNumber ? new(PickleKind.LargeInteger) : throw source.Error("expected digits, found other letters");
    }

    private CheckpointFormatException Unread(byte code)
    {
        // The class is named in the message, whatever it is.
        if (code == 'i')
            objects.Global(source.Line(), source.Line());
        return code switch
        {
            (byte)'i' or (byte)'o' => source.Error("it makes an object of a class (opcodes INST and OBJ), which is not read"),
            0x81 or 0x92 => source.Error("it makes an object of a class (opcodes NEWOBJ and NEWOBJ_EX), which is not read"),
            0x82 or 0x83 or 0x84 => source.Error("it takes an object from the extension registry (opcodes EXT1, EXT2 and EXT4), which is not read"),
            0x97 or 0x98 => source.Error("it takes a buffer from outside (opcodes NEXT_BUFFER and READONLY_BUFFER), which is not read"),
            _ when "PSVFgpdl".Contains((char)code, StringComparison.Ordinal) => source.Error(
                $"expected protocols 1 to 5, found the text opcode {(char)code} of protocol 0", advice: ". PyTorch itself cannot read it back: save the model again with the usual protocol"),
            _ => source.Error($"there is no opcode 0x{code:X2}"),
        };
    }
}
