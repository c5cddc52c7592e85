using System.Runtime.ExceptionServices;
using Azimuth.Checkpoints.Compression;

namespace Azimuth.Training.Corpora;

/// <summary>
/// Decompresses on a thread of its own, some mebibytes ahead of who reads: cutting text into words and decompressing it take about as long. What was read before damage is handed
/// out before the exception. Dispose it before the file it reads.
/// </summary>
internal sealed class ReadAhead : IDisposable
{
    private const int Pieces = 32, PieceLength = 1 << 18;

    private readonly object _gate = new();
    private readonly GzipReader _source;
    private readonly (byte[] Bytes, int Length, long Position)[] _pieces = new (byte[], int, long)[Pieces];
    private readonly Thread _thread;
    private ExceptionDispatchInfo? _failure;
    private long _filled, _used;
    private int _offset;
    private bool _ended, _stopped;

    public ReadAhead(GzipReader source)
    {
        _source = source;
        for (int i = 0; i < Pieces; i++)
            _pieces[i].Bytes = new byte[PieceLength];
        _thread = new Thread(FillAll) { IsBackground = true, Name = "Azimuth decompression" };
        _thread.Start();
    }

    /// <summary>Compressed bytes of what was handed out.</summary>
    public long Position { get; private set; }

    /// <summary>Fills some of <paramref name="destination"/>; 0 only at the end.</summary>
    /// <exception cref="Checkpoints.CheckpointFormatException">The file ends early, is damaged, or goes on after its end.</exception>
    public int Read(Span<byte> destination)
    {
        while (true)
        {
            lock (_gate)
            {
                while (_filled == _used && !_ended)
                    Monitor.Wait(_gate);
                if (_filled == _used)
                {
                    _failure?.Throw();
                    return 0;
                }
            }

            ref var piece = ref _pieces[_used % Pieces];
            int count = Math.Min(piece.Length - _offset, destination.Length);
            if (count > 0)
            {
                piece.Bytes.AsSpan(_offset, count).CopyTo(destination);
                (_offset, Position) = (_offset + count, piece.Position);
                return count;
            }

            _offset = 0;
            lock (_gate)
            {
                _used++;
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>Ends the thread and waits for it.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }

        _thread.Join();
    }

    private void FillAll()
    {
        for (bool more = true; more;)
        {
            lock (_gate)
            {
                while (_filled - _used == Pieces && !_stopped)
                    Monitor.Wait(_gate);
                if (_stopped)
                    return;
            }

            more = FillOne(ref _pieces[_filled % Pieces]);
            lock (_gate)
            {
                _filled++;
                _ended = !more;
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>False at the end, and where the file is damaged.</summary>
    private bool FillOne(ref (byte[] Bytes, int Length, long Position) piece)
    {
        piece.Length = 0;
        try
        {
            while (piece.Length < PieceLength)
            {
                int count = _source.Read(piece.Bytes.AsSpan(piece.Length));
                if (count == 0)
                    return false;
                piece.Length += count;
                piece.Position = _source.Position;
            }

            return true;
        }
#pragma warning disable CA1031 // Rethrown where it is read.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _failure = ExceptionDispatchInfo.Capture(exception);
            return false;
        }
    }
}
