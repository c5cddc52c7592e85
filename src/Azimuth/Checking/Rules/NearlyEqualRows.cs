using Azimuth.Numerics;

namespace Azimuth.Checking.Rules;

/// <summary>
/// Rows in nearly one direction with nearly one length: tokens never met in training drift together. Rows are compared with those next to them in the order
/// of their lengths, since nearly equal rows are nearly equally long.
/// </summary>
internal static class NearlyEqualRows
{
    private const int Window = 32;
    private const double Cosine = 0.9999, Length = 1e-3;

    public static CheckRule Rule { get; } = new("AZ302", "Rows that are nearly equal", Severity.Advice, Look);

    private static RuleVerdict Look(CheckSubject subject)
    {
        if (subject.Input.Value is not { } table)
            return RuleVerdict.CannotRun(subject.Input.Reason("token table"));
        int[] alike = [.. Alike(subject, table).Order()];
        return alike.Length == 0 ? RuleVerdict.Nothing : Rule.Find(
            $"At least {Words.Many(alike.Length, "row")} of {table.Tensor} {Words.Are(alike.Length)} nearly the same as another token's (cosine from 0.9999 on, lengths within 0.1 %): {Words.Few([.. alike.Select(id => Words.Token(subject, id))])}.",
            "Tokens never met in training look like this: their neighbours are noise. Leave them out of statistics; azimuth glitch lists them.",
            evidence: [("rows", alike.Length), ("tokens", Words.Tokens(subject, alike)), ("tensor", table.Tensor)]);
    }

    private static HashSet<int> Alike(CheckSubject subject, TableRows table)
    {
        int[] byLength = [.. Enumerable.Range(0, table.Count).Where(id => table.Norms[id] > 0 && double.IsFinite(table.Norms[id]) && subject.HasToken(id)).OrderBy(id => table.Norms[id]).ThenBy(id => id)];
        var alike = new HashSet<int>();
        var recent = new float[Window][];
        for (int at = 0; at < byLength.Length; at++)
        {
            if (at % 4096 == 0)
                subject.Say("comparing rows", (double)at / byLength.Length);
            int id = byLength[at];
            float[] row = table.Matrix.Row(id);
            for (int back = 1; back <= Math.Min(Window, at); back++)
            {
                int other = byLength[at - back];
                if (table.Norms[id] - table.Norms[other] > Length * table.Norms[id])
                    break;
                if (Vectors.Dot(row, recent[(at - back) % Window]) < Cosine * table.Norms[id] * table.Norms[other])
                    continue;
                alike.Add(id);
                alike.Add(other);
            }

            recent[at % Window] = row;
        }

        return alike;
    }
}
