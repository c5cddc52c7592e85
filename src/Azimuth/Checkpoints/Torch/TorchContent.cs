using Azimuth.Checkpoints.Torch.Pickle;

namespace Azimuth.Checkpoints.Torch;

/// <summary>What a file of either form holds.</summary>
/// <param name="Format">"PyTorch" or "PyTorch before 1.6".</param>
/// <param name="Root">The object that was saved.</param>
/// <param name="Records">Every storage that the object declares, by key, each of its declared size.</param>
/// <param name="IsBigEndian">True when every number's bytes are swapped.</param>
/// <param name="Remarks">What does not stop the reading.</param>
internal sealed record TorchContent(string Format, PickleValue Root, IReadOnlyDictionary<string, StorageRecord> Records, bool IsBigEndian, IReadOnlyList<string> Remarks);
