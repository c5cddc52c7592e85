using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Azimuth.Hub;
using Azimuth.Tests.Checkpoints.WordVectors;

namespace Azimuth.Tests.Hub;

/// <summary>
/// Answers whose heads and bodies are damaged end in a model whose files have the hashes that were listed, or in one <see cref="HubException"/>: no other exception, nothing
/// outside the cache, no final name for content of another hash. A fortieth of AZIMUTH_FUZZ says how many pulls.
/// </summary>
public sealed class HubMutationTests : HubTest
{
    private const int Usual = 3000, Share = 40;

    [Fact]
    public async Task Damaged_answers_do_no_harm()
    {
        int count = Math.Max(1, (int.TryParse(Environment.GetEnvironmentVariable("AZIMUTH_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out int asked) ? asked : Usual) / Share);
        byte[][] lent = [.. new[] { "../../x", "/etc/passwd", "..\\x", "C:\\", "\0", "file:///", "http://127.0.0.1:1/", "Location: ", "\r\n\r\n", "Content-Length: 99999999999\r\n", "Transfer-Encoding: chunked\r\n", "Content-Encoding: gzip\r\n", "\\ud800" }.Select(Encoding.UTF8.GetBytes)];
        Server.Add("org/tiny", Model(2000));
        (int whole, int refused) = (0, 0);
        for (int i = 0; i < count; i++)
        {
            Mutations mutations = new(i);
            int damaged = i % 11, seen = 0;
            bool heads = i % 2 == 0;
            // One answer of a pull is damaged: which one, and whether its head or its body, goes round.
            Server.Damage = (bytes, head) => head == heads && Interlocked.Increment(ref seen) == damaged + 1 ? mutations.Of(bytes, lent) : bytes;
            try
            {
                PulledModel pulled = await PullAsync(options: Options with { IdleTimeout = TimeSpan.FromSeconds(0.5), Attempts = 2, Connections = 1, FirstPause = TimeSpan.Zero });
                Assert.Equal(pulled.Files.Count, pulled.Files.Count(file => HubServer.HashOf(file.Hash!.Length == 64 ? ".bin" : "", File.ReadAllBytes(Path.Combine(pulled.Folder, file.Path))) == file.Hash));
                whole++;
            }
            catch (HubException e)
            {
                Assert.NotEqual("CacheNotWritable", e.Kind);
                refused++;
            }

            Assert.Equal(Directory.Exists(Cache) ? [Cache] : [], Directory.GetFileSystemEntries(Folder.Path));
            foreach (string blob in Directory.Exists(Cache) ? Directory.GetFiles(Cache, "*", SearchOption.AllDirectories).Where(f => f.Contains("/blobs/", StringComparison.Ordinal) && !f.EndsWith(".incomplete", StringComparison.Ordinal)) : [])
                Assert.Equal(Path.GetFileName(blob), HubServer.HashOf(Path.GetFileName(blob).Length == SHA256.HashSizeInBytes * 2 ? ".bin" : "", File.ReadAllBytes(blob)));
            if (Directory.Exists(Cache))
                Directory.Delete(Cache, recursive: true);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{count} pulls, {whole} whole, {refused} refused");
        Assert.InRange(whole, 1, count - 1);
        Assert.InRange(refused, 1, count - 1);
    }
}
