using System.Text.Json;

namespace Azimuth.Tests.Embeddings;

/// <summary>Compares ranked lists of [id, value] with the reference.</summary>
internal static class RankedLists
{
    /// <summary>
    /// Values must agree within <paramref name="tolerance"/> and ids be equal, unless the two values at that rank are nearer than 1e-5, as the
    /// README of fixtures/trace allows.
    /// </summary>
    internal static void Same(JsonElement want, IEnumerable<(int Id, double Value)> got, string where, double tolerance)
    {
        var found = got.ToArray();
        Assert.True(want.GetArrayLength() == found.Length, $"{where}: expected {want.GetArrayLength()} entries, found {found.Length}");
        for (int i = 0; i < found.Length; i++)
        {
            int id = want[i][0].GetInt32();
            double value = want[i][1].GetDouble();
            Assert.True(Math.Abs(value - found[i].Value) <= tolerance, $"{where}: entry {i} expected [{id}, {value:R}], found [{found[i].Id}, {found[i].Value:R}]");
            bool tie = Enumerable.Range(0, found.Length).Any(j => want[j][0].GetInt32() == found[i].Id && Math.Abs(want[j][1].GetDouble() - value) < 1e-5)
                || (i == found.Length - 1 && Math.Abs(found[i].Value - value) < 1e-5 && want.EnumerateArray().All(w => w[0].GetInt32() != found[i].Id));
            Assert.True(id == found[i].Id || tie, $"{where}: entry {i} expected [{id}, {value:R}], found [{found[i].Id}, {found[i].Value:R}]");
        }
    }
}
