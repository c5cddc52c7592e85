using Azimuth.Cli.CommandLine;
using Azimuth.Cli.Output;
using Azimuth.Quantization;
using Azimuth.Transformers;

namespace Azimuth.Cli.Commands;

/// <summary>What <c>azimuth quantize</c> wrote.</summary>
/// <param name="Path">The file or folder.</param>
/// <param name="Form">"GGUF", "safetensors folder" or "safetensors table".</param>
/// <param name="SizeBytes">Bytes of all its files.</param>
/// <param name="Remarks">What is not in it.</param>
internal sealed record QuantizeOutput(string Path, string Form, long SizeBytes, IReadOnlyList<string> Remarks)
{
    /// <summary>Refuses a name that does not go with the type, before any work is done.</summary>
    public static void Check(Session session, LanguageModel? model, QuantizationType type, QuantizedPart part, string path, bool partGiven)
    {
        if (path.Length == 0)
            throw new UsageException("--output: expected a file or folder to write, found an empty text.");
        bool isGguf = path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase), isTable = path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase);
        bool isBlocks = type.BlockLength() > 1, isTwoTensors = type.AsTensorType() is null;
        if (isBlocks && !isGguf)
            throw new UsageException($"--output: {type.Name()} is a type of GGUF; expected a name ending in .gguf, found {path}.");
        if (isTwoTensors && !isTable)
            throw new UsageException($"--output: {type.Name()} is written for the tables alone; expected a name ending in .safetensors, found {path}.");
        if (isGguf && model is null)
            throw new UsageException($"--output: a file of vectors has no form in GGUF; expected int8, int4, bf16 or f16 and a name ending in .safetensors, found {path}.");
        if (isTable && part == QuantizedPart.All && partGiven)
            throw new UsageException("--output: a .safetensors file holds the tables alone; leave --part out, or say --part tables.");
        if (isGguf || isTable)
        {
            session.Outputs.Check(path, "--output", isGguf ? ".gguf" : ".safetensors");
            return;
        }

        if (model is null || model.Path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
            throw new UsageException($"--output: expected a name ending in {(model is null ? ".safetensors" : ".gguf")}, found {path}.");
        try
        {
            Checkpoints.AtomicFolder.Check(path);
        }
        catch (IOException problem)
        {
            throw new UsageException($"--output: {problem.Message}.");
        }
    }

    public static QuantizeOutput Write(OpenedTable opened, QuantizationType type, QuantizedPart part, string path, Session session)
    {
        string full = System.IO.Path.GetFullPath(path);
        ShareProgress progress = new(session.Progress, $"writing {System.IO.Path.GetFileName(full)}");
        if (path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase))
        {
            var remarks = ModelQuantizer.SaveGguf(opened.Model!, type, part, full, progress, session.Cancel);
            return new QuantizeOutput(full, "GGUF", new FileInfo(full).Length, remarks);
        }

        if (path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
        {
            if (opened.Model is { } model)
                QuantizedTables.Save(model, type, full, session.Cancel);
            else
                QuantizedTables.Save(opened.Input, type, full, session.Cancel);
            return new QuantizeOutput(full, "safetensors table", new FileInfo(full).Length, []);
        }

        var leftOut = ModelQuantizer.SaveFolder(opened.Model!, type, part, full, progress, session.Cancel);
        long size = Directory.EnumerateFiles(full).Sum(file => new FileInfo(file).Length);
        return new QuantizeOutput(full, "safetensors folder", size, leftOut.Count == 0 ? [] : [$"not copied: {string.Join(", ", leftOut)}"]);
    }
}
