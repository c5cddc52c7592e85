using Azimuth.Embeddings;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Azimuth.Cli.Output;

/// <summary>
/// What a command shows people: headings, lines, tables within 100 columns, bars, and the line of conventions. Colour is only for roles, and there
/// is none when the output is piped.
/// </summary>
internal sealed class Screen
{
    /// <summary>Nothing is wider than this.</summary>
    public const int Width = 100;

    private const int LongestNote = 60;
    private readonly Lazy<IAnsiConsole> _console;

    public Screen(TextWriter output, bool color)
    {
        // Spectre pads every cell; without escape codes after them those blanks can go.
        TextWriter target = new TrimmingWriter(output);
        _console = new Lazy<IAnsiConsole>(() => Create(target, color));
    }

    private IAnsiConsole Console => _console.Value;

    /// <summary>A bold line with an empty one before it, unless it is the first.</summary>
    public void Heading(string text)
    {
        if (HasOutput)
            Console.WriteLine();
        Console.WriteLine(text, new Style(decoration: Decoration.Bold));
        HasOutput = true;
    }

    /// <summary>Plain text, wrapped at the width.</summary>
    public void Line(string text)
    {
        Console.WriteLine(Unbroken(text));
        HasOutput = true;
    }

    /// <summary>Text in several roles on one line.</summary>
    public void Line(params IReadOnlyList<Cell> parts)
    {
        Paragraph paragraph = new();
        foreach (Cell part in parts)
            paragraph.Append(part.Text, StyleOf(part.Role));
        Console.Write(paragraph);
        Console.WriteLine();
        HasOutput = true;
    }

    /// <summary>Secondary text.</summary>
    public void Dim(string text)
    {
        Console.WriteLine(Unbroken(text), StyleOf(Role.Dim));
        HasOutput = true;
    }

    /// <summary>The dim last line that says what the numbers depend on; formulas and other long notes are in the JSON document.</summary>
    public void Conventions(Conventions conventions)
    {
        string line = (conventions with { Notes = [.. conventions.Notes.Where(note => note.Length <= LongestNote)] }).Line;
        if (line.Length == 0)
            return;
        Console.WriteLine();
        Dim(line);
    }

    /// <summary>Names and values, one pair a line.</summary>
    public void Facts(params IReadOnlyList<(string Name, string Value)> facts)
    {
        Grid grid = new() { Expand = false };
        grid.AddColumn(new GridColumn { NoWrap = true, Padding = new Padding(0, 0, 3, 0) });
        grid.AddColumn(new GridColumn { Padding = new Padding(0, 0, 0, 0) });
        foreach ((string name, string value) in facts)
            grid.AddRow(new Text(name, StyleOf(Role.Dim)), new Text(Unbroken(value)));
        Console.Write(grid);
        HasOutput = true;
    }

    /// <summary>A table without lines: dim headings, columns two blanks apart.</summary>
    public void Table(IReadOnlyList<Column> columns, IReadOnlyList<IReadOnlyList<Cell>> rows)
    {
        Table table = new() { Border = TableBorder.None, ShowHeaders = columns.Any(c => c.Title.Length > 0) };
        foreach (Column column in columns)
        {
            table.AddColumn(new TableColumn(new Text(column.Title, StyleOf(Role.Dim)))
            {
                Alignment = column.Side == Side.Right ? Justify.Right : Justify.Left,
                NoWrap = column.Side == Side.Right || column.Title.Length > 0,
                Padding = new Padding(0, 0, 2, 0),
            });
        }

        IReadOnlyList<string>[] texts = [.. columns.Select((column, i) => Aligned(column, [.. rows.Select(row => row[i].Text)]))];
        for (int r = 0; r < rows.Count; r++)
            table.AddRow(rows[r].Select((cell, i) => (IRenderable)new Text(texts[i][r], StyleOf(cell.Role))));
        // In a narrower terminal a table's lines break at its edge: squeezed columns would break every number.
        int textWidth = Console.Profile.Width;
        Console.Profile.Width = Width;
        Console.Write(table);
        Console.Profile.Width = textWidth;
        HasOutput = true;
    }

    /// <summary>Keeps a number and its percent sign on one line.</summary>
    private static string Unbroken(string text) => text.Replace(" %", TrimmingWriter.FixedBlank + "%", StringComparison.Ordinal);

    private static IReadOnlyList<string> Aligned(Column column, IReadOnlyList<string> texts) =>
        column.Side == Side.Right ? Numbers.AlignPoints(texts) : texts;

    private bool HasOutput { get; set; }

    private static Style StyleOf(Role role) => role switch
    {
        Role.Target => new Style(new Color(0x00, 0x72, 0xB2)),
        Role.Rival => new Style(new Color(0xD5, 0x5E, 0x00)),
        Role.Query => new Style(decoration: Decoration.Bold),
        Role.Attention => new Style(new Color(0x56, 0xB4, 0xE9)),
        Role.Mlp => new Style(new Color(0xE6, 0x9F, 0x00)),
        Role.Dim => new Style(decoration: Decoration.Dim),
        _ => Style.Plain,
    };

    private static IAnsiConsole Create(TextWriter output, bool color)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = color ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = color ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(output),
        });
        console.Profile.Width = color ? Math.Clamp(TerminalWidth(), 40, Width) : Width;
        return console;
    }

    private static int TerminalWidth()
    {
        try
        {
            return System.Console.WindowWidth is int width and > 0 ? width : Width;
        }
        catch (IOException)
        {
            return Width;
        }
    }
}
