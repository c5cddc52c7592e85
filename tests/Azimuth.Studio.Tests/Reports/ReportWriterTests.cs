using System.Text.Json;
using Azimuth.Embeddings;
using Azimuth.Studio.Reports;

namespace Azimuth.Studio.Tests.Reports;

[Collection(ReportCollection.Name)]
public class ReportWriterTests(ReportFixture fixture)
{
    private const string Opening = "<script type=\"application/json\" id=\"report-data\">";

    public static readonly string[] Hostile =
        ["</script><script>window.broken=1</script>", "<!--<script>", "]]>", "\u2028\u2029", "\"quoted\" \\ 'x'", "<img src=x onerror=window.broken=1>", "\0\u0001\u001b[31m", "\u202Eevil", "${x}`", "🦊", "\ud800"];

    [Fact]
    public void The_file_stays_under_six_megabytes() => Assert.InRange(fixture.Size, 500_000, 6_000_000);

    [Fact]
    public void The_written_file_is_the_page_with_its_data() => Assert.Equal(ReportWriter.ToHtml(fixture.Report), File.ReadAllText(fixture.Page));

    [Fact]
    public void No_token_text_can_end_the_data_element()
    {
        string html = ReportWriter.ToHtml(WithTexts(Hostile));

        string json = Data(html);
        Assert.DoesNotContain('<', json);
        Assert.DoesNotContain('\u2028', json);
        Assert.Equal(Count(ReportWriter.ToHtml(fixture.Report), "</script>"), Count(html, "</script>"));
    }

    [Fact]
    public void Token_texts_come_back_from_the_page_as_they_were()
    {
        using var json = JsonDocument.Parse(Data(ReportWriter.ToHtml(WithTexts(Hostile))));

        string[] texts = [.. json.RootElement.GetProperty("trace").GetProperty("tokens").EnumerateArray().Select(t => t.GetProperty("text").GetString()!)];
        // A lone surrogate is no text at all: the replacement character stands for it.
        Assert.Equal([.. Hostile[..^1], "\ufffd"], texts);
    }

    [Fact]
    public void Infinite_temperature_is_the_word_inf_and_other_non_numbers_are_null()
    {
        ReportData report = fixture.Report with { TargetRivalAngleDegrees = double.NaN };
        using var json = JsonDocument.Parse(ReportWriter.ToJson(report));

        JsonElement points = json.RootElement.GetProperty("trace").GetProperty("confidence");
        Assert.Equal("inf", points[points.GetArrayLength() - 1].GetProperty("temperature").GetString());
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("targetRivalAngleDegrees").ValueKind);
    }

    [Fact]
    public void Writing_replaces_the_old_file_and_leaves_nothing_else()
    {
        string folder = Directory.CreateDirectory(Path.Combine(fixture.Folder, "replace")).FullName;
        string path = Path.Combine(folder, "report.html");
        File.WriteAllText(path, "old");

        long size = ReportWriter.Write(fixture.Report, path);

        Assert.Equal(size, new FileInfo(path).Length);
        Assert.Equal([path], Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void A_folder_that_does_not_exist_is_named()
    {
        string path = Path.Combine(fixture.Folder, "missing", "report.html");

        var error = Assert.Throws<IOException>(() => ReportWriter.Write(fixture.Report, path));

        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains("does not exist", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.GetDirectoryName(path)));
    }

    [Fact]
    public void A_folder_in_the_place_of_the_file_is_named_and_kept()
    {
        string path = Directory.CreateDirectory(Path.Combine(fixture.Folder, "folder.html")).FullName;

        Assert.Contains(path, Assert.Throws<IOException>(() => ReportWriter.Write(fixture.Report, path)).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(path));
    }

    private ReportData WithTexts(IEnumerable<string> texts) =>
        fixture.Report with { Trace = fixture.Report.Trace with { Tokens = [.. texts.Select((text, id) => new TokenRef(id, text))] } };

    private static string Data(string html)
    {
        int start = html.IndexOf(Opening, StringComparison.Ordinal) + Opening.Length;
        return html[start..html.IndexOf("</script>", start, StringComparison.Ordinal)];
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
