namespace Azimuth.Checkpoints.Torch.Pickle;

/// <summary>What a pickle may name and call. Everything not listed by the implementation is refused there, by name; nothing is looked up anywhere else.</summary>
internal interface IPickleObjects
{
    /// <summary>The thing of this name.</summary>
    PickleValue Global(string module, string name);

    /// <summary>What a call gives.</summary>
    /// <param name="callable">From <see cref="Global"/>.</param>
    /// <param name="arguments">Its arguments.</param>
    PickleValue Call(PickleValue callable, PickleValue[] arguments);

    /// <summary>What lies outside the pickle under an identity.</summary>
    PickleValue Persistent(PickleValue identity);
}
