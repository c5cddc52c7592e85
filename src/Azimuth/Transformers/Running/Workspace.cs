namespace Azimuth.Transformers.Running;

/// <summary>Buffers of a run, kept between calls so that a decoded token allocates nothing. One run at a time.</summary>
internal sealed class Workspace
{
}
