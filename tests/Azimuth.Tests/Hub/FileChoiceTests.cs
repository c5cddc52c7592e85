using Azimuth.Hub;

namespace Azimuth.Tests.Hub;

public sealed class FileChoiceTests
{
    [Theory]
    [InlineData("config.json model.safetensors onnx/model.onnx tf_model.h5 flax_model.msgpack rust_model.ot coreml/x.mlpackage tokenizer.json", "config.json model.safetensors tokenizer.json")]
    [InlineData("config.json model.safetensors pytorch_model.bin model.fp16.safetensors x.gguf", "config.json model.safetensors")]
    [InlineData("config.json pytorch_model.bin vocab.txt model.onnx", "config.json pytorch_model.bin vocab.txt")]
    [InlineData("model.safetensors.index.json model-00001-of-00002.safetensors model-00002-of-00002.safetensors model.fp16-00001-of-00001.safetensors pytorch_model.bin.index.json pytorch_model-00001-of-00001.bin",
        "model.safetensors.index.json model-00001-of-00002.safetensors model-00002-of-00002.safetensors")]
    [InlineData("config.json pytorch_model.bin.index.json pytorch_model-00001-of-00002.bin pytorch_model-00002-of-00002.bin",
        "config.json pytorch_model.bin.index.json pytorch_model-00001-of-00002.bin pytorch_model-00002-of-00002.bin")]
    [InlineData("README.md only.Q8_0.gguf .gitattributes", "README.md only.Q8_0.gguf")]
    [InlineData("weights.safetensors config.json", "weights.safetensors config.json")]
    [InlineData("config.json model.safetensors modules.json 1_Pooling/config.json 2_Dense/model.safetensors 2_Dense/x.onnx sentence_bert_config.json",
        "config.json model.safetensors modules.json 1_Pooling/config.json 2_Dense/model.safetensors sentence_bert_config.json")]
    [InlineData("config.json model.safetensors 1_Pooling/config.json", "config.json model.safetensors")]
    [InlineData("model.safetensors spiece.model sentencepiece.bpe.model qwen.tiktoken merges.txt vocab.json added_tokens.json special_tokens_map.json chat_template.jinja LICENSE.md training_args.bin optimizer.pt",
        "model.safetensors spiece.model sentencepiece.bpe.model qwen.tiktoken merges.txt vocab.json added_tokens.json special_tokens_map.json chat_template.jinja LICENSE.md")]
    public void The_needed_files_are_chosen(string there, string chosen) =>
        Assert.Equal(chosen.Split(' '), new FileChoice().Of("m", there.Split(' ')));

    [Theory]
    [InlineData("a.Q4_K_M.gguf b.Q8_0.gguf README.md", "SeveralWeights", "a.Q4_K_M.gguf, b.Q8_0.gguf")]
    [InlineData("a.safetensors b.safetensors", "SeveralWeights", "--file")]
    [InlineData("config.json tf_model.h5 model.onnx", "NoWeights", "tf_model.h5, model.onnx")]
    [InlineData("config.json", "NoWeights", "found none")]
    [InlineData("model.safetensors.index.json config.json", "NoWeights", "model-00001-of-00002.safetensors")]
    public void What_leaves_no_clear_choice_is_an_error_that_says_what_there_is(string there, string kind, string said)
    {
        var error = Assert.Throws<HubException>(() => new FileChoice().Of("m", there.Split(' ')));
        Assert.Equal(kind, error.Kind);
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("*Q4*", "config.json a.Q4_K_M.gguf")]
    [InlineData("sub/*.gguf", "config.json sub/c.gguf")]
    [InlineData("c.gguf", "config.json sub/c.gguf")]
    [InlineData("?.Q8_0.gguf", "config.json b.Q8_0.gguf")]
    public void A_pattern_takes_the_place_of_the_choice_of_weights(string pattern, string chosen) =>
        Assert.Equal(chosen.Split(' '), new FileChoice { Patterns = [pattern] }.Of("m", ["config.json", "a.Q4_K_M.gguf", "b.Q8_0.gguf", "sub/c.gguf"]));

    [Fact]
    public void A_pattern_that_nothing_fits_names_the_nearest()
    {
        var error = Assert.Throws<HubException>(() => new FileChoice { Patterns = ["a.Q4_K_S.gguf"] }.Of("m", ["a.Q4_K_M.gguf", "other"]));
        Assert.Contains("a.Q4_K_M.gguf", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_is_all() => Assert.Equal(["x.onnx", "y"], new FileChoice { All = true }.Of("m", ["x.onnx", "y"]));
}
