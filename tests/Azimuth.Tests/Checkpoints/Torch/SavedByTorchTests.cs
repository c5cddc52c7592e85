using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Torch;
using Azimuth.Numerics;

namespace Azimuth.Tests.Checkpoints.Torch;

/// <summary>PyTorch itself saves views, parameters, modules and nested dictionaries in both forms; what is read equals what it says it saved, byte for byte.</summary>
public sealed class SavedByTorchTests
{
    private const int Files = 150;
    private const string Python = "/usr/bin/python3";

    [Fact]
    public void What_torch_saves_is_read_byte_for_byte()
    {
        using var folder = new TemporaryFolder();
        string script = Path.Combine(TestFiles.Root, "tests", "Azimuth.Tests", "Checkpoints", "Torch", "save_with_torch.py");
        Assert.SkipUnless(File.Exists(Python), $"there is no {Python} to run PyTorch with");
        Assert.SkipUnless(Run("-c", "import torch").Code == 0, $"{Python} has no PyTorch");
        var (code, error) = Run(script, folder.Path, Files.ToString(CultureInfo.InvariantCulture));
        Assert.True(code == 0, error);
        (int tensors, int copied) = (0, 0);
        Dictionary<string, int> formats = [];
        for (int i = 0; i < Files; i++)
        {
            var torch = TorchFile.Open(folder.File(FormattableString.Invariant($"{i}.pt")));
            formats[torch.Format] = formats.GetValueOrDefault(torch.Format) + 1;
            byte[] file = File.ReadAllBytes(torch.Path);
            using var expected = JsonDocument.Parse(File.ReadAllText(torch.Path + ".json"));
            Assert.Equal(expected.RootElement.EnumerateObject().Select(p => p.Name), torch.Tensors.Select(t => t.Name));
            foreach (TensorInfo tensor in torch.Tensors)
            {
                JsonElement described = expected.RootElement.GetProperty(tensor.Name);
                Assert.Equal(described.GetProperty("dtype").GetString(), "torch." + NameOf(tensor.Type!.Value));
                Assert.Equal(described.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64()), tensor.Shape);
                byte[] bytes = torch.Bytes(tensor.Name).Span(0, (int)tensor.SizeBytes).ToArray();
                Assert.True(described.GetProperty("bytes").GetString() == Convert.ToHexStringLower(bytes), $"{i}.pt: {tensor.Name}");
                tensors++;
                copied += tensor.Offset + tensor.SizeBytes > file.Length || !file.AsSpan((int)tensor.Offset, bytes.Length).SequenceEqual(bytes) ? 1 : 0;
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{tensors} tensors in {string.Join(", ", formats.Select(f => $"{f.Value} files of {f.Key}"))}, {copied} of them in another order than in the file");
        Assert.Equal(["PyTorch", "PyTorch before 1.6"], formats.Keys.Order(StringComparer.Ordinal));
        Assert.InRange(copied, 50, tensors);
    }

    private static string NameOf(TensorType type) => type switch
    {
        TensorType.F32 => "float32",
        TensorType.F64 => "float64",
        TensorType.F16 => "float16",
        TensorType.BF16 => "bfloat16",
        TensorType.I64 => "int64",
        TensorType.I32 => "int32",
        TensorType.I16 => "int16",
        TensorType.I8 => "int8",
        TensorType.U8 => "uint8",
        _ => type.ToString().ToLowerInvariant(),
    };

    private static (int Code, string Error) Run(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Python, arguments) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error);
    }
}
