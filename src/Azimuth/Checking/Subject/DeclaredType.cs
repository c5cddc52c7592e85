using Azimuth.Numerics;

namespace Azimuth.Checking;

/// <summary>The number type that config.json says the model is used in.</summary>
/// <param name="Type">F32, F16 or BF16.</param>
/// <param name="Name">As the file spells it.</param>
internal sealed record DeclaredType(TensorType Type, string Name)
{
    /// <summary>What <c>dtype</c>, or in older files <c>torch_dtype</c>, says; null where neither is one of the three.</summary>
    public static DeclaredType? Of(CheckSubject subject)
    {
        string? name = subject.Config.Value?.Text("dtype") ?? subject.Config.Value?.Text("torch_dtype");
        return name?.Replace("torch.", "", StringComparison.Ordinal) switch
        {
            "float32" => new DeclaredType(TensorType.F32, name),
            "float16" => new DeclaredType(TensorType.F16, name),
            "bfloat16" => new DeclaredType(TensorType.BF16, name),
            _ => null,
        };
    }
}
