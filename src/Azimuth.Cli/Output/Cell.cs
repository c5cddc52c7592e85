namespace Azimuth.Cli.Output;

/// <summary>What a text on the screen stands for; colours follow roles and nothing else.</summary>
internal enum Role
{
    /// <summary>Nothing in particular.</summary>
    Plain,

    /// <summary>The token asked for as the next one.</summary>
    Target,

    /// <summary>The token it is compared with.</summary>
    Rival,

    /// <summary>The token asked about.</summary>
    Query,

    /// <summary>Attention heads.</summary>
    Attention,

    /// <summary>MLP blocks.</summary>
    Mlp,

    /// <summary>Secondary text.</summary>
    Dim,
}

/// <summary>Which side a column's texts stand at.</summary>
internal enum Side
{
    /// <summary>Texts.</summary>
    Left,

    /// <summary>Numbers, their points under each other.</summary>
    Right,
}

/// <summary>A column's heading and side.</summary>
internal sealed record Column(string Title, Side Side = Side.Left);

/// <summary>A text in a role.</summary>
internal sealed record Cell(string Text, Role Role = Role.Plain)
{
    public static implicit operator Cell(string text) => new(text);
}
