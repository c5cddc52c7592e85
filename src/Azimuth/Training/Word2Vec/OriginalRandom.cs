namespace Azimuth.Training.Word2Vec;

/// <summary>The generator of the original program: state · 25214903917 + 11 modulo 2⁶⁴. What matters is drawn from its upper bits, as the lower ones have short periods.</summary>
internal struct OriginalRandom(ulong state)
{
    private ulong _state = state;

    /// <summary>The next state.</summary>
    public ulong Next() => _state = unchecked(_state * 25214903917 + 11);

    /// <summary>By how much the next window is narrower than the widest: state modulo window.</summary>
    public int NextShrink(int window) => (int)(Next() % (uint)window);
}
