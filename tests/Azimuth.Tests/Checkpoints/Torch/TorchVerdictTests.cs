using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Checkpoints.Torch;

namespace Azimuth.Tests.Checkpoints.Torch;

/// <summary>Good files hold what the reference implementation reads, bad ones are refused by name, strange ones do no harm.</summary>
public sealed class TorchVerdictTests
{
    /// <summary>The strange files that open, with what they warn of; all others are refused.</summary>
    private static readonly Dictionary<string, string?> Opened = new(StringComparer.Ordinal)
    {
        ["float8"] = null,
        ["uint16-32-64"] = null,
        ["protocol-1"] = null,
        ["bytes-in-metadata"] = null,
        ["set-in-metadata"] = null,
        ["two-state-dicts"] = "left out: ema_state_dict",
        ["flat-and-nested"] = "left out: ",
        ["duplicate-key"] = null,
        ["deep-list"] = null,
        ["deep-tuple"] = null,
        ["self-reference"] = null,
        ["doubling-tuples"] = null,
        ["memo-index-huge"] = null,
        ["long1-255-bytes"] = null,
        ["zip-crc-mismatch"] = null,
    };

    public static TheoryData<string> Good => Verdicts.Files("torch", "ok");

    public static TheoryData<string> Bad => Verdicts.Files("torch", "refuse");

    public static TheoryData<string> Strange => Verdicts.Files("torch", "survive");

    [Fact]
    public void The_verdicts_cover_32_good_112_bad_and_28_strange_files() =>
        Assert.Equal((32, 112, 28), (Good.Count, Bad.Count, Strange.Count));

    [Theory]
    [MemberData(nameof(Good))]
    public void Good_files_hold_what_is_expected(string file)
    {
        var torch = Verdicts.Bounded(Verdicts.PathOf("torch", file), path =>
        {
            var opened = TorchFile.Open(path);
            Verdicts.ReadAll(opened);
            return opened;
        });
        Assert.Empty(torch.Warnings);
        ShardedCheckpointTests.AssertEqual(SafetensorsFile.Open(Verdicts.PathOf("torch", Verdicts.Expected("torch", file).GetString()!)), torch);
    }

    [Fact]
    public void Every_bad_file_is_refused_and_the_message_names_the_file()
    {
        int refused = 0;
        foreach (string file in Bad.Select(row => row.Data))
        {
            CheckpointFormatException error = Refusal(file);
            Assert.Contains(Verdicts.PathOf("torch", file), error.Message);
            Assert.NotNull(error.Kind);
            refused++;
        }

        Assert.Equal(112, refused);
    }

    [Fact]
    public void Foreign_globals_are_refused_by_name()
    {
        int named = 0;
        foreach (var (file, why) in Verdicts.Reasons("torch", "refuse").Where(f => f.Why.StartsWith("names ", StringComparison.Ordinal)))
        {
            CheckpointFormatException error = Refusal(file);
            Assert.Equal("ForeignGlobal", error.Kind);
            Assert.Contains(why["names ".Length..].Split(':')[0].Trim(), error.Message);
            named++;
        }

        Assert.Equal(18, named);
    }

    [Theory]
    [InlineData("global-posix-system-inside", "ForeignGlobal", "posix.system")]
    [InlineData("global-dotted-name", "ForeignGlobal", "torch._utils.os.system")]
    [InlineData("global-prefix-trick", "ForeignGlobal", "collections_evil.OrderedDict")]
    [InlineData("global-name-suffix-trick", "ForeignGlobal", "torch.FloatStorageEvil")]
    [InlineData("global-not-a-storage", "ForeignGlobal", "torch.load")]
    [InlineData("stack-global-os", "ForeignGlobal", "os.system")]
    [InlineData("stack-global-memo", "ForeignGlobal", "system")]
    [InlineData("stack-global-not-strings", "BadPickle", "two texts")]
    [InlineData("inst-opcode", "ForeignGlobal", "os.system")]
    [InlineData("legacy-os-system", "ForeignGlobal", "os.system")]
    [InlineData("ext1-opcode", "BadPickle", "extension registry")]
    [InlineData("persid-text-opcode", "BadPickle", "opcode P of protocol 0")]
    [InlineData("protocol-0", "BadPickle", "of protocol 0")]
    [InlineData("build-on-tensor", "BadPickle", "a tensor")]
    [InlineData("reduce-args-not-tuple", "BadPickle", "a list")]
    [InlineData("persistent-id-short", "BadStorage", "a tuple of 3")]
    [InlineData("storage-key-traversal", "BadStorage", "../../data.pkl")]
    [InlineData("storage-missing", "BadStorage", "archive/data/7")]
    [InlineData("storage-record-shorter", "BadStorage", "expected 24 bytes of the storage 0, found 20")]
    [InlineData("negative-stride", "BadTensor", "[-3, 1]")]
    [InlineData("size-wraps-to-small", "BadTensor", "exceed 63 bits")]
    [InlineData("rank-mismatch", "BadTensor", "found 3 and 2")]
    [InlineData("pickle-empty", "BadPickle", "expected 1 bytes, found 0")]
    [InlineData("pickle-protocol-99", "BadPickle", "99")]
    [InlineData("long4-huge", "BadPickle", "2147483647")]
    [InlineData("binunicode8-huge", "BadPickle", "9223372036854775808")]
    [InlineData("invalid-utf8-name", "BadPickle", "UTF-8")]
    [InlineData("sparse-coo", "ForeignGlobal", "torch._utils._rebuild_sparse_tensor")]
    [InlineData("quantized", "ForeignGlobal", "torch._utils._rebuild_qtensor")]
    [InlineData("meta-tensor", "ForeignGlobal", "torch._utils._rebuild_meta_tensor_no_storage")]
    [InlineData("torchscript", "TorchScript", "TorchScript")]
    [InlineData("zip-two-roots", "SeveralPickles", "data.pkl")]
    [InlineData("zip-no-data-pkl", "PickleMissing", "data.pkl")]
    [InlineData("byteorder-unknown", "BadByteOrder", "middle")]
    [InlineData("zip-bomb-1gib", "TooLarge", "100-fold")]
    [InlineData("zip-bomb-record-larger", "BadStorage", "67108864")]
    [InlineData("legacy-truncated-at-1450", "BadStorage", "cut off")]
    [InlineData("legacy-wrong-magic", "NotTorch", "torch.save")]
    [InlineData("not-a-checkpoint-html", "NotTorch", "web page")]
    [InlineData("not-a-checkpoint-lfs-pointer", "NotTorch", "Git LFS pointer")]
    [InlineData("pickle-alone", "NotTorch", "Python pickle")]
    public void Refusals_name_the_thing(string file, string kind, string part)
    {
        CheckpointFormatException error = Refusal($"refuse/{file}.pt");
        Assert.Equal(kind, error.Kind);
        Assert.Contains(part, error.Message);
    }

    [Theory]
    [MemberData(nameof(Strange))]
    public void Strange_files_open_or_are_refused_as_documented(string file)
    {
        string name = Path.GetFileNameWithoutExtension(file);
        TorchFile? torch = null;
        var error = Record.Exception(() => Verdicts.Bounded(Verdicts.PathOf("torch", file), path =>
        {
            torch = TorchFile.Open(path);
            return Verdicts.ReadAll(torch);
        }));
        if (!Opened.TryGetValue(name, out string? warning))
        {
            Assert.IsType<CheckpointFormatException>(error);
            return;
        }

        Assert.Null(error);
        Assert.NotEmpty(torch!.Tensors);
        if (warning is null)
            Assert.Empty(torch.Warnings);
        else
            Assert.Contains(warning, Assert.Single(torch.Warnings));
    }

    [Theory]
    [InlineData("complex64", "torch.complex64")]
    [InlineData("parameter-with-attributes", "torch._utils._rebuild_parameter_with_state")]
    [InlineData("global-collections.Counter", "collections.Counter")]
    [InlineData("expanded-to-terabytes", "8796093022208")]
    [InlineData("not-a-checkpoint-safetensors", ".safetensors")]
    [InlineData("no-tensors", "no tensor under a name")]
    [InlineData("list-of-tensors", "found a list")]
    [InlineData("bare-tensor", "found a tensor")]
    public void Strange_files_are_refused_by_name(string file, string part) => Assert.Contains(part, Refusal($"survive/{file}.pt").Message);

    [Fact]
    public void Contiguous_tensors_stay_in_the_file_and_shared_storages_are_one()
    {
        string path = Verdicts.PathOf("torch", "ok/tied.pt");
        var tied = TorchFile.Open(path);
        byte[] file = File.ReadAllBytes(path);
        foreach (TensorInfo tensor in tied.Tensors)
            Assert.Equal(file[(int)tensor.Offset..(int)(tensor.Offset + tensor.SizeBytes)], tied.Bytes(tensor.Name).Span(0, (int)tensor.SizeBytes).ToArray());
        Assert.Equal(2, tied.Tensors.GroupBy(t => t.Offset).Max(g => g.Count()));
    }

    private static CheckpointFormatException Refusal(string file) =>
        Assert.Throws<CheckpointFormatException>(() => Verdicts.Bounded(Verdicts.PathOf("torch", file), TorchFile.Open));
}
