namespace Azimuth.Cli.Output;

/// <summary>Bars of eighths of a character.</summary>
internal static class Bar
{
    private const string Eighths = " ▏▎▍▌▋▊▉█";

    /// <summary>A bar for a share between 0 and 1, at most <paramref name="width"/> characters; less than half an eighth of one shows nothing.</summary>
    public static string Of(double share, int width)
    {
        if (!(share > 0))
            return "";
        int eighths = (int)Math.Round(Math.Min(share, 1) * width * 8);
        string whole = new('█', eighths / 8);
        return eighths % 8 == 0 ? whole : whole + Eighths[eighths % 8];
    }
}
