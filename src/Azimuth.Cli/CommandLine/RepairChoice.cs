using System.CommandLine;
using System.Globalization;
using Azimuth.Embeddings;
using Azimuth.Geometry;

namespace Azimuth.Cli.CommandLine;

/// <summary>The options that repair a table before a command looks at it.</summary>
internal sealed class RepairChoice
{
    private readonly Option<bool> _center = new("--center", "--centre") { Description = "the mean row is removed first", Arity = ArgumentArity.Zero };
    private readonly Option<string?> _remove = new("--remove-components")
    {
        Description = "all-but-the-top: the mean row and D principal components are removed first (D left out: a hundredth of the width, at least 1)",
        HelpName = "D",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _whiten = new("--whiten")
    {
        Description = "rows are whitened first, by PCA or ZCA (left out: zca)",
        HelpName = "pca|zca",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<double?> _epsilon = Options.Number("--epsilon", "E", "added to every variance before whitening divides by its root (default 1e-5)", 0, double.MaxValue);

    /// <summary>All of them, for a command's list.</summary>
    public IReadOnlyList<Symbol> Symbols => [_center, _remove, _whiten, _epsilon];

    /// <summary>What was asked for, fitted on a table; null when nothing was.</summary>
    /// <exception cref="UsageException">More than one repair, or a number or word that is none.</exception>
    public TableRepair? Fit(Session session, EmbeddingTable table)
    {
        RepairOptions? options = Read(session, table.ModelDim);
        if (options is null)
            return null;
        session.Progress.Say($"repairing the {table.Name}");
        return TableRepair.Fit(table, options, session.Workers, session.Cancel);
    }

    private RepairOptions? Read(Session session, int columns)
    {
        bool center = session.Value(_center), remove = session.IsGiven(_remove), whiten = session.IsGiven(_whiten);
        double? epsilon = session.Value(_epsilon);
        if ((center ? 1 : 0) + (remove ? 1 : 0) + (whiten ? 1 : 0) > 1)
            throw new UsageException("expected one of --center, --remove-components and --whiten; the last two remove the mean row too.");
        if (epsilon is not null && !whiten)
            throw new UsageException("--epsilon belongs to --whiten, which is not there.");
        if (remove)
            return new RepairOptions(RepairKind.RemoveComponents) { Components = Components(session.Value(_remove), columns) };
        if (!whiten)
            return center ? new RepairOptions(RepairKind.Centre) : null;
        string method = session.Value(_whiten) ?? "zca";
        if (method is not ("pca" or "zca"))
            throw new UsageException($"--whiten: expected pca or zca, found \"{method}\".");
        return new RepairOptions(method == "pca" ? RepairKind.WhitenPca : RepairKind.WhitenZca) { Epsilon = epsilon ?? new RepairOptions(RepairKind.WhitenZca).Epsilon };
    }

    private static int Components(string? text, int columns)
    {
        int components = TableRepair.DefaultComponents(columns);
        if ((text is null || int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out components)) && components < columns)
            return components;
        throw new UsageException(FormattableString.Invariant(
            $"--remove-components: expected a whole number from 0 to {columns - 1}, since of {columns} components nothing would be left, found {(text is null ? components.ToString(CultureInfo.InvariantCulture) : $"\"{text}\"")}."));
    }
}
