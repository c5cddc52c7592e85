namespace Azimuth.Checkpoints.Torch;

/// <summary>A storage as the pickle declares it.</summary>
/// <param name="Key">Its name in the file.</param>
/// <param name="Type">Of its numbers; null for bytes.</param>
/// <param name="SizeBytes">Its size.</param>
internal sealed record TorchStorage(string Key, TorchType? Type, long SizeBytes)
{
    public override string ToString() => "a storage";
}
