namespace Azimuth.Training.TokenizerTraining;

/// <summary>All ways to cut one word into pieces (Kudo 2018, §3.2): the best one, and how often each piece is expected. Buffers of one thread.</summary>
internal sealed class WordLattice
{
    private readonly List<Edge> _edges = [];
    private double[] _forward = [], _backward = [];
    private int[] _last = [];

    /// <summary>Adds what each piece is expected to occur, <paramref name="weight"/> times, and returns the word's log probability.</summary>
    /// <exception cref="InvalidOperationException">The pieces do not cover the word; every character has to be one.</exception>
    public double AddExpected(Pieces pieces, ReadOnlySpan<int> word, double weight, double[] expected)
    {
        pieces.Find(word, _edges);
        Reserve(word.Length);
        Span<double> forward = _forward.AsSpan(0, word.Length + 1), backward = _backward.AsSpan(0, word.Length + 1);
        forward.Fill(double.NegativeInfinity);
        backward.Fill(double.NegativeInfinity);
        forward[0] = backward[^1] = 0;
        foreach (Edge edge in _edges)
            forward[edge.End] = AddLogs(forward[edge.End], forward[edge.Start] + pieces.Scores[edge.Piece]);
        for (int i = _edges.Count - 1; i >= 0; i--)
            backward[_edges[i].Start] = AddLogs(backward[_edges[i].Start], backward[_edges[i].End] + pieces.Scores[_edges[i].Piece]);
        double all = forward[^1];
        if (double.IsNegativeInfinity(all))
            throw new InvalidOperationException("a word has a character that is no piece");
        foreach (Edge edge in _edges)
            expected[edge.Piece] += weight * Math.Exp(forward[edge.Start] + pieces.Scores[edge.Piece] + backward[edge.End] - all);
        return all;
    }

    /// <summary>The best way (Viterbi), of equal ones the one found first; false where there is none.</summary>
    /// <param name="pieces">The model.</param>
    /// <param name="word">Code points.</param>
    /// <param name="without">A piece that must not be used; −1 for none.</param>
    /// <param name="path">The pieces, last one first.</param>
    /// <param name="score">Their log probability.</param>
    public bool TryFindBest(Pieces pieces, ReadOnlySpan<int> word, int without, List<int> path, out double score)
    {
        pieces.Find(word, _edges);
        Reserve(word.Length);
        Span<double> best = _forward.AsSpan(0, word.Length + 1);
        best.Fill(double.NegativeInfinity);
        best[0] = 0;
        for (int i = 0; i < _edges.Count; i++)
        {
            Edge edge = _edges[i];
            double through = best[edge.Start] + pieces.Scores[edge.Piece];
            if (edge.Piece != without && through > best[edge.End])
                (best[edge.End], _last[edge.End]) = (through, i);
        }

        score = best[^1];
        path.Clear();
        if (double.IsNegativeInfinity(score))
            return false;
        for (int end = word.Length; end > 0; end = _edges[_last[end]].Start)
            path.Add(_edges[_last[end]].Piece);
        return true;
    }

    private void Reserve(int length)
    {
        if (_last.Length > length)
            return;
        (_forward, _backward, _last) = (new double[2 * length + 1], new double[2 * length + 1], new int[2 * length + 1]);
    }

    private static double AddLogs(double a, double b)
    {
        if (a < b)
            (a, b) = (b, a);
        return double.IsNegativeInfinity(b) ? a : a + Math.Log(1 + Math.Exp(b - a));
    }
}
