using System.Text.Json.Nodes;
using Azimuth.Checkpoints.Safetensors;

namespace Azimuth.Training.TokenizerTraining;

/// <summary>Makes a vocabulary of counted words, a stretch at a time.</summary>
internal interface ITokenizerLearner
{
    /// <summary>True when nothing is left to do.</summary>
    bool Finished { get; }

    /// <summary>What is being done, in words.</summary>
    string Stage { get; }

    /// <summary>Share that is done, 0 to 1.</summary>
    double Done { get; }

    /// <summary>Tokens of the vocabulary as it is now.</summary>
    int Tokens { get; }

    /// <summary>Works on to the next moment at which the state is whole.</summary>
    void Advance();

    /// <summary>Writes down what there is to go on from, beside the words.</summary>
    void Save(JsonObject values, List<SafetensorsEntry> tensors);

    /// <summary>The tokenizer as far as it has come.</summary>
    TrainedTokenizer Result();
}
