using Azimuth.Checkpoints;
using Azimuth.Checkpoints.Gguf;
using Azimuth.Checkpoints.Safetensors;
using Azimuth.Embeddings;
using Azimuth.Numerics;
using Azimuth.Quantization;
using Azimuth.Transformers;

namespace Azimuth.Vocabulary.Resizing;

/// <summary>Writes a copy of a model with another vocabulary.</summary>
public static class Resizer
{
    /// <summary>
    /// Adds and removes tokens and fills up rows. Input table, output table and output bias change together; every other tensor, and every kept row, keeps its bytes. The copy
    /// is written beside its place, compared with the original (rows, logits of several prompts, tokens, all bit by bit), and only then gets its name: whoever looks finds no
    /// copy or a complete one, whenever the process ends. The original is only read.
    /// </summary>
    /// <param name="model">The model: a safetensors folder of any family, or a GGUF file.</param>
    /// <param name="options">The change.</param>
    /// <param name="path">A folder that does not exist, or an empty one.</param>
    /// <param name="progress">Told the share of the work done, 0 to 1.</param>
    /// <param name="cancellation">Nothing is left behind.</param>
    /// <exception cref="ArgumentException">A change that contradicts itself, the tokenizer or the configuration.</exception>
    /// <exception cref="CheckpointFormatException">Files of the model that are damaged.</exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="InvalidOperationException">The copy differs from the original where it must not.</exception>
    public static ResizeResult Run(LanguageModel model, ResizeOptions options, string path, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        CheckOptions(model, options, path);
        VocabularyChange change = VocabularyChange.Plan(model, options);
        int tokens = Math.Min(model.Tokenizer?.VocabSize ?? model.Config.VocabSize, model.Config.VocabSize);
        var steps = new Steps(progress, [1, 3, 4]);
        ResizedTables tables = ResizedTables.Create(model, change, new NewRows(options, tokens, model.Tokenizer, change.Added), cancellation);
        steps.Step(0)?.Report(1);
        (IReadOnlyList<string> Changed, IReadOnlyList<string> LeftOut) files = ([], []);
        ResizeProof? proof = null;
        Action<string> write = model.Folder.Gguf is { } gguf ? Gguf(model, gguf, change, options, tables) : Folder(model, change, options, tables);
        AtomicFolder.Create(path, folder =>
        {
            write(folder);
            proof = Verify(model, folder, change, steps.Step(2), cancellation);
            ReleaseMappings();
        });
        return new ResizeResult
        {
            Path = System.IO.Path.GetFullPath(path),
            RowsBefore = change.OldRows,
            RowsAfter = change.NewRows,
            Added = change.Added,
            Removed = [.. change.Removed.Select(id => new TokenRef(id, model.TokenEmbedding.Text(id)))],
            PaddingRows = change.NewIds.Count - change.Added.Count,
            RowsTakenOver = change.TakenOver,
            IsRenumbered = change.IsRenumbered,
            Tensors = tables.Changes,
            ChangedFiles = files.Changed,
            LeftOut = files.LeftOut,
            Proof = proof!,
        };

        Action<string> Folder(LanguageModel source, VocabularyChange plan, ResizeOptions chosen, ResizedTables resized)
        {
            FolderVocabulary vocabulary = WellFormed(source, () => FolderVocabulary.Create(source, plan, chosen));
            return folder =>
            {
                ModelWeights.Write(source.Folder.Checkpoint, folder, tensor => new SafetensorsEntry(tensor.Name, tensor.Type!.Value, resized.Shape(tensor), resized.Content(tensor)), steps.Step(1), cancellation);
                vocabulary.Write(folder);
                string[] weights = [.. ModelWeights.FilesOf(source.Folder.Checkpoint)];
                var leftOut = FolderFiles.CopyRest(source.Folder.TokenizerFolder, folder, cancellation, [.. weights, .. vocabulary.Outdated, "id-map.json"]);
                files = ([.. weights, .. vocabulary.Names], [.. leftOut, .. vocabulary.Outdated]);
            };
        }

        Action<string> Gguf(LanguageModel source, GgufFile file, VocabularyChange plan, ResizeOptions chosen, ResizedTables resized)
        {
            GgufKeys keys = GgufVocabulary.Create(source, file, plan, chosen);
            string name = System.IO.Path.GetFileName(file.Path);
            return folder =>
            {
                GgufTensor[] tensors = [.. file.Tensors.Select(tensor => new GgufTensor(tensor.Name, Readable(tensor), resized.Shape(tensor), resized.Content(tensor)))];
                GgufWriter.Save(System.IO.Path.Combine(folder, name), keys, tensors, steps.Step(1), cancellation);
                if (plan.IsRenumbered)
                    FolderFiles.Write(folder, "id-map.json", plan.IdMap());
                bool isWholeFolder = source.Path != System.IO.Path.GetFullPath(file.Path);
                var leftOut = isWholeFolder ? FolderFiles.CopyRest(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(file.Path))!, folder, cancellation, name, "id-map.json") : [];
                files = (plan.IsRenumbered ? [name, "id-map.json"] : [name], leftOut);
            };
        }
    }

    private static void CheckOptions(LanguageModel model, ResizeOptions options, string path)
    {
        string target = AtomicFolder.Check(path), source = System.IO.Path.TrimEndingDirectorySeparator(model.Folder.TokenizerFolder);
        bool isFile = model.Folder.Gguf is { } gguf && model.Path == System.IO.Path.GetFullPath(gguf.Path);
        if (!isFile && (target + System.IO.Path.DirectorySeparatorChar).StartsWith(source + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new IOException($"{path}: expected a place outside the model's own folder {source}. Choose another folder");
        if (options is { Add.Count: 0, Remove.Count: 0, Rows: null, PadToMultiple: null })
            throw new ArgumentException("azimuth resize: expected tokens to add or remove, or a number of rows, found none of them.");
        if (options.Initialization == RowInitialization.Copy && (options.CopyFrom < 0 || options.CopyFrom >= model.Config.VocabSize))
            throw new ArgumentException(FormattableString.Invariant($"--init copy: expected an id from 0 to {model.Config.VocabSize - 1}, found {options.CopyFrom}."));
        if (ResizedTables.Find(model).FirstOrDefault(tensor => tensor.Type is not { } type || !RowEncoder.CanWrite(type)) is { } odd)
            throw new ArgumentException($"{odd.Name}: rows of {odd.TypeName} cannot be made here; convert the model first.");
    }

    private static TensorType Readable(TensorInfo tensor) => tensor.Type ?? throw new CheckpointFormatException(
        tensor.File, $"expected a type that can be written again, found {tensor.TypeName}. Convert the file first", tensor.Name, kind: "TypeNotReadable");

    /// <summary>The tokenizer's reader is content with less than a rewrite needs.</summary>
    private static T WellFormed<T>(LanguageModel model, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or NullReferenceException or OverflowException)
        {
            throw new CheckpointFormatException(model.Folder.TokenizerFolder, $"the tokenizer's or the configuration's files hold a value of an unexpected kind ({e.Message.TrimEnd('.')}). Save them with the Hugging Face library first", kind: "JsonMalformed");
        }
    }

    private static ResizeProof Verify(LanguageModel model, string folder, VocabularyChange change, IProgress<double>? progress, CancellationToken cancellation) =>
        ResizeVerification.Run(model, LanguageModel.Load(folder, model.Workers), change, progress, cancellation);

    /// <summary>Windows renames no folder whose files are mapped, and mappings end when they are collected.</summary>
    private static void ReleaseMappings()
    {
        if (!OperatingSystem.IsWindows())
            return;
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}
