using System.Runtime.InteropServices;
using Azimuth.Checkpoints;
using Azimuth.Numerics;

namespace Azimuth.Tests.Numerics;

public class HugeTableTests
{
    private const long Rows = 256_000;
    private const int Columns = 16_384;

    [Fact]
    public void The_last_rows_of_a_table_of_four_thousand_million_elements_are_read()
    {
        string path = Path.Combine(Path.GetTempPath(), $"azimuth-{Guid.NewGuid():N}.sparse");
        try
        {
            CreateSparse(path);
            var matrix = new StoredMatrix(TensorType.F32, Rows, Columns, MappedFile.Open(path)); // 16.8 GB, nearly all of it holes
            Assert.True(matrix.Rows * matrix.Columns > int.MaxValue);
            float[] last = matrix.Row(Rows - 1);
            Assert.Equal((0f, 42f), (last[0], last[^1]));
            var two = new float[2 * Columns];
            matrix.ReadRows(Rows - 2, 2, two);
            Assert.Equal((7f, 42f), (two[0], two[^1]));
            Assert.Throws<ArgumentOutOfRangeException>(() => matrix.Row(Rows));
            Assert.Throws<ArgumentOutOfRangeException>(() => matrix.ReadRows(Rows - 1, 2, two));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void CreateSparse(string path)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "sparse files are made by simply seeking only on Linux");
        try
        {
            using var file = File.Create(path);
            file.SetLength(Rows * Columns * sizeof(float));
            Write(file, (Rows - 2) * Columns, 7);
            Write(file, Rows * Columns - 1, 42);
        }
        catch (IOException e)
        {
            Assert.Skip($"the disk holds no sparse file of 16.8 GB: {e.Message}");
        }
    }

    private static void Write(FileStream file, long element, float value)
    {
        file.Position = element * sizeof(float);
        file.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<float>(in value)));
    }
}
