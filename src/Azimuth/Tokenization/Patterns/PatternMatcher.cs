using System.Buffers;

namespace Azimuth.Tokenization.Patterns;

/// <summary>
/// Runs a pattern's program over one text, with backtracking on a stack of its own. Steps are counted, and too many are an error: a pattern from a file may take
/// exponential time.
/// </summary>
internal ref struct PatternMatcher
{
    /// <summary>No match.</summary>
    public const int None = -1;

    // A long text without any backtracking needs some ten steps a character; Oniguruma itself gives up after ten million in one match.
    private const long FreeSteps = 10_000_000;
    private const int StepsPerPoint = 1_000;
    private const int FreeEntries = 1 << 20;
    private const int EntriesPerPoint = 8;

    private readonly PatternProgram _program;
    private readonly ReadOnlySpan<int> _text;
    private readonly int[] _registers;
    private readonly int _maximumEntries;
    private Entry[] _stack;
    private int _count;
    private int _limit;
    private long _stepsLeft;

    public PatternMatcher(PatternProgram program, ReadOnlySpan<int> text)
    {
        _program = program;
        _text = text;
        _limit = text.Length;
        _registers = program.Registers == 0 ? [] : new int[program.Registers];
        _stack = ArrayPool<Entry>.Shared.Rent(64);
        _stepsLeft = FreeSteps + ((long)StepsPerPoint * text.Length);
        _maximumEntries = (int)Math.Min(FreeEntries + ((long)EntriesPerPoint * text.Length), int.MaxValue);
    }

    /// <summary>Gives the stack back; nothing is matched afterwards.</summary>
    public readonly void Dispose() => ArrayPool<Entry>.Shared.Return(_stack);

    /// <summary>The leftmost match that starts at or behind a place, or null.</summary>
    /// <exception cref="TimeoutException">Too many steps.</exception>
    public TextRange? Find(int from)
    {
        // Where a run begins the pattern and what follows the run fails at all its ends, it fails from everywhere inside the run too.
        Instruction first = _program.Code[0];
        bool beginsWithRun = first is { Step: Step.Run or Step.LazyRun or Step.PossessiveRun, Y: Repeated.Unlimited };
        for (int at = from; at <= _text.Length; at++)
        {
            int end = Execute(0, at);
            if (end >= 0)
                return new TextRange(at, end);
            while (beginsWithRun && at + 1 < _text.Length && first.Class!.Contains(_text[at]) && first.Class.Contains(_text[at + 1]))
                at++;
        }

        return null;
    }

    // Ends at the first Match; what is left on the stack from here on is dropped then, so that a part is atomic.
    private int Execute(int pc, int at, int requiredEnd = None)
    {
        int floor = _count;
        while (true)
        {
            if (--_stepsLeft < 0)
                throw new TimeoutException();
            if (!Advance(ref pc, ref at))
            {
                if (!Back(floor, ref pc, ref at))
                    return None;
                continue;
            }

            if (pc >= 0)
                continue;
            if (requiredEnd == None || at == requiredEnd)
            {
                _count = floor;
                return at;
            }

            if (!Back(floor, ref pc, ref at))
                return None;
        }
    }

    // One instruction; a negative pc says that the pattern matched.
    private bool Advance(ref int pc, ref int at)
    {
        ref readonly Instruction now = ref _program.Code[pc];
        switch (now.Step)
        {
            case Step.One:
                pc++;
                return at < _limit && now.Class!.Contains(_text[at++]);
            case Step.Run or Step.LazyRun or Step.PossessiveRun:
                return Run(now, ref pc, ref at);
            case Step.Jump:
                pc = now.X;
                return true;
            case Step.Fork:
                Push(new Entry(now.Y, at, at, Entry.Retry));
                pc = now.X;
                return true;
            case Step.Note:
                Push(new Entry(now.X, _registers[now.X], 0, Entry.Restore));
                _registers[now.X] = at;
                pc++;
                return true;
            case Step.LeaveWhenEmpty:
                pc = _registers[now.X] == at ? now.Y : pc + 1;
                return true;
            case Step.At:
                pc++;
                return IsAt((Place)now.X, at);
            case Step.Atomic:
                at = Execute(pc + 1, at);
                pc = now.X;
                return at >= 0;
            case Step.Match:
                pc = -1;
                return true;
            default:
                bool found = now.Step is Step.Ahead or Step.NotAhead ? Execute(pc + 1, at) >= 0 : IsBehind(now, pc + 1, at);
                pc = now.X;
                return found == now.Step is Step.Ahead or Step.Behind;
        }
    }

    private bool Run(in Instruction run, ref int pc, ref int at)
    {
        pc++;
        int least = run.X, most = Math.Min(run.Y, _limit - at);
        if (most < least)
            return false;
        int wanted = run.Step == Step.LazyRun ? least : most;
        int count = 0;
        while (count < wanted && run.Class!.Contains(_text[at + count]))
            count++;
        _stepsLeft -= count;
        if (count < least)
            return false;
        if (run.Step == Step.Run && count > least)
            Push(new Entry(pc, at + count, at + least, Entry.Shorten));
        else if (run.Step == Step.LazyRun && count < most)
            Push(new Entry(pc, at + count, at + most, Entry.Lengthen));
        at += count;
        return true;
    }

    private bool Back(int floor, ref int pc, ref int at)
    {
        while (_count > floor)
        {
            ref Entry top = ref _stack[_count - 1];
            switch (top.Kind)
            {
                case Entry.Restore:
                    _registers[top.Pc] = top.At;
                    _count--;
                    break;
                case Entry.Shorten:
                    (pc, at) = (top.Pc, --top.At);
                    if (at == top.Limit)
                        _count--;
                    return true;
                case Entry.Lengthen:
                    if (top.At < top.Limit && _program.Code[top.Pc - 1].Class!.Contains(_text[top.At]))
                    {
                        (pc, at) = (top.Pc, ++top.At);
                        return true;
                    }

                    _count--;
                    break;
                default:
                    (pc, at) = (top.Pc, top.At);
                    _count--;
                    return true;
            }
        }

        return false;
    }

    private bool IsBehind(in Instruction look, int pc, int at)
    {
        // What is behind cannot match anything ahead: a possessive part ends here.
        int limit = _limit;
        _limit = at;
        bool found = false;
        for (int width = look.Y; width <= look.MaximumWidth && width <= at && !found; width++)
            found = Execute(pc, at - width, requiredEnd: at) >= 0;
        _limit = limit;
        return found;
    }

    private readonly bool IsAt(Place place, int at) => place switch
    {
        Place.TextStart => at == 0,
        Place.TextEnd => at == _text.Length,
        Place.TextEndOrLastLine => at == _text.Length || (at == _text.Length - 1 && _text[at] == '\n'),
        Place.LineStart => at == 0 || (_text[at - 1] == '\n' && (at < _text.Length || _program.Syntax == PatternSyntax.Rust)),
        Place.LineEnd => at == _text.Length || _text[at] == '\n',
        _ => (IsWord(at - 1) != IsWord(at)) == (place == Place.WordBoundary),
    };

    private readonly bool IsWord(int at) => (uint)at < (uint)_text.Length && _program.Word.Contains(_text[at]);

    private void Push(Entry entry)
    {
        if (_count == _stack.Length)
        {
            if (_count >= _maximumEntries)
                throw new TimeoutException();
            Entry[] larger = ArrayPool<Entry>.Shared.Rent(_count * 2);
            _stack.CopyTo(larger, 0);
            ArrayPool<Entry>.Shared.Return(_stack);
            _stack = larger;
        }

        _stack[_count++] = entry;
    }

    // A way not taken yet, or a register's value to put back.
    private record struct Entry(int Pc, int At, int Limit, byte Kind)
    {
        public const byte Retry = 0, Restore = 1, Shorten = 2, Lengthen = 3;
    }
}
