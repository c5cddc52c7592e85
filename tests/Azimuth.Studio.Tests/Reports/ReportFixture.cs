using Azimuth.Numerics;
using Azimuth.Studio.Reports;
using Azimuth.Transformers;

namespace Azimuth.Studio.Tests.Reports;

/// <summary>One report of the small bundled model, measured once for all tests and written to a folder of its own.</summary>
public sealed class ReportFixture : IDisposable
{
    public const string Prompt = "When Mary and John came to the door, John gave a letter to";

    private readonly Workers _workers = new(2);

    public ReportFixture()
    {
        Folder = Directory.CreateTempSubdirectory("azimuth-report-").FullName;
        Model = LanguageModel.Load(TestFiles.Traced("novels-gpt"), _workers);
        var tokenizer = Model.Tokenizer ?? throw new InvalidOperationException("novels-gpt has no tokenizer");
        Options = new ReportOptions
        {
            Text = Prompt,
            Ids = tokenizer.Encode(Prompt).Ids,
            BeginTokenAdded = tokenizer.AddsBeginToken,
            Target = tokenizer.Encode(" Mary", addSpecialTokens: false).Ids[0],
            Rival = tokenizer.Encode(" John", addSpecialTokens: false).Ids[0],
        };
        Report = ReportBuilder.Build(Model, Options, new Steps(this));
        Page = Path.Combine(Folder, "report.html");
        Size = ReportWriter.Write(Report, Page);
    }

    public LanguageModel Model { get; }

    public ReportOptions Options { get; }

    public ReportData Report { get; }

    public IReadOnlyList<ReportProgress> Progress => _progress;

    public string Folder { get; }

    public string Page { get; }

    public long Size { get; }

    private readonly List<ReportProgress> _progress = [];

    public void Dispose()
    {
        _workers.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private sealed class Steps(ReportFixture fixture) : IProgress<ReportProgress>
    {
        public void Report(ReportProgress value) => fixture._progress.Add(value);
    }
}

[CollectionDefinition(Name)]
public sealed class ReportCollection : ICollectionFixture<ReportFixture>, ICollectionFixture<Browser.ChromiumFixture>
{
    public const string Name = "report of novels-gpt";
}
