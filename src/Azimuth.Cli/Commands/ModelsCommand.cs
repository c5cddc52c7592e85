using Azimuth.Checkpoints;
using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Embeddings;

namespace Azimuth.Cli.Commands;

/// <summary><c>azimuth models</c>: the models that can be named instead of given by path.</summary>
internal static class ModelsCommand
{
    public static Verb Create() => Verb.Create(
        "models",
        "Lists the models that can be given to --model by name: those in the folder AZIMUTH_MODELS, where that is set, and beside the program, then those in the hub's cache (HF_HUB_CACHE, HF_HOME), whoever fetched them.",
        [],
        Run,
        new("azimuth models", "the bundled models and those in the hub's cache"),
        new("azimuth models --json", "with their paths, for scripts")).WithoutModel("since all are listed and `azimuth inspect` shows one");

    private static Task<int> Run(Session session)
    {
        IReadOnlyList<KnownModel> models = KnownModels.List();
        return session.Show(null, new Conventions(), new { Models = models }, screen =>
        {
            if (models.Count == 0)
            {
                screen.Line("No models were found. Set AZIMUTH_MODELS to the folder that holds them, fetch one with `azimuth pull`, or give --model a path.");
                return;
            }

            foreach (KnownModel model in models)
            {
                screen.Heading(model.Name + (model.IsDefault ? ", used when --model is left out" : ""));
                screen.Facts(
                    ("what", model.Description.Length == 0 ? "no README.md says" : model.Description),
                    ("weights", $"{model.Format}, {Numbers.Bytes(model.SizeBytes)}"),
                    ("folder", model.Path));
            }
        });
    }
}
