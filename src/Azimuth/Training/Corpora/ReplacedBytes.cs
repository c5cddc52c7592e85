namespace Azimuth.Training.Corpora;

/// <summary>What of a corpus was no UTF-8 and was read as U+FFFD. Immutable.</summary>
/// <param name="Count">Characters put in.</param>
/// <param name="Files">Files they were put in.</param>
/// <param name="First">The first of these; null where it is not known.</param>
public sealed record ReplacedBytes(long Count, int Files, string? First)
{
    /// <summary>All was UTF-8.</summary>
    public static ReplacedBytes None { get; } = new(0, 0, null);

    /// <summary>The warning for it; null for none.</summary>
    public string? Complaint => Count == 0 ? null
        : FormattableString.Invariant($"the corpus has {Count:N0} {(Count == 1 ? "sequence of bytes that is" : "sequences of bytes that are")} not UTF-8, read as U+FFFD") + Where;

    private string Where => First is null ? "" : Files == 1 ? $", in {First}" : FormattableString.Invariant($", in {Files:N0} files, the first of them {First}");

    /// <summary>This and what files behind it had.</summary>
    public ReplacedBytes And(ReplacedBytes next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return new ReplacedBytes(Count + next.Count, Files + next.Files, First ?? next.First);
    }
}
