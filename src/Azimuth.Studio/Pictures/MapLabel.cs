namespace Azimuth.Studio.Pictures;

/// <summary>Why a token is named on a map.</summary>
public enum MapLabelKind
{
    /// <summary>It was asked about.</summary>
    Asked,

    /// <summary>It is a true neighbour of one that was.</summary>
    Neighbour,

    /// <summary>It helps to find one's way.</summary>
    Landmark,
}

/// <summary>A token named on a map.</summary>
/// <param name="Id">Row number; the row has a point.</param>
/// <param name="Text">Decoded text, blanks as they are.</param>
/// <param name="Kind">Why it is named.</param>
public sealed record MapLabel(int Id, string Text, MapLabelKind Kind);

/// <summary>What stands on a picture of a map besides its dots.</summary>
public sealed record MapPicture
{
    /// <summary>The model's or file's name.</summary>
    public required string Model { get; init; }

    /// <summary>Tokens named on it.</summary>
    public required IReadOnlyList<MapLabel> Labels { get; init; }

    /// <summary>Thin lines from a token to its true neighbours.</summary>
    public required IReadOnlyList<(int From, int To)> Lines { get; init; }
}
