using Azimuth.Cli.CommandLine;
using Azimuth.Numerics;
using Azimuth.Transformers;

namespace Azimuth.Cli.Commands;

/// <summary>The text on which two versions of a model are compared.</summary>
internal static class QuantizeText
{
    /// <summary>Prose, speech, numbers, a list and a piece of code: some of what a model may be asked to continue.</summary>
    private const string Own =
        """
        The harbour lay still that morning, and the boats that had gone out before dawn were only specks against the grey line of the sea. Old Martha, who had kept the
        lighthouse for forty years, counted them from the gallery: seven, eight, nine. "There should be ten," she said to the boy beside her, "and your father's is the one
        with the patched sail." He said nothing. He had learned that when she counted, it was better to wait until she had counted twice.

        In 1847 the harbour had been the third largest on the coast, with 212 vessels and a yearly trade of £48,350. Thirty years later the railway had taken most of it away.
        What remained was fish, and the people who could do nothing else; they mended their nets on the wall, sold what they caught by noon, and spoke of the weather as
        other people speak of their relations.

        Three things were needed to keep the light: oil, patience and a good memory. Oil came from the mainland every second Tuesday. Patience could be learned. But memory,
        Martha used to say, was given to some and not to others, and nobody had yet found out why.

        for i in range(10):
            total += counts[i] * weights[i]
        print(f"mean: {total / sum(weights):.3f}")

        What is the capital of France? The capital of France is Paris. What is the largest planet of the solar system? The largest planet is Jupiter, which is more than a thousand
        times the size of the Earth. "Well," said the captain at last, and he laid his hand upon the table, "if that is how the matter stands, we shall sail with the evening
        tide, whatever the owners may say of it."
        """;

    /// <summary>The ids of a file's text, or of the text above; drawn ids for a model without tokenizer.</summary>
    public static int[] Read(LanguageModel model, string? file, string where)
    {
        if (file is not null)
        {
            int[] ids = PromptInput.Encode(model, InputFile.ReadText(file, where), where).Ids;
            return ids.Length > 0 ? ids : throw new UsageException($"{where}: {file}: expected at least one token, found none.");
        }

        if (model.Tokenizer is not null)
            return PromptInput.Encode(model, Own, where).Ids;
        SeededRandom random = new(1);
        return [.. Enumerable.Range(0, 256).Select(_ => random.NextInt32(model.Config.VocabSize))];
    }
}
