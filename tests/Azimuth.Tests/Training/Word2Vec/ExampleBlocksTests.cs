using Azimuth.Numerics;
using Azimuth.Tests.Checkpoints;
using Azimuth.Training.Corpora;
using Azimuth.Training.Word2Vec;

namespace Azimuth.Tests.Training.Word2Vec;

/// <summary>Predictions are listed by the blocks of rows they touch, so that two threads never write one row.</summary>
public sealed class ExampleBlocksTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, false, 2)]
    [InlineData(true, false, 3)]
    [InlineData(false, true, 3)]
    public void All_rows_of_a_prediction_are_in_the_blocks_it_is_listed_under(bool perPair, bool tree, int blocks)
    {
        Word2VecOptions options = TopicText.Options(false, tree) with { NegativesPerPair = perPair };
        var maker = new ExampleMaker(TopicText.Prepare(_folder, 20_000), options, blocks);
        var chunk = new ExampleChunk(blocks);
        var pairs = new long[2];
        for (int index = 0; index < 3; index++)
        {
            var dealing = new RowDealing(blocks, (ulong)index);
            maker.Fill(chunk, index, dealing);
            for (int block = 0; block < blocks * blocks; block++)
            {
                for (ExampleList.Reader reader = chunk.List(block / blocks, block % blocks).Read(); reader.Next();)
                {
                    Assert.All(reader.Inputs.ToArray(), input => Assert.Equal(block / blocks, dealing.BlockOf(input)));
                    Assert.All(reader.Targets.ToArray(), target => Assert.Equal(block % blocks, dealing.BlockOf(target >> 1)));
                    pairs[0] += reader.Inputs.Length * reader.Targets.Length;
                }
            }

            pairs[1] += chunk.Targets;
        }

        Assert.Equal(pairs[1], pairs[0]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void With_many_words_the_targets_of_a_position_are_in_one_block_and_two_runs_end_with_the_same_bits(bool perPair)
    {
        var random = new SeededRandom(4);
        File.WriteAllLines(_folder.File("many.txt"), Enumerable.Range(0, 400).Select(_ => string.Join(' ', Enumerable.Range(0, 50).Select(_ => $"w{(int)(random.NextDouble() * random.NextDouble() * 6000)}"))));
        using var workers = new Workers(2);
        TrainingText text = TrainingText.Prepare(TextCorpus.Open([_folder.File("many.txt")]), new VocabularyOptions { MinCount = 1 }, _folder.Path, workers);
        Word2VecOptions options = TopicText.Options(false, false) with { NegativesPerPair = perPair, Epochs = 1 };
        Assert.True(NegativePool.IsFair(text.Counts, 2));
        var chunk = new ExampleChunk(2);
        var dealing = new RowDealing(2, 5);
        new ExampleMaker(text, options, 2).Fill(chunk, 0, dealing);
        int listed = 0;
        for (int list = 0; list < 4; list++)
        {
            for (ExampleList.Reader reader = chunk.List(list / 2, list % 2).Read(); reader.Next(); listed += reader.Inputs.Length)
            {
                // The word and all that was drawn against it, but for itself.
                Assert.InRange(reader.Targets.Length, 2, 1 + options.Negatives);
                Assert.Equal(1, reader.Targets[0] & 1);
                Assert.All(reader.Targets.ToArray(), target => Assert.Equal(list % 2, dealing.BlockOf(target >> 1)));
            }
        }

        Assert.Equal(chunk.Predictions, listed);
        float[][] runs = [.. Enumerable.Range(0, 2).Select(_ =>
        {
            using Word2VecTrainer trainer = Word2VecTrainer.Begin(text, options, workers);
            while (!trainer.Finished)
                trainer.Advance();
            return Enumerable.Range(0, trainer.Table!.Count).SelectMany(trainer.Table!.Vector).ToArray();
        })];
        Assert.Equal(runs[0], runs[1]);
    }
}
