using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using Azimuth.Checkpoints;
using Azimuth.Tests.Checkpoints;
using Azimuth.Tests.Checkpoints.WordVectors;
using Azimuth.Training;

namespace Azimuth.Tests.Training;

/// <summary>A run deletes nothing that it has not made, and says in a sentence what is wrong with its folder.</summary>
public sealed class RunFolderTests : IDisposable
{
    private const string Reading = """{"step":1,"stage":"s","done":0.1,"unit":"u","items":1,"seconds":1}""";
    private static readonly TrainingRecipe Recipe = new("sum", new JsonObject { ["seed"] = 1 });
    private readonly string _above = Directory.CreateTempSubdirectory("azimuth").FullName;

    private string Folder => Path.Combine(_above, "run");

    private string Log => Path.Combine(Folder, "log.jsonl");

    public void Dispose() => Directory.Delete(_above, recursive: true);

    [Theory]
    [InlineData("run.lock", "pid 17")]
    [InlineData("run.lock", "", "notes.txt")]
    [InlineData(".azimuth-abc.tmp", "half", "notes.txt")]
    public void A_folder_that_is_refused_is_left_as_it_was(string name, string content, string? beside = null)
    {
        Directory.CreateDirectory(Folder);
        File.WriteAllText(Path.Combine(Folder, name), content);
        if (beside is not null)
            File.WriteAllText(Path.Combine(Folder, beside), "mine");
        Assert.Contains("found one with files in it", Assert.Throws<IOException>(() => TrainingRun.Begin(Folder, Recipe)).Message, StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllText(Path.Combine(Folder, name)));
        Assert.Equal(beside is null ? 1 : 2, Directory.GetFiles(Folder).Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_run_that_comes_to_nothing_takes_away_what_it_made_and_no_more(bool isThere)
    {
        if (isThere)
            Directory.CreateDirectory(Folder);
        var run = TrainingRun.Begin(Folder, Recipe);
        File.WriteAllText(Path.Combine(Folder, "corpus.ids"), "1");
        Directory.CreateDirectory(Path.Combine(Folder, "converted"));
        run.Abandon();
        Assert.Equal(isThere, Directory.Exists(Folder));
        Assert.DoesNotContain(Directory.GetFileSystemEntries(_above, "*", SearchOption.AllDirectories), path => path != Folder);
    }

    [Fact]
    public void What_the_user_puts_beside_a_run_stays_when_it_comes_to_nothing()
    {
        var run = TrainingRun.Begin(Folder, Recipe);
        File.WriteAllText(Path.Combine(Folder, "notes.txt"), "mine");
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(Folder, "step-by-step")).FullName, "plan.txt"), "mine");
        run.Abandon();
        Assert.Equal(["notes.txt", "step-by-step"], Directory.GetFileSystemEntries(Folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Folders_that_somebody_else_called_steps_are_no_states_and_stay()
    {
        string[] mine = ["step-5", "step-100", "step-000000001", "step-1.azimuth-unfinished-mine"];
        using (var run = TrainingRun.Begin(Folder, Recipe))
        {
            foreach (string name in mine)
                File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(Folder, name)).FullName, name.Length == 14 ? "notes.txt" : "place.json"), """{"seconds":1}""");
            for (int step = 2; step < 6; step++)
                run.Save(step, () => step, folder => File.WriteAllText(Path.Combine(folder, "a"), "whole"));
        }

        using (var run = TrainingRun.Resume(Folder, Recipe))
            Assert.Equal((Path.Combine(Folder, "step-000000005"), 5.0), (run.Newest, run.SecondsBefore));
        Assert.Equal([.. mine.Append("step-000000004").Append("step-000000005").Order(StringComparer.Ordinal)], Directory.GetDirectories(Folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void An_old_state_that_is_half_deleted_is_none()
    {
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess)
            Assert.Skip("a folder from which nothing can be deleted takes Unix and no privileges");
        using var run = TrainingRun.Begin(Folder, Recipe, keep: 1);
        run.Save(1, () => 1, folder => File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "inner")).FullName, "a"), "whole"));
        string inner = Path.Combine(Folder, "step-000000001", "inner");
        File.SetUnixFileMode(inner, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.Contains("the old state cannot be deleted", Assert.Throws<IOException>(() => run.Save(2, () => 2, _ => { })).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(Folder, "step-000000001")));
        string left = Assert.Single(Directory.GetDirectories(Folder, "step-000000001.azimuth-unfinished-*"));
        File.SetUnixFileMode(Path.Combine(left, "inner"), UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
    }

    [Fact]
    public void The_lock_stays_the_same_file_so_that_two_never_hold_one_each()
    {
        using (TrainingRun.Begin(Folder, Recipe))
            Assert.Contains("another process is training there", Assert.Throws<IOException>(() => TrainingRun.Resume(Folder, Recipe)).Message, StringComparison.Ordinal);
        Assert.Equal(0, new FileInfo(Path.Combine(Folder, "run.lock")).Length);
        TrainingRun.Resume(Folder, Recipe).Dispose();
    }

    [Fact]
    public void A_lock_that_cannot_be_made_is_not_taken_for_another_process()
    {
        using (TrainingRun.Begin(Folder, Recipe))
        {
        }

        File.Delete(Path.Combine(Folder, "run.lock"));
        Directory.CreateDirectory(Path.Combine(Folder, "run.lock"));
        string message = Assert.Throws<IOException>(() => TrainingRun.Resume(Folder, Recipe)).Message;
        Assert.DoesNotContain("another process", message, StringComparison.Ordinal);
        Assert.Contains("run.lock: it cannot be written", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_disk_before_the_first_state_promises_none()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("only Linux has a device that is always full");
        using var run = TrainingRun.Begin(Folder, Recipe);
        Assert.EndsWith("the disk is full. Make room and begin again", Assert.Throws<IOException>(() => run.Save(6, () => 2, _ => AtomicFolderTests.FillDisk(null))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"seconds":"x"}""")]
    [InlineData("""{"seconds":-1}""")]
    [InlineData("""{"seconds":1e999}""")]
    [InlineData("""{"seconds":null}""")]
    [InlineData("{}")]
    public void A_damaged_place_is_named(string place)
    {
        using (var run = TrainingRun.Begin(Folder, Recipe))
            run.Save(3, () => 1, _ => { });
        string path = Path.Combine(Folder, "step-000000003", "place.json");
        File.WriteAllText(path, place);
        Assert.StartsWith($"{path}: expected \"seconds\" as a number of at least 0", Assert.Throws<CheckpointFormatException>(() => TrainingRun.Resume(Folder, Recipe)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_of_files_that_changed_is_named_by_its_first_difference()
    {
        static TrainingRecipe Of(int count, int changed) =>
            new("sum", new JsonObject { ["corpus"] = new JsonArray([.. Enumerable.Range(0, count).Select(i => (JsonNode)$"{i}.txt ({(i == changed ? 2 : 1)} bytes)")]) });
        using (TrainingRun.Begin(Folder, Of(3000, -1)))
        {
        }

        string message = Assert.Throws<CheckpointFormatException>(() => TrainingRun.Resume(Folder, Of(2999, 1700))).Message;
        Assert.Contains("corpus of 3000, number 1701 \"1700.txt (1 bytes)\", found 2999, number 1701 \"1700.txt (2 bytes)\"", message, StringComparison.Ordinal);
        Assert.True(message.Length < 400, message);
        Assert.Contains("number 3000 \"2999.txt (1 bytes)\", found 2999, number 3000 none", Assert.Throws<CheckpointFormatException>(() => TrainingRun.Resume(Folder, Of(2999, -1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_state_is_not_to_be_downloaded()
    {
        using var folder = new TemporaryFolder();
        string values = folder.Write("state.json", "");
        foreach (string tensors in new[] { "", "12345678abc" })
        {
            foreach (string json in new[] { "", "{", "{}" })
            {
                File.WriteAllText(values, json);
                folder.Write("state.safetensors", tensors);
                string message = Assert.Throws<CheckpointFormatException>(() => TrainingState.Open(Path.GetDirectoryName(values)!)).Message;
                Assert.DoesNotContain("ownload", message, StringComparison.Ordinal);
                Assert.EndsWith("Delete the folder to go on from the state before it", message.TrimEnd('.'), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void A_run_is_finished_while_its_result_stands_where_it_was_written()
    {
        string result = Path.Combine(_above, "vectors.bin");
        using (var run = TrainingRun.Begin(Folder, Recipe))
        {
            File.WriteAllText(result, "1");
            Assert.Null(TrainingRun.FinishedSteps(Folder, result));
            run.Finish(result, 12);
        }

        Assert.Equal(12, TrainingRun.FinishedSteps(Folder, result));
        File.Copy(result, result + "2");
        Assert.Null(TrainingRun.FinishedSteps(Folder, result + "2"));
        File.Delete(result);
        Assert.Null(TrainingRun.FinishedSteps(Folder, result));
        File.WriteAllText(result, "1");
        File.WriteAllText(Path.Combine(Folder, "result.json"), "{");
        Assert.Null(TrainingRun.FinishedSteps(Folder, result));
    }

    [Fact]
    public void What_the_settings_came_to_stands_in_the_log_and_is_not_asked_for_again()
    {
        using (var run = TrainingRun.Begin(Folder, Recipe))
        {
            run.Save(1, () => 1, _ => { });
            File.AppendAllLines(Log, [Reading]);
            run.Describe(new JsonObject { ["rate"] = 0.003 });
        }

        TrainingRun.Resume(Folder, Recipe).Dispose();
        TrainingLog log = TrainingLog.Read(Folder);
        Assert.Equal(0.003, (double?)log.Recipe.Effective?["rate"]);
        Assert.Single(log.Readings);
    }

    [Theory]
    [InlineData("""{"step":"5"}""", "\"5\"")]
    [InlineData("""{"step":-1}""", "-1")]
    [InlineData("""{"step":11}""", "11")]
    [InlineData("""{"step":1.5}""", "1.5")]
    [InlineData("""{"step":[1]}""", "[1]")]
    [InlineData("""{"step":9223372036854775808}""", "9223372036854775808")]
    [InlineData("{}", "none")]
    public void A_value_of_another_kind_or_out_of_bounds_is_named(string json, string found)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("state.json", json);
        Assert.Equal($"{path}: expected \"step\" as a whole number from 0 to 10, found {found}. Delete the folder to go on from the state before it",
            Assert.Throws<CheckpointFormatException>(() => StateValues.Read(path).Number("step", 10)).Message.TrimEnd('.'));
    }

    [Theory]
    [InlineData("""{"training":"sum","training":"sum","settings":{"seed":1}}""")]
    [InlineData("""{"training":"sum","settings":{"seed":1,"seed":1}}""")]
    [InlineData("""{"training":"sum","settings":{"seed":"\ud800"}}""")]
    [InlineData("""{"training":"sum","settings":{"seed":1},"effective":[]}""")]
    [InlineData("""{"training":5,"settings":{"seed":1}}""")]
    [InlineData("""{"training":"sum","settings":null}""")]
    [InlineData("")]
    public void A_damaged_first_line_is_refused(string header)
    {
        using (TrainingRun.Begin(Folder, Recipe))
        {
        }

        File.WriteAllText(Log, header + "\n");
        Assert.Contains("expected a training log", Assert.Throws<CheckpointFormatException>(() => TrainingRun.Resume(Folder, Recipe)).Message, StringComparison.Ordinal);
        Assert.Contains("expected a training log", Assert.Throws<CheckpointFormatException>(() => TrainingLog.Read(Folder)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"stage\":\"s\"", "\"stage\":null")]
    [InlineData("\"unit\":\"u\"", "\"unit\":null")]
    [InlineData("\"step\":1", "\"step\":-1")]
    [InlineData("\"step\":1", "\"step\":1,\"step\":2")]
    [InlineData("\"seconds\":1", "\"table\":{\"rows\":1,\"normMean\":1,\"normQuantiles\":null,\"meanPairwiseCosine\":0,\"isoScore\":null,\"neighbors\":[]}")]
    [InlineData("\"seconds\":1", "\"table\":{\"rows\":1,\"normMean\":1,\"normQuantiles\":{},\"meanPairwiseCosine\":0,\"isoScore\":null,\"neighbors\":null}")]
    [InlineData("\"seconds\":1", "\"table\":{\"rows\":1,\"normMean\":1,\"normQuantiles\":{},\"meanPairwiseCosine\":0,\"isoScore\":null,\"neighbors\":[null]}")]
    [InlineData("\"seconds\":1", "\"table\":{\"rows\":1,\"normMean\":1,\"normQuantiles\":{},\"meanPairwiseCosine\":0,\"isoScore\":null,\"neighbors\":[{\"word\":\"a\",\"nearest\":[null]}]}")]
    [InlineData("\"seconds\":1", "\"table\":{\"rows\":1,\"normMean\":1,\"normQuantiles\":{},\"meanPairwiseCosine\":0,\"isoScore\":null,\"neighbors\":[{\"word\":null,\"nearest\":[]}]}")]
    public void A_damaged_reading_is_named_by_its_line(string whole, string damaged)
    {
        using (TrainingRun.Begin(Folder, Recipe))
            File.AppendAllLines(Log, [Reading, Reading.Replace(whole, damaged, StringComparison.Ordinal), Reading]);
        Assert.Contains("in line 3, found another text", Assert.Throws<CheckpointFormatException>(() => TrainingLog.Read(Folder)).Message, StringComparison.Ordinal);
        File.WriteAllLines(Log, [File.ReadLines(Log).First(), Reading, Reading]);
        Assert.Equal(2, TrainingLog.Read(Folder).Readings.Count);
    }
}
