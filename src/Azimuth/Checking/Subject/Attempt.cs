using Azimuth.Checkpoints;

namespace Azimuth.Checking;

/// <summary>Something read from a file: it is there, it is not there, or it could not be read.</summary>
/// <param name="Value">What was read, or null.</param>
/// <param name="Problem">Why it could not be read; null when it was, and when there is none.</param>
/// <param name="Kind">The error's stable word, if it has one.</param>
internal sealed record Attempt<T>(T? Value, string? Problem, string? Kind) where T : class
{
    /// <summary>True when there is none.</summary>
    public bool IsAbsent => Value is null && Problem is null;

    /// <summary>Why a rule that needs it cannot run.</summary>
    /// <param name="what">"the tokenizer".</param>
    public string Reason(string what) => Problem is not null ? $"the {what} cannot be read" : what.EndsWith('s') ? $"there are no {what}" : $"there is no {what}";
}

/// <summary>Reads files that may be damaged.</summary>
internal static class Attempt
{
    public static Attempt<T> Of<T>(Func<T?> read) where T : class
    {
        try
        {
            return new Attempt<T>(read(), null, null);
        }
        catch (CheckpointFormatException e)
        {
            return new Attempt<T>(null, e.Message, e.Kind);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OverflowException or InvalidDataException)
        {
            return new Attempt<T>(null, e.Message, null);
        }
    }
}
