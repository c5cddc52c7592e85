using Azimuth.Numerics;

namespace Azimuth.Training.LanguageModels;

/// <summary>
/// Which part of the corpus each window of a run shows: every pass cuts it into windows side by side, at a random beginning, and goes through them in random order, so that each token is
/// seen once before any is seen again. A window's place depends only on seed and number: nothing needs to be saved.
/// </summary>
/// <param name="count">Ids in the corpus.</param>
/// <param name="length">Tokens that a window predicts; one more is read.</param>
/// <param name="seed">Start of the random numbers.</param>
internal sealed class WindowOrder(long count, int length, ulong seed)
{
    private int[] _order = [];
    private long _epoch = -1, _begin;

    /// <summary>Windows of one pass.</summary>
    public long PerEpoch { get; } = (count - 1) / length is > 0 and <= int.MaxValue and var windows
        ? windows
        : throw new ArgumentException(FormattableString.Invariant($"corpus: expected at least {length + 1} tokens, one more than a window, and fewer than 2³¹ windows, found {count}. Give more text, or a shorter --length."));

    /// <summary>The first id of window <paramref name="number"/>, counted from 0 over the whole run.</summary>
    public long Begin(long number)
    {
        long epoch = number / PerEpoch;
        if (epoch != _epoch)
        {
            var random = new SeededRandom(seed + 0x9E3779B97F4A7C15 * ((ulong)epoch + 1));
            _begin = random.NextInt32((int)((count - 1) % length) + 1);
            if (_order.Length != PerEpoch)
                _order = new int[PerEpoch];
            for (int i = 0; i < _order.Length; i++)
                _order[i] = i;
            random.Shuffle<int>(_order, _order.Length);
            _epoch = epoch;
        }

        return _begin + (long)_order[number % PerEpoch] * length;
    }
}
