namespace Azimuth.Tokenization.Files;

/// <summary>Lines separated by \n alone (a \r before it is dropped): tokens may hold other characters that count as line ends elsewhere.</summary>
internal static class LineFeeds
{
    /// <summary>The lines of a text.</summary>
    public static Enumerator EnumerateLinesByFeed(this ReadOnlySpan<char> text) => new(text);

    internal ref struct Enumerator(ReadOnlySpan<char> text)
    {
        private ReadOnlySpan<char> _rest = text;
        private bool _isDone;

        public ReadOnlySpan<char> Current { get; private set; }

        public readonly Enumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_isDone)
                return false;
            int feed = _rest.IndexOf('\n');
            _isDone = feed < 0;
            Current = (_isDone ? _rest : _rest[..feed]).TrimEnd('\r');
            _rest = _isDone ? default : _rest[(feed + 1)..];
            return true;
        }
    }
}
