namespace Azimuth.Tokenization.Patterns;

/// <summary>Turns a pattern's tree into instructions. Counted repetitions are written out, so the program's length is bounded.</summary>
internal sealed class PatternCompiler
{
    private const int Longest = 50_000;

    public List<Instruction> Code { get; } = [];

    public int Registers { get; private set; }

    public void Add(Instruction instruction)
    {
        if (Code.Count >= Longest)
            throw new FormatException("repeats too much: it would be too long a program");
        Code.Add(instruction);
    }

    public void Emit(PatternNode node)
    {
        switch (node)
        {
            case OneOf one:
                Add(new Instruction(Step.One, Class: one.Class));
                break;
            case InOrder sequence:
                foreach (PatternNode part in sequence.Parts)
                    Emit(part);
                break;
            case Alternatives alternatives:
                EmitAlternatives(alternatives.Parts);
                break;
            case At place:
                Add(new Instruction(Step.At, (int)place.Place));
                break;
            case Atomic atomic:
                EmitInside(new Instruction(Step.Atomic), atomic.Part);
                break;
            case Look look:
                EmitLook(look);
                break;
            case Repeated { Part: OneOf one } run:
                Step step = run.Greed switch { Greed.Greedy => Step.Run, Greed.Lazy => Step.LazyRun, _ => Step.PossessiveRun };
                Add(new Instruction(step, run.Minimum, run.Maximum, one.Class));
                break;
            case Repeated { Greed: Greed.Possessive } repeated:
                Emit(new Atomic(repeated with { Greed = Greed.Greedy }));
                break;
            case Repeated repeated:
                EmitRepeated(repeated);
                break;
            default:
                throw new InvalidOperationException($"no instruction for {node.GetType().Name}");
        }
    }

    private void EmitAlternatives(IReadOnlyList<PatternNode> parts)
    {
        List<int> exits = [];
        for (int at = 0; at < parts.Count; at++)
        {
            int fork = Code.Count;
            bool isLast = at == parts.Count - 1;
            if (!isLast)
                Add(default);
            Emit(parts[at]);
            if (isLast)
                break;
            exits.Add(Code.Count);
            Add(default);
            Code[fork] = new Instruction(Step.Fork, fork + 1, Code.Count);
        }

        foreach (int exit in exits)
            Code[exit] = new Instruction(Step.Jump, Code.Count);
    }

    private void EmitInside(Instruction outer, PatternNode part)
    {
        int start = Code.Count;
        Add(outer);
        Emit(part);
        Add(new Instruction(Step.Match));
        Code[start] = outer with { X = Code.Count };
    }

    private void EmitLook(Look look)
    {
        if (!look.Behind)
        {
            EmitInside(new Instruction(look.Negative ? Step.NotAhead : Step.Ahead), look.Part);
            return;
        }

        (int minimum, int maximum) = Width(look.Part);
        EmitInside(new Instruction(look.Negative ? Step.NotBehind : Step.Behind, Y: minimum, MaximumWidth: maximum), look.Part);
    }

    private void EmitRepeated(Repeated repeated)
    {
        for (int count = 0; count < repeated.Minimum; count++)
        {
            int before = Code.Count;
            Emit(repeated.Part);
            if (Code.Count == before)
                break;
        }

        if (repeated.Maximum == Repeated.Unlimited)
        {
            EmitLoop(repeated);
            return;
        }

        List<int> forks = [];
        for (int count = repeated.Minimum; count < repeated.Maximum; count++)
        {
            forks.Add(Code.Count);
            Add(default);
            Emit(repeated.Part);
        }

        foreach (int fork in forks)
            Code[fork] = Fork(repeated.Greed, fork + 1, Code.Count);
    }

    private void EmitLoop(Repeated repeated)
    {
        int fork = Code.Count, register = Registers++;
        Add(default);
        Add(new Instruction(Step.Note, register));
        Emit(repeated.Part);
        Add(new Instruction(Step.LeaveWhenEmpty, register, Code.Count + 2));
        Add(new Instruction(Step.Jump, fork));
        Code[fork] = Fork(repeated.Greed, fork + 1, Code.Count);
    }

    private static Instruction Fork(Greed greed, int inside, int behind)
        => greed == Greed.Lazy ? new Instruction(Step.Fork, behind, inside) : new Instruction(Step.Fork, inside, behind);

    // The fewest and most code points a part matches.
    private static (int Minimum, int Maximum) Width(PatternNode node)
    {
        switch (node)
        {
            case OneOf:
                return (1, 1);
            case InOrder sequence:
                (int Minimum, int Maximum) all = (0, 0);
                foreach ((int minimum, int maximum) in sequence.Parts.Select(Width))
                    all = (Sum(all.Minimum, minimum), Sum(all.Maximum, maximum));
                return all;
            case Alternatives alternatives:
                List<(int Minimum, int Maximum)> widths = [.. alternatives.Parts.Select(Width)];
                return (widths.Min(width => width.Minimum), widths.Max(width => width.Maximum));
            case Atomic atomic:
                return Width(atomic.Part);
            case Repeated repeated:
                (int least, int most) = Width(repeated.Part);
                return (Product(least, repeated.Minimum), Product(most, repeated.Maximum));
            default:
                return (0, 0);
        }
    }

    private static int Sum(int left, int right) => (int)Math.Min((long)left + right, Repeated.Unlimited);

    private static int Product(int left, int right) => (int)Math.Min((long)left * right, Repeated.Unlimited);
}
