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
        "Lists the models that can be given to --model by name. They are looked for in the folder AZIMUTH_MODELS, where that is set, then beside the program.",
        [],
        Run,
        new("azimuth models", "the bundled models"),
        new("azimuth models --json", "with their paths, for scripts"));

    private static Task<int> Run(Session session)
    {
        if (session.ModelName is not null)
            throw new UsageException("azimuth models: expected no --model, since it lists them; `azimuth inspect` shows one.");
        IReadOnlyList<KnownModel> models = KnownModels.List();
        return session.Show(null, new Conventions(), new { Models = models }, screen =>
        {
            if (models.Count == 0)
            {
                screen.Line("No bundled models were found. Set AZIMUTH_MODELS to the folder that holds them, or give --model a path.");
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
