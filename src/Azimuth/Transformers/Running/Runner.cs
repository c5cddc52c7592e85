using Azimuth.Numerics;
using Azimuth.Transformers.Positions;
using Azimuth.Transformers.Tracing;

namespace Azimuth.Transformers.Running;

/// <summary>
/// Cuts prompts into calls of the decoder, so that memory stays bounded whatever their length, and picks out what was asked for. Since every row
/// comes out the same however it is run, the cuts show nowhere. Safe for many threads.
/// </summary>
internal sealed class Runner(TransformerConfig config, ForwardPass forward)
{
    /// <summary>Rows of one call: enough to keep the matrix products busy. An encoder's text is never cut: each row needs all the others'.</summary>
    private const int RowsPerCall = 512;

    private const long MostKeptBytes = 256 << 20;

    /// <summary>Cache and buffers of a run that is over, for the next one: memory that the system has handed out and cleared already.</summary>
    private KeyValueCache? _spare;

    /// <summary>Adds tokens to a cache and gives the logits of the one after them.</summary>
    public void Next(KeyValueCache cache, ReadOnlySpan<int> ids, Span<float> logits, CancellationToken cancellation)
    {
        if (logits.Length != config.VocabSize)
            throw new ArgumentException($"logits: expected room for {config.VocabSize} values, found {logits.Length}", nameof(logits));
        Append(cache, ids, trace: null, done: null, cancellation);
        Workspace work = cache.Workspace;
        Span<float> finished = work.Finished(config.ModelDim, rows: 1);
        forward.Finish(work.Residual(config.ModelDim).AsSpan((work.Rows - 1) * config.ModelDim, config.ModelDim), finished);
        forward.Unembed(finished, 1, logits);
    }

    /// <summary>Logits [vocab] of the token after each prompt, all prompts sharing the matrix products.</summary>
    public IReadOnlyList<float[]> Next(IReadOnlyList<int[]> prompts)
    {
        foreach (int[] ids in prompts)
            Check(ids);
        if (prompts.Count == 0)
            return [];
        KeyValueCache[] caches = [.. prompts.Select((ids, i) => i == 0 ? Take(ids.Length) : new KeyValueCache(config, ids.Length))];
        var logits = new Matrix(prompts.Count, config.VocabSize);
        Next(prompts, caches, logits, default);
        Keep(caches[0]);
        return [.. Enumerable.Range(0, prompts.Count).Select(i => logits.Row(i).ToArray())];
    }

    /// <summary>Adds tokens to caches and gives the logits [text, vocab] of the one after each; all texts share the matrix products.</summary>
    public void Next(IReadOnlyList<int[]> ids, IReadOnlyList<KeyValueCache> caches, Matrix logits, CancellationToken cancellation)
    {
        RequireCaches(ids, caches);
        if (logits.Rows != ids.Count || logits.Columns != config.VocabSize)
            throw new ArgumentException($"logits: expected room for [{ids.Count}, {config.VocabSize}] values, found [{logits.Rows}, {logits.Columns}]", nameof(logits));
        if (ids.Count == 0)
            return;
        int model = config.ModelDim;
        int[] next = [.. ids.Select((some, i) => Begin(caches[i], some))]; // each text's next position to run
        var finished = new Matrix(ids.Count, model);
        Workspace work = caches[0].Workspace;
        var ends = new List<(int Text, int Row)>();
        try
        {
            for (int text = 0; text < ids.Count;)
            {
                cancellation.ThrowIfCancellationRequested();
                work.Clear();
                ends.Clear();
                while (text < ids.Count && work.Rows < RowsPerCall)
                {
                    int take = Math.Min(caches[text].Length - next[text], RowsPerCall - work.Rows);
                    work.Add(caches[text], next[text], take);
                    next[text] += take;
                    if (next[text] == caches[text].Length)
                        ends.Add((text++, work.Rows - 1));
                }

                forward.Forward(work, trace: null);
                foreach ((int done, int row) in ends)
                    forward.Finish(work.Residual(model).AsSpan(row * model, model), finished.Row(done));
            }
        }
        catch
        {
            foreach (KeyValueCache cache in caches)
                cache.Truncate(0); // half-written layers must not be taken for a prefix
            throw;
        }
        finally
        {
            work.Clear(); // its segments hold the other caches
        }

        forward.Unembed(finished.Values, ids.Count, logits.Values);
    }

    /// <summary>The last hidden states [position, model] of each text, whole texts sharing the matrix products.</summary>
    public IReadOnlyList<Matrix> HiddenStates(IReadOnlyList<int[]> texts, CancellationToken cancellation)
    {
        int model = config.ModelDim;
        var states = new Matrix[texts.Count];
        foreach (int[] text in texts)
            Check(text);
        var work = new Workspace();
        for (int first = 0, end; first < texts.Count; first = end)
        {
            cancellation.ThrowIfCancellationRequested();
            work.Clear();
            for (end = first; end < texts.Count && (end == first || work.Rows + texts[end].Length <= RowsPerCall); end++)
            {
                var cache = new KeyValueCache(config, texts[end].Length);
                cache.Append(texts[end]);
                work.Add(cache, 0, texts[end].Length);
            }

            forward.Forward(work, trace: null);
            foreach (Segment segment in work.Segments)
            {
                Matrix state = states[first++] = new Matrix(segment.Count, model);
                ReadOnlySpan<float> rows = work.Residual(model).AsSpan(segment.Row * model, segment.Count * model);
                for (int row = 0; row < segment.Count; row++)
                    forward.Finish(rows.Slice(row * model, model), state.Row(row));
            }
        }

        return states;
    }

    /// <summary>Logits at every position: [position, vocab].</summary>
    public Matrix All(ReadOnlySpan<int> ids)
    {
        config.RequireLogits();
        var logits = new Matrix(ids.Length, config.VocabSize);
        KeyValueCache cache = Take(ids.Length);
        Append(cache, ids, trace: null, (work, position) => Unembed(work, position, logits, trace: null), default);
        Keep(cache);
        return logits;
    }

    /// <summary>Runs a prompt and keeps the values of some sites; of the attention pattern one query's row, unless <paramref name="patternQuery"/> is null.</summary>
    public Trace Trace(ReadOnlySpan<int> ids, TraceSites sites, int? patternQuery, CancellationToken cancellation)
    {
        Check(ids);
        var trace = new Trace(ids.ToArray(), sites, config.LayerCount, patternQuery);
        if ((sites & TraceSites.Logits) != 0)
            config.RequireLogits();
        bool finishes = (sites & (TraceSites.FinalNorm | TraceSites.Logits)) != 0;
        Matrix? logits = (sites & TraceSites.Logits) != 0 ? trace.RoomFor(TraceSites.Logits, config.VocabSize) : null;
        KeyValueCache cache = Take(ids.Length);
        Append(cache, ids, trace, finishes ? (work, position) => Unembed(work, position, logits, trace) : null, cancellation);
        Keep(cache);
        return trace;
    }

    /// <summary>An empty cache with room for so many tokens.</summary>
    private KeyValueCache Take(int length)
    {
        KeyValueCache? spare = Interlocked.Exchange(ref _spare, null);
        if (spare is null || spare.Capacity < length)
            return new KeyValueCache(config, length);
        spare.Truncate(0);
        return spare;
    }

    /// <summary>Keeps the buffers of a run that is over, and nothing of what it was about.</summary>
    private void Keep(KeyValueCache cache)
    {
        cache.Workspace.Clear();
        if (cache.SizeBytes + cache.Workspace.SizeBytes <= MostKeptBytes)
            Volatile.Write(ref _spare, cache);
    }

    /// <summary>Runs <paramref name="ids"/> after what the cache holds; <paramref name="done"/> sees the workspace after each call, and its first position.</summary>
    private void Append(KeyValueCache cache, ReadOnlySpan<int> ids, Trace? trace, Action<Workspace, int>? done, CancellationToken cancellation)
    {
        Check(ids);
        if (!cache.BelongsTo(config))
            throw new ArgumentException("the cache was made by another model", nameof(cache));
        int start = Begin(cache, ids);
        try
        {
            int step = config.IsCausal ? RowsPerCall : cache.Length;
            for (int position = start; position < cache.Length; position += step)
            {
                cancellation.ThrowIfCancellationRequested();
                cache.Workspace.Clear();
                cache.Workspace.Add(cache, position, Math.Min(step, cache.Length - position));
                forward.Forward(cache.Workspace, trace);
                done?.Invoke(cache.Workspace, position);
            }
        }
        catch
        {
            cache.Truncate(0); // half-written layers must not be taken for a prefix
            throw;
        }
    }

    /// <summary>Takes in ids; gives the first position to run: the first new one, or 0 where what is there has other angles in the longer run.</summary>
    private int Begin(KeyValueCache cache, ReadOnlySpan<int> ids)
    {
        int start = cache.Length;
        cache.Append(ids);
        if (start > 0 && ChangesAngles(cache.TurnedFor, cache.Length))
            start = 0;
        cache.TurnedFor = cache.Length;
        return start;
    }

    private void Unembed(Workspace work, int position, Matrix? logits, Trace? trace)
    {
        int model = config.ModelDim;
        Span<float> residual = work.All(work.Residual(model), model), finished = work.Finished(model, work.Rows);
        for (int at = 0; at < residual.Length; at += model)
            forward.Finish(residual.Slice(at, model), finished.Slice(at, model));
        trace?.Record(TraceSites.FinalNorm, 0, position, finished, model);
        if (logits is not null)
            forward.Unembed(finished, work.Rows, logits.Values.AsSpan(position * config.VocabSize, work.Rows * config.VocabSize));
    }

    private bool ChangesAngles(int before, int after)
    {
        if (!config.AnglesDependOnLength)
            return false;
        foreach (LayerConfig layer in config.Layers)
        {
            if (layer.Attention.Rotary is { Scaling: var scaling }
                && RotaryFrequencies.LengthClass(scaling, before) != RotaryFrequencies.LengthClass(scaling, after))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Before any cache is changed.</summary>
    private void RequireCaches(IReadOnlyList<int[]> ids, IReadOnlyList<KeyValueCache> caches)
    {
        if (caches.Count != ids.Count)
            throw new ArgumentException($"{ids.Count} texts need as many caches, found {caches.Count}", nameof(caches));
        if (caches.Distinct().Count() != caches.Count)
            throw new ArgumentException("each text needs a cache of its own, found one twice", nameof(caches));
        for (int i = 0; i < caches.Count; i++)
        {
            Check(ids[i]);
            if (!caches[i].BelongsTo(config))
                throw new ArgumentException("the cache was made by another model", nameof(caches));
            if (caches[i].Length + (long)ids[i].Length > config.LongestRun)
                throw KeyValueCache.TooLong(config, checked(caches[i].Length + ids[i].Length));
        }
    }

    private void Check(ReadOnlySpan<int> ids)
    {
        if (ids.IsEmpty)
            throw new ArgumentException("prompt: expected at least one token, found none. Give a text, or ids.");
        for (int i = 0; i < ids.Length; i++)
        {
            if ((uint)ids[i] >= (uint)config.VocabSize)
            {
                throw new ArgumentException(FormattableString.Invariant(
                    $"prompt: expected token ids from 0 to {config.VocabSize - 1}, found {ids[i]} at position {i}. Check that tokenizer and model belong together."));
            }
        }

        if (ids.Length > config.LongestRun)
            throw KeyValueCache.TooLong(config, ids.Length);
    }
}
