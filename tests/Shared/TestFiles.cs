namespace Azimuth.Testing;

/// <summary>Where tests find their files. Fixtures are part of the repository; the folder <c>shared</c> beside it may be absent.</summary>
internal static class TestFiles
{
    /// <summary>The folder that holds Azimuth.slnx.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A file or folder under tests/fixtures, which is part of the repository.</summary>
    public static string Fixture(params string[] parts)
    {
        string path = Path.Combine([Root, "tests", "fixtures", .. parts]);
        Assert.True(Path.Exists(path), $"the fixture {path} is missing from the checkout");
        return path;
    }

    /// <summary>A bundled model's folder.</summary>
    public static string Model(string name) => Path.Combine(Root, "models", name);

    /// <summary>The folder of the model whose numbers are in fixtures/trace/NAME.json; novels-gpt with the weights it had when they were computed.</summary>
    public static string Traced(string name) => name switch
    {
        "smollm2" => Model("SmolLM2-135M-Instruct"),
        "stories260K" => Shared("data", name),
        _ => Fixture("models", name),
    };

    /// <summary>A file or folder of the larger reference data beside the checkout; the test is skipped, saying so, where it is absent.</summary>
    public static string Shared(params string[] parts)
    {
        string path = Path.Combine([Root, "..", "shared", .. parts]);
        Assert.SkipUnless(Path.Exists(path), $"reference data {Path.Combine(parts)} is not beside this checkout");
        return Path.GetFullPath(path);
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Azimuth.slnx")))
                return at.FullName;
        }

        throw new InvalidOperationException("Azimuth.slnx was not found above the test's own folder");
    }
}
