using System.Globalization;

namespace Azimuth.Checking.Rules;

/// <summary>Begin, end or padding ids that have no row.</summary>
internal static class SpecialIdsOutOfRange
{
    public static CheckRule Rule { get; } = new("AZ601", "A special id has no row", Severity.Error, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Input.Value is not { } table)
            return RuleVerdict.CannotRun(subject.Input.Reason("token table"));
        IReadOnlyList<SpecialId> ids = SpecialIds.Of(subject);
        if (ids.Count == 0)
            return RuleVerdict.CannotRun("no file names special ids");
        // −1 is how older files say that there is none.
        return new List<Finding>(ids.Where(s => s.Id >= table.Count || s.Id < -1).Select(s => Rule.Find(
            $"{s.Key} in {s.File} is {s.Id.ToString(CultureInfo.InvariantCulture)}, the table has ids 0 to {(table.Count - 1).ToString(CultureInfo.InvariantCulture)}.",
            "Correct the id, or take the files again: they may belong to another size of the model.",
            s.Role == "pad" ? Severity.Warning : Severity.Error,
            ("file", s.File), ("key", s.Key), ("id", s.Id), ("rows", table.Count))));
    }
}
