namespace Azimuth.Cli.Output;

/// <summary>A count and what is counted: 1 row, 2,363 rows.</summary>
internal static class Plural
{
    public static string Of(long count, string one) => Of(count, one, one + "s");

    public static string Of(long count, string one, string many) => $"{Numbers.Count(count)} {(count == 1 ? one : many)}";
}
