namespace Azimuth.Tokenization.Patterns;

/// <summary>What an instruction does; X and Y are its numbers.</summary>
internal enum Step : byte
{
    /// <summary>The pattern matched.</summary>
    Match,

    /// <summary>One code point of class X.</summary>
    One,

    /// <summary>X to Y code points of the class, as many as possible first.</summary>
    Run,

    /// <summary>The same, as few as possible first.</summary>
    LazyRun,

    /// <summary>The same, as many as possible only.</summary>
    PossessiveRun,

    /// <summary>Goes on at X.</summary>
    Jump,

    /// <summary>Goes on at X, and at Y when that fails.</summary>
    Fork,

    /// <summary>Notes the place in register X.</summary>
    Note,

    /// <summary>Goes on at Y when nothing was matched since <see cref="Note"/> X: a loop over nothing ends.</summary>
    LeaveWhenEmpty,

    /// <summary>The place X.</summary>
    At,

    /// <summary>What follows up to X is matched on its own, and not tried again.</summary>
    Atomic,

    /// <summary>What follows up to X has to match from here on.</summary>
    Ahead,

    /// <summary>What follows up to X must not match from here on.</summary>
    NotAhead,

    /// <summary>What follows up to X has to match so that it ends here; it begins Y or more code points before.</summary>
    Behind,

    /// <summary>What follows up to X must not match so that it ends here.</summary>
    NotBehind,
}

/// <summary>One instruction.</summary>
internal readonly record struct Instruction(Step Step, int X = 0, int Y = 0, PointClass? Class = null, int MaximumWidth = 0);

/// <summary>A pattern as instructions for <see cref="PatternMatcher"/>. Immutable, thread-safe.</summary>
/// <param name="Code">The instructions; the first is where a match starts.</param>
/// <param name="Registers">How many registers <see cref="Step.Note"/> uses.</param>
/// <param name="Syntax">Whose places count.</param>
/// <param name="Word">What \b takes for a word's characters.</param>
internal sealed record PatternProgram(Instruction[] Code, int Registers, PatternSyntax Syntax, PointClass Word)
{
    /// <summary>Compiles a tree.</summary>
    /// <exception cref="FormatException">The program would be too long.</exception>
    public static PatternProgram Compile(PatternNode node, PatternSyntax syntax)
    {
        PatternCompiler compiler = new();
        compiler.Emit(node);
        compiler.Add(new Instruction(Step.Match));
        return new PatternProgram([.. compiler.Code], compiler.Registers, syntax, new PointClass(PointProperties.Word(syntax, inBrackets: false)));
    }
}
