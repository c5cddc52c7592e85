namespace Azimuth.Geometry;

/// <summary>Four word lists of an association test.</summary>
/// <param name="Name">What it is called on the command line.</param>
/// <param name="X">First target words.</param>
/// <param name="Y">Second target words.</param>
/// <param name="A">First attribute words.</param>
/// <param name="B">Second attribute words.</param>
public sealed record AssociationLists(string Name, IReadOnlyList<string> X, IReadOnlyList<string> Y, IReadOnlyList<string> A, IReadOnlyList<string> B);

/// <summary>Word lists from the papers, in their order.</summary>
public static class KnownWordLists
{
    /// <summary>The ten defining pairs (female, male) of Bolukbasi et al. 2016, lower-cased.</summary>
    public static IReadOnlyList<(string First, string Second)> GenderPairs { get; } =
    [
        ("woman", "man"), ("girl", "boy"), ("she", "he"), ("mother", "father"), ("daughter", "son"),
        ("gal", "guy"), ("female", "male"), ("her", "his"), ("herself", "himself"), ("mary", "john"),
    ];

    /// <summary>Thirty occupations, among them those that Bolukbasi et al. 2016 discuss.</summary>
    public static IReadOnlyList<string> Professions { get; } = Words("""
        nurse engineer teacher carpenter librarian programmer doctor lawyer homemaker secretary captain philosopher receptionist architect hairdresser
        soldier dancer surgeon nanny mathematician plumber actress waitress pilot politician chef housekeeper scientist journalist barber
        """);

    private static readonly string[] Male = Words("male man boy brother he him his son"), Female = Words("female woman girl sister she her hers daughter");

    /// <summary>Tests of Caliskan et al. 2017: WEAT 1 (flowers and insects, pleasant and unpleasant) and WEAT 7 (mathematics and arts, male and female).</summary>
    public static IReadOnlyList<AssociationLists> Associations { get; } =
    [
        new("flowers-insects",
            Words("""
                aster clover hyacinth marigold poppy azalea crocus iris orchid rose bluebell daffodil lilac pansy tulip buttercup daisy lily peony violet carnation
                gladiola magnolia petunia zinnia
                """),
            Words("""
                ant caterpillar flea locust spider bedbug centipede fly maggot tarantula bee cockroach gnat mosquito termite beetle cricket hornet moth wasp blackfly
                dragonfly horsefly roach weevil
                """),
            Words("""
                caress freedom health love peace cheer friend heaven loyal pleasure diamond gentle honest lucky rainbow diploma gift honor miracle sunrise family happy
                laughter paradise vacation
                """),
            Words("""
                abuse crash filth murder sickness accident death grief poison stink assault disaster hatred pollute tragedy divorce jail poverty ugly cancer kill rotten
                vomit agony prison
                """)),
        new("math-arts",
            Words("math algebra geometry calculus equations computation numbers addition"),
            Words("poetry art dance literature novel symphony drama sculpture"),
            Male,
            Female),
    ];

    private static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
