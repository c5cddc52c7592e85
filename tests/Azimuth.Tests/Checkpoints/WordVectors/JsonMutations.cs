using System.Text;
using System.Text.Json.Nodes;

namespace Azimuth.Tests.Checkpoints.WordVectors;

/// <summary>Damages what a JSON file says, and leaves it JSON.</summary>
internal static class JsonMutations
{
    private static readonly string[] Values =
    [
        "null", "true", "false", "0", "1", "2", "3", "8", "64", "-1", "0.5", "1e-300", "1e30", "1e300", "1e999", "65536", "65537", "1048576", "16777216", "16777217", "2147483647", "2147483648",
        "4294967296", "9223372036854775807", "99999999999999999999", "\"\"", "\"gelu\"", "\"yarn\"", "\"longrope\"", "\"dynamic\"", "\"sliding_attention\"", "\"</s>\"", "\"T5Tokenizer\"",
        "\"(a+)+$\"", "\"\\u0000\"", "[]", "[1]", "[null]", "{}", "{\"content\":\"a\"}", "{\"5\":{\"content\":\"the\"}}", "{\"2147483647\":{\"content\":\"x\",\"lstrip\":true}}",
    ];

    /// <summary>One to three keys, at any depth, get one value: sizes that fit each other get further.</summary>
    /// <param name="json">An object with keys.</param>
    /// <param name="mutations">What chooses.</param>
    public static byte[] WithValues(byte[] json, Mutations mutations)
    {
        JsonObject damaged = JsonNode.Parse(json)!.AsObject();
        string value = mutations.Pick(Values);
        for (int times = 1 + mutations.Below(3); times > 0 && damaged.Count > 0; times--)
        {
            JsonObject at = damaged;
            string key = mutations.Pick([.. at.Select(entry => entry.Key)]);
            while (at[key] is JsonObject { Count: > 0 } inner && !mutations.Chance(4))
                (at, key) = (inner, mutations.Pick([.. inner.Select(entry => entry.Key)]));
            if (mutations.Chance(8))
                at.Remove(key);
            else
                at[key] = JsonNode.Parse(value);
        }

        return Encoding.UTF8.GetBytes(damaged.ToJsonString());
    }
}
