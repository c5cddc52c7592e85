using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;
using Azimuth.Training;

namespace Azimuth.Cli.Commands.Train;

/// <summary><c>--resume</c> of a run that is over and whose result stands: said in a sentence, and no failure.</summary>
internal static class FinishedRun
{
    /// <summary>Steps of the finished run that is to be gone on with; null where something is left to do.</summary>
    public static long? Steps(Session session, string output) => TrainOptions.Resumes(session) ? TrainingRun.FinishedSteps(TrainOptions.Folder(session, output), output) : null;

    /// <summary>Shows that nothing is to be done; null where something is.</summary>
    /// <param name="session">Of the command.</param>
    /// <param name="output">The result.</param>
    /// <param name="recipe">Other options than the run was begun with are refused here too.</param>
    /// <exception cref="UsageException">The run was begun with other options.</exception>
    public static Task<int>? Show(Session session, string output, TrainingRecipe recipe)
    {
        if (Steps(session, output) is not long steps)
            return null;
        string folder = TrainOptions.Folder(session, output);
        TrainOptions.OpenRun(session, output, recipe).Dispose();
        return session.Show(null, new Conventions(), new { Path = output, Run = folder, Steps = steps, Finished = true }, screen =>
            screen.Line($"{folder} is finished: {Plural.Of(steps, "step")}; its result is {output}; nothing to do."));
    }
}
