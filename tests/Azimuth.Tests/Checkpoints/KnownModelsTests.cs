using Azimuth.Checkpoints;

namespace Azimuth.Tests.Checkpoints;

public sealed class KnownModelsTests
{
    [Fact]
    public void Both_bundled_models_are_listed_the_default_first()
    {
        var models = KnownModels.List([Path.Combine(TestFiles.Root, "models")]);
        Assert.Equal([("SmolLM2-135M-Instruct", "GGUF", 98_362_432L, true), ("novels-gpt", "safetensors", 7_017_680L, false)], models.Select(m => (m.Name, m.Format, m.SizeBytes, m.IsDefault)));
        Assert.StartsWith("A real language model of 135 million parameters", models[0].Description);
        Assert.StartsWith("GPT-2 architecture", models[1].Description);
    }

    [Fact]
    public void Names_resolve_in_any_case_nothing_means_the_default_and_paths_stay_paths()
    {
        string[] roots = [Path.Combine(TestFiles.Root, "models")];
        Assert.Equal(TestFiles.Model("SmolLM2-135M-Instruct"), KnownModels.Resolve(null, roots));
        Assert.Contains("found an empty text", Assert.Throws<CheckpointFormatException>(() => KnownModels.Resolve("", roots)).Message);
        Assert.Equal(TestFiles.Model("novels-gpt"), KnownModels.Resolve("NOVELS-GPT", roots));
        string path = Verdicts.PathOf("sharded", "safetensors");
        Assert.Equal(path, KnownModels.Resolve(path, roots));
    }

    [Fact]
    public void An_unknown_name_lists_the_known_ones_and_the_nearest()
    {
        var error = Assert.Throws<CheckpointFormatException>(() => KnownModels.Resolve("novel-gpt", [Path.Combine(TestFiles.Root, "models")]));
        Assert.Contains("The known models are SmolLM2-135M-Instruct, novels-gpt; the nearest is novels-gpt", error.Message);
        using var empty = new TemporaryFolder();
        Assert.Contains("AZIMUTH_MODELS", Assert.Throws<CheckpointFormatException>(() => KnownModels.Resolve("novels-gpt", [empty.Path])).Message);
    }

    [Fact]
    public void The_configured_folder_comes_first_then_the_programs_and_those_above_it()
    {
        using var folder = new TemporaryFolder();
        string program = Directory.CreateDirectory(folder.File("a/b")).FullName;
        var roots = KnownModels.Roots(folder.File("mine"), program);
        Assert.Equal([folder.File("mine"), Path.Combine(program, "models"), folder.File("a/models"), folder.File("models")], roots.Take(4));
        foreach (string root in new[] { "mine", "a/models" })
        {
            Directory.CreateDirectory(folder.File($"{root}/m"));
            File.Copy(Verdicts.PathOf("gguf", "ok/nothing.gguf"), folder.File($"{root}/m/m.gguf"));
        }

        Directory.CreateDirectory(folder.File("mine/empty"));
        Assert.Equal(folder.File("mine/m"), Assert.Single(KnownModels.List(roots.Take(3))).Path);
    }
}
