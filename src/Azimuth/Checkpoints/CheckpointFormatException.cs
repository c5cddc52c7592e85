namespace Azimuth.Checkpoints;

/// <summary>A file that is not what it should be. The message is one sentence: what, where, expected, found, what to do.</summary>
public sealed class CheckpointFormatException : Exception
{
    /// <summary>Makes the message "<paramref name="problem"/>" preceded by the tensor and the file.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="problem">Expected, found, what to do.</param>
    /// <param name="tensor">The tensor concerned, if one is.</param>
    /// <param name="offset">The byte concerned, if one is.</param>
    /// <param name="kind">A stable word for the kind of defect, such as <c>HeaderTooLarge</c>.</param>
    public CheckpointFormatException(string path, string problem, string? tensor = null, long? offset = null, string? kind = null)
        : base($"{(tensor is null ? "" : $"{tensor} in ")}{path}{(offset is null ? "" : FormattableString.Invariant($" at byte {offset}"))}: {problem}")
        => (Path, Tensor, Offset, Kind) = (path, tensor, offset, kind);

    /// <summary>The file or folder.</summary>
    public string Path { get; }

    /// <summary>The tensor concerned, or null.</summary>
    public string? Tensor { get; }

    /// <summary>The byte concerned, or null.</summary>
    public long? Offset { get; }

    /// <summary>A stable word for the kind of defect, or null.</summary>
    public string? Kind { get; }
}
