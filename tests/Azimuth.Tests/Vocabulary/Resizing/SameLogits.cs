using Azimuth.Numerics;
using Azimuth.Transformers;

namespace Azimuth.Tests.Vocabulary.Resizing;

/// <summary>A resized model says of its old tokens what it said before, bit for bit.</summary>
internal static class SameLogits
{
    /// <summary>Prompts that hold every kept id, some of them twice; all positions, all kept ids.</summary>
    public static void Require(LanguageModel before, LanguageModel after, int?[] newIdOfOld)
    {
        int[] kept = [.. Enumerable.Range(0, newIdOfOld.Length).Where(id => newIdOfOld[id] is not null)];
        int length = Math.Min(60, before.Config.ContextLength);
        int prompts = Math.Min(8, (kept.Length + length - 1) / length);
        for (int prompt = 0; prompt < prompts; prompt++)
        {
            int[] ids = [.. Enumerable.Range(0, length).Select(i => kept[(prompt * length + i) % kept.Length])];
            int[] renewed = [.. ids.Select(id => newIdOfOld[id]!.Value)];
            if (!before.Config.Output.HasLogits)
            {
                Assert.Equal(before.HiddenStates(ids).Values, after.HiddenStates(renewed).Values); // an encoder without a head
                continue;
            }

            Matrix expected = before.Logits(ids), found = after.Logits(renewed);
            for (int position = 0; position < length; position++)
            {
                foreach (int id in kept)
                {
                    if (BitConverter.SingleToInt32Bits(expected[position, id]) != BitConverter.SingleToInt32Bits(found[position, newIdOfOld[id]!.Value]))
                        Assert.Fail($"{before.Name}: logit of {id} at {position} is {found[position, newIdOfOld[id]!.Value]:g9}, expected {expected[position, id]:g9}");
                }
            }
        }
    }
}
