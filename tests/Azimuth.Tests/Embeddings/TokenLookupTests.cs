using Azimuth.Embeddings;
using Azimuth.Numerics;

namespace Azimuth.Tests.Embeddings;

public sealed class TokenLookupTests : IDisposable
{
    private readonly Workers _workers = new();

    public void Dispose() => _workers.Dispose();

    [Fact]
    public void Looking_up_is_the_product_with_a_one_hot_vector()
    {
        TokenLookup got = TokenLookup.Of(Tables.SmolLm2(), [5099, 2322, 5099], _workers);
        Assert.Equal(0, got.OneHotMaxDifference);
        Assert.Equal(1.9793450430172799, got.Norms[0], 1e-9); // fixtures/trace/smollm2.json, " Mary"
        Assert.Equal(got.RowsPreview[0], got.RowsPreview[2]);
        Assert.Equal(8, got.RowsPreview[0].Count);
    }

    [Fact]
    public void The_cosine_matrix_is_symmetric_with_ones_and_zero_degrees_on_its_diagonal()
    {
        EmbeddingTable table = Tables.NovelsGpt();
        TokenLookup got = TokenLookup.Of(table, [282, 349, 262], _workers);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(1, got.Cosine[i][i]!.Value, 1e-12);
            Assert.Equal(0, got.AngleDegrees[i][i]!.Value);
            for (int j = 0; j < 3; j++)
            {
                Assert.Equal(got.Cosine[i][j], got.Cosine[j][i]);
                Assert.Equal(Math.Acos(Math.Min(1, got.Cosine[i][j]!.Value)) * 180 / Math.PI, got.AngleDegrees[i][j]!.Value, 1e-5);
            }
        }

        Assert.Equal(0.6471706199172018, got.Cosine[0][1]!.Value, 1e-9); // " he" and " she" in fixtures/trace/novels-gpt.json
    }

    [Fact]
    public void A_zero_row_has_no_cosine_and_no_angle_not_even_with_itself()
    {
        TokenLookup got = TokenLookup.Of(Tables.Of(3, 2, [1, 2, 0, 0, 3, 4]), [0, 1], _workers);
        Assert.Null(got.Cosine[1][1]);
        Assert.Null(got.AngleDegrees[0][1]);
        Assert.Equal(0, got.Norms[1]);
    }

    [Fact]
    public void A_NaN_elsewhere_in_the_table_shows_in_the_one_hot_product()
    {
        TokenLookup got = TokenLookup.Of(Tables.Of(3, 2, [1, 2, float.NaN, 0, 3, 4]), [0, 2], _workers);
        Assert.Equal(double.NaN, got.OneHotMaxDifference);
    }

    [Fact]
    public void No_ids_give_empty_lists_and_an_id_without_a_row_is_refused()
    {
        EmbeddingTable table = Tables.Of(3, 2, [1, 2, 0, 0, 3, 4]);
        Assert.Empty(TokenLookup.Of(table, [], _workers).Cosine);
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => TokenLookup.Of(table, [3], _workers));
        Assert.Contains("rows 0 to 2", error.Message, StringComparison.Ordinal);
    }
}
