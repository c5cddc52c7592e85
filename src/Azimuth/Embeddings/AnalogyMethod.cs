namespace Azimuth.Embeddings;

/// <summary>How the answer d to "a is to b as c is to d" is scored; u are rows of length 1.</summary>
public enum AnalogyMethod
{
    /// <summary>3CosAdd: cos(d, u(b) − u(a) + u(c)) (Mikolov et al. 2013; Levy and Goldberg 2014, eq. 1).</summary>
    Add,

    /// <summary>3CosMul: cos(d, b)·cos(d, c) / (cos(d, a) + ε), cosines shifted to 0 … 1 (Levy and Goldberg 2014, eq. 4).</summary>
    Mul,

    /// <summary>Pair direction: cos(u(d) − u(c), u(b) − u(a)) (Levy and Goldberg 2014, eq. 2).</summary>
    Pair,
}

/// <summary>Which rows cannot be the answer.</summary>
public enum AnalogyExclusion
{
    /// <summary>The rows of the question's words.</summary>
    Rows,

    /// <summary>Every row that reads as one of the question's words: another capitalisation where case is ignored, with or without a blank before it.</summary>
    Words,

    /// <summary>None: the answer is then mostly one of the question's own words.</summary>
    None,
}

/// <summary>How an analogy is answered.</summary>
public sealed record AnalogyOptions
{
    /// <summary>The score.</summary>
    public AnalogyMethod Method { get; init; } = AnalogyMethod.Add;

    /// <summary>3CosMul's ε, above 0: gensim's 1e-6; the paper has 1e-3.</summary>
    public double Epsilon { get; init; } = 1e-6;

    /// <summary>How many answers, 1 or more.</summary>
    public int Top { get; init; } = 10;

    /// <summary>Leave out the rows of the question; false to see what the exclusion hides.</summary>
    public bool ExcludeQuestion { get; init; } = true;

    /// <summary>More rows that cannot be the answer, such as other spellings of the question's words.</summary>
    public IReadOnlyList<int> AlsoExcluded { get; init; } = [];

    /// <summary>The answer that is hoped for: its rank and offset are reported.</summary>
    public int? Expected { get; init; }

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Top, 1);
        if (!(Epsilon > 0 && double.IsFinite(Epsilon)))
            throw new ArgumentOutOfRangeException(nameof(Epsilon), Epsilon, "a number above 0 expected");
    }
}

/// <summary>What the methods are called on screen.</summary>
public static class AnalogyMethods
{
    /// <summary>"3CosAdd", "3CosMul" or "Pair direction".</summary>
    public static string DisplayName(this AnalogyMethod method) => method switch
    {
        AnalogyMethod.Add => "3CosAdd",
        AnalogyMethod.Mul => "3CosMul",
        _ => "Pair direction",
    };
}
