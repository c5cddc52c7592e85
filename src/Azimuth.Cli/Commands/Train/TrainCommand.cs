using Azimuth.Cli.CommandLine;

namespace Azimuth.Cli.Commands.Train;

/// <summary><c>azimuth train</c>: everything that learns.</summary>
internal static class TrainCommand
{
    public static Verb Create() => Verb.Group(
        "train", "Trains word vectors, tokenizers and small language models, with the geometry in sight while it forms.",
        TrainWord2VecCommand.Create(), TrainGloveCommand.Create(), TrainTokenizerCommand.Create(), TrainLmCommand.Create());
}
