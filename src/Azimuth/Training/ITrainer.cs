using System.Text.Json.Nodes;
using Azimuth.Embeddings;

namespace Azimuth.Training;

/// <summary>
/// Something that learns step by step: word vectors, a tokenizer, a language model. <see cref="TrainingLoop"/> drives it, logs it, saves it and stops it, the same way for all.
/// Between two calls of <see cref="Advance"/> its state is whole: what is saved there and opened again goes on bit for bit with as many threads.
/// </summary>
public interface ITrainer
{
    /// <summary>Steps done, in the trainer's own unit; grows with every <see cref="Advance"/> and names the saved states.</summary>
    long Step { get; }

    /// <summary>True when nothing is left to do.</summary>
    bool Finished { get; }

    /// <summary>What the settings came to, for the log; null where the recipe says all.</summary>
    JsonObject? Effective => null;

    /// <summary>
    /// Works on to the next moment at which the state is whole: at most about a second of work, so that a cancellation is heard. Where the moments lie must not depend on
    /// time, on saving or on logging.
    /// </summary>
    /// <exception cref="TrainingException">The loss is not finite: the sentence names the step.</exception>
    void Advance();

    /// <summary>True when something was measured at this step that the next <see cref="Read"/> tells and a later one does not: it is logged at once.</summary>
    bool HasNews => false;

    /// <summary>How far it is and how it goes: loss, rate, items.</summary>
    TrainingReading Read();

    /// <summary>The vectors as they are now, for <see cref="TableWatch"/>; null while there are none (a corpus is being counted).</summary>
    EmbeddingTable? Table { get; }

    /// <summary>
    /// Writes the state into an empty folder: everything that going on needs, and beside it, where there is a table, a file or model folder that other commands open. A program
    /// that is killed meanwhile leaves no folder: the caller renames it when all is flushed.
    /// </summary>
    void Save(string folder);
}

/// <summary>The settings of a run and what it is called: what has to be equal for a saved state to be gone on with.</summary>
/// <param name="Kind">The trainer: word2vec, glove, tokenizer, lm.</param>
/// <param name="Settings">Everything that changes the result, the number of threads and the seed too, in a fixed order; values are texts, numbers, booleans or lists of them.</param>
public sealed record TrainingRecipe(string Kind, JsonObject Settings)
{
    /// <summary>What the settings came to, those that were not given and those that follow from the text too; null where the settings say all.</summary>
    public JsonObject? Effective { get; init; }
}

/// <summary>Training cannot go on: one sentence that says at which step, why, and what may help.</summary>
public sealed class TrainingException : Exception
{
    /// <summary>Not used; for frameworks.</summary>
    public TrainingException()
    {
    }

    /// <summary>One sentence.</summary>
    public TrainingException(string message)
        : base(message)
    {
    }

    /// <summary>One sentence, and what was behind it.</summary>
    public TrainingException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
