using System.Text.Json;
using Azimuth.Embeddings;
using Azimuth.Geometry;
using Azimuth.Numerics;
using Azimuth.Tests.Embeddings;

namespace Azimuth.Tests.Geometry;

public sealed class BiasFixtureTests : IDisposable
{
    private static readonly double[] Strictnesses = [1, 0.5, 0, 2];
    private readonly Workers _workers = new();

    public void Dispose() => _workers.Dispose();

    [Fact]
    public void Every_value_of_the_fixture_is_met_within_its_tolerance()
    {
        EmbeddingTable glove = GloVe.Table;
        var fixture = new FixtureCase("bias");
        (int, int)[] pairs = [.. fixture.Inputs.GetProperty("pairs").GetProperty("value").EnumerateArray().Select(p => (GloVe.Id(p[0].GetString()!), GloVe.Id(p[1].GetString()!)))];
        string[] professions = Strings(fixture.Inputs.GetProperty("professions").GetProperty("value"));
        BiasDirection difference = BiasDirection.Of(glove, pairs, BiasMethod.Difference, _workers), pca = BiasDirection.Of(glove, pairs, BiasMethod.Pca, _workers);
        foreach (string name in fixture.Names)
        {
            BiasDirection direction = name.EndsWith("_pca", StringComparison.Ordinal) ? pca : difference;
            fixture.Compare(name, name switch
            {
                "direction_mean_difference" or "direction_pca" => direction.Vector,
                "pca_explained_variance_ratio" => pca.ExplainedVarianceRatio,
                "cosine_between_the_two_directions" => difference.Vector.Zip(pca.Vector, (a, b) => a * b).Sum(),
                "projection_mean_difference" or "projection_pca" => professions.ToDictionary(word => word, word => direction.Projection(GloVe.Id(word))),
                "direct_bias_mean_difference" or "direct_bias_pca" =>
                    Strictnesses.ToDictionary(c => $"c={c}", c => direction.DirectBias([.. professions.Select(GloVe.Id)], c)),
                "neutralised_cosine_matrix" => Cosines([.. professions.Take(10).Select(word => pca.Neutralised(GloVe.Id(word))!)]),
                _ when name.StartsWith("weat_", StringComparison.Ordinal) => Weat(glove, fixture.Inputs, name),
                _ => throw new InvalidDataException($"the fixture has a value {name} that no test looks at"),
            });
        }
    }

    [Fact]
    public void The_known_lists_lose_and_cut_the_same_words_as_the_fixture_s()
    {
        var words = new WordIndex(GloVe.Table);
        var fixture = new FixtureCase("bias");
        foreach (AssociationLists lists in KnownWordLists.Associations)
        {
            JsonElement input = fixture.Inputs.GetProperty("weat_" + lists.Name.Replace('-', '_'));
            WordGroup[] groups = [.. new[] { lists.X, lists.Y, lists.A, lists.B }.Select(list => WordGroup.Of(words, list))];
            var result = WordAssociation.Of(GloVe.Table, groups[0].Ids, groups[1].Ids, groups[2].Ids, groups[3].Ids);
            Assert.Equal(Strings(input.GetProperty("value").GetProperty("X")).Concat(Strings(input.GetProperty("value").GetProperty("Y"))), result.Associations.Select(a => a.Text));
            Assert.Equal(Strings(input.GetProperty("value").GetProperty("A")), groups[2].Tokens.Select(t => t.Text));
            Assert.Equal(Strings(input.GetProperty("value").GetProperty("B")), groups[3].Tokens.Select(t => t.Text));
            string note = input.GetProperty("note").GetString()!;
            Assert.All(groups.SelectMany(group => group.Missing).Concat(result.CutOff.Select(t => t.Text)), word => Assert.Contains($"'{word}'", note, StringComparison.Ordinal));
        }

        Assert.Equal(KnownWordLists.GenderPairs.SelectMany(p => new[] { p.First, p.Second }), fixture.Inputs.GetProperty("pairs").GetProperty("value").EnumerateArray().SelectMany(Strings));
        Assert.Equal(KnownWordLists.Professions, Strings(fixture.Inputs.GetProperty("professions").GetProperty("value")));
    }

    private static object Weat(EmbeddingTable table, JsonElement inputs, string name)
    {
        bool permutation = name.EndsWith("_permutation", StringComparison.Ordinal);
        JsonElement lists = inputs.GetProperty(permutation ? name[..^"_permutation".Length] : name).GetProperty("value");
        int[] List(string list) => [.. Strings(lists.GetProperty(list)).Select(GloVe.Id)];
        var result = WordAssociation.Of(table, List("X"), List("Y"), List("A"), List("B"));
        if (!permutation)
            return new { associations = result.Associations.ToDictionary(a => a.Text, a => a.Value), result.Statistic, result.EffectSizeSampleSd, result.EffectSizePopulationSd };
        PartitionTest p = result.Permutation;
        Assert.Null(p.Sampled);
        return new { p.Partitions, p.Greater, p.EqualIncludingTheObserved, p.PStrict, p.PGreaterOrEqual };
    }

    private static double[][] Cosines(double[][] units) => [.. units.Select(a => units.Select(b => a.Zip(b, (x, y) => x * y).Sum()).ToArray())];

    private static string[] Strings(JsonElement list) => [.. list.EnumerateArray().Select(word => word.GetString()!)];
}
