namespace Azimuth.Cli.Tests;

/// <summary>Files that are read are never written over.</summary>
public sealed class OutputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("trace -m model --prompt hi --save-activations model/model.safetensors")]
    [InlineData("unreachable -m model --certificates model/config.json")]
    [InlineData("quantize -m model --type f16 --part tables -o model/model.safetensors")]
    [InlineData("export -m model -o model/merges.txt --format word2vec")]
    [InlineData("export -m vectors.npy -o link.npy")]
    [InlineData("convert vectors.npy link.npy")]
    [InlineData("align vectors.npy vectors.npy -o vectors.npy")]
    [InlineData("drift vectors.csv vectors.csv -o ./vectors.csv")]
    [InlineData("map -m vectors.csv -o vectors.csv")]
    public async Task An_output_that_is_an_input_is_refused(string line)
    {
        string model = Directory.CreateDirectory(_folder["model"]).FullName;
        foreach (string file in Directory.GetFiles(TestFiles.Model("novels-gpt")))
            File.Copy(file, Path.Combine(model, Path.GetFileName(file)));
        File.Copy(TestFiles.Fixture("word-vectors", "f32.npy"), _folder["vectors.npy"]);
        File.WriteAllText(_folder["vectors.csv"], "token,v0,v1\na,1,0\nb,0,1\nc,1,1\n");
        File.CreateSymbolicLink(_folder["link.npy"], _folder["vectors.npy"]);
        Dictionary<string, long> before = Sizes();
        string sentence = (await CliProcess.RunShellAsync(_folder.Path, "azimuth " + line)).Refusal();
        Assert.Contains("expected another file than those that are read", sentence, StringComparison.Ordinal);
        Assert.Equal(before, Sizes());
    }

    private Dictionary<string, long> Sizes() =>
        Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories).ToDictionary(file => file, file => new FileInfo(file).Length);
}
