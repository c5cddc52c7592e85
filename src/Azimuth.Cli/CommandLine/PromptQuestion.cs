using System.CommandLine;
using Azimuth.Embeddings;
using Azimuth.Transformers;

namespace Azimuth.Cli.CommandLine;

/// <summary>Which next token is asked about, and against which; null leaves the choice to the model's own two most probable ones.</summary>
internal sealed record PromptQuestion(int? Target, int? Rival)
{
    /// <summary>Reads <c>--target</c> and <c>--versus</c>; the default prompt has its own two tokens where the vocabulary knows them.</summary>
    public static PromptQuestion Read(Session session, LanguageModel model, PromptInput prompt, Option<string?> target, Option<string?>? versus, bool isDefault)
    {
        EmbeddingTable table = model.Unembedding;
        int? wanted = Resolve(session.Value(target), target.Name);
        int? rival = versus is null ? null : Resolve(session.Value(versus), versus.Name);
        if (isDefault && prompt.Text == PromptInput.DefaultText && wanted is null && rival is null
            && Known(PromptInput.DefaultTarget) is int mary && Known(PromptInput.DefaultRival) is int john)
        {
            return new PromptQuestion(mary, john);
        }

        return wanted is not null && wanted == rival
            ? throw new UsageException($"--target and --versus: expected two tokens, found \"{table.Text(wanted.Value)}\" twice.")
            : new PromptQuestion(wanted, rival);

        int? Resolve(string? typed, string where) => typed is null ? null : TokenArgument.Resolve(OpenedTable.Of(model), table, typed, where);

        int? Known(string text) => model.Tokenizer?.EncodeIds(text, addSpecialTokens: false) is [int id] ? id : null;
    }
}
