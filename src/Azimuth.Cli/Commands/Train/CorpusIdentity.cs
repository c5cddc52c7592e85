using System.Text.Json.Nodes;
using Azimuth.Cli.CommandLine;
using Azimuth.Training.Corpora;

namespace Azimuth.Cli.Commands.Train;

/// <summary>What a run knows its corpus by.</summary>
internal static class CorpusIdentity
{
    /// <summary>Names and sizes of the files, which are kept from being written to; standard input cannot be looked at before it is read.</summary>
    public static JsonArray Of(Session session, string[] paths)
    {
        if (paths.Count(path => path == TextCorpus.StandardInput) > 1)
            throw new UsageException("CORPUS: expected - for standard input once, found it twice.");
        JsonArray identity = [];
        foreach (string path in paths)
        {
            if (path == TextCorpus.StandardInput)
            {
                identity.Add("standard input");
                continue;
            }

            TextCorpus corpus = TextCorpus.Open([path]);
            session.Outputs.Opened(corpus.Files);
            foreach (JsonNode? name in corpus.Identity)
                identity.Add(name!.DeepClone());
        }

        return identity;
    }
}
