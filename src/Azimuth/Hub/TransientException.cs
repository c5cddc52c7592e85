namespace Azimuth.Hub;

/// <summary>A failure that may be gone at the next attempt.</summary>
/// <param name="message">What happened, as the middle of a sentence.</param>
/// <param name="wait">How long the server asks to wait, if it does.</param>
/// <param name="cause">What .NET said, if anything.</param>
internal sealed class TransientException(string message, TimeSpan? wait = null, Exception? cause = null) : Exception(message, cause)
{
    public TimeSpan? Wait { get; } = wait;
}
