namespace Azimuth.Tokenization.Files;

/// <summary>The kind of a vocabulary entry, numbered as SentencePiece and GGUF both do.</summary>
internal enum PieceKind
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}
