namespace Azimuth.Hub;

/// <summary>A file of a model as its hub lists it.</summary>
/// <param name="Path">Relative, with slashes.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="Hash">64 hexadecimal digits: SHA-256 of its content (files in large file storage). 40: the SHA-1 that git gives it.</param>
public sealed record HubFile(string Path, long SizeBytes, string Hash)
{
    /// <summary>True where <see cref="Hash"/> is a SHA-256.</summary>
    internal bool IsSha256 => Hash.Length == 64;

    /// <summary>True for a text that can be a hash and nothing else, a path for example.</summary>
    internal static bool IsHash(string text) => text.Length is 40 or 64 && text.All(c => c is (>= '0' and <= '9') or (>= 'a' and <= 'f'));
}

/// <summary>What happened to a file.</summary>
public enum PulledState
{
    /// <summary>It was fetched whole.</summary>
    Downloaded,

    /// <summary>A part of it was there, the rest was fetched.</summary>
    Resumed,

    /// <summary>It was in the cache.</summary>
    Cached,
}

/// <summary>A file of a model in the cache.</summary>
/// <param name="Path">Relative to the model's folder, with slashes.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="Hash">As in <see cref="HubFile"/>; null where nothing was asked of a server.</param>
/// <param name="State">What happened to it.</param>
public sealed record PulledFile(string Path, long SizeBytes, string? Hash, PulledState State);

/// <summary>A model in the cache.</summary>
/// <param name="Repository">NAME or ORG/NAME.</param>
/// <param name="Revision">The branch, tag or commit that was asked for.</param>
/// <param name="Commit">The commit it stands for.</param>
/// <param name="Folder">The folder that holds the files under their own names.</param>
/// <param name="Files">What was asked for, by path.</param>
/// <param name="DownloadedBytes">Bytes that came over the network.</param>
public sealed record PulledModel(string Repository, string Revision, string Commit, string Folder, IReadOnlyList<PulledFile> Files, long DownloadedBytes);

/// <summary>How far a pull is.</summary>
/// <param name="File">The file at work, or what is being waited for.</param>
/// <param name="FileDone">Bytes of it that are there.</param>
/// <param name="FileSize">Its length.</param>
/// <param name="Done">Bytes of all files that are there.</param>
/// <param name="Total">Bytes of all files.</param>
/// <param name="Received">Bytes that came over the network; the rest of <paramref name="Done"/> was there.</param>
/// <param name="Remark">Something to be told beside the progress: why it is tried again, for example; or null.</param>
public readonly record struct HubProgress(string File, long FileDone, long FileSize, long Done, long Total, long Received, string? Remark);
