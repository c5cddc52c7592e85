using System.Text.Json;

namespace Azimuth.Cli.Tests;

/// <summary>The spelling that scripts rely on: every documented key of every command's document is there.</summary>
public sealed class JsonKeysTests
{
    [Theory]
    [InlineData("models", "models[].name models[].path models[].format models[].sizeBytes models[].description models[].isDefault models[].source")]
    [InlineData("inspect -m novels-gpt", "path format fileBytes tensorCount elementCount types[].type config tensors[].name tensors[].type tensors[].shape tensors[].offset tensors[].sizeBytes")]
    [InlineData("inspect", "metadata tensors[].name")]
    [InlineData("tokenize -m novels-gpt --text héros", "ids[] tokens[].id tokens[].text tokens[].start tokens[].end tokens[].startByte tokens[].endByte tokens[].special decoded")]
    [InlineData("tokenize -m novels-gpt --variants night", "word variants[].case variants[].space variants[].text variants[].ids[] variants[].tokens[].id variants[].single")]
    [InlineData("lookup -m novels-gpt id:262 id:300", "table modelDim tokens[].id tokens[].text norms[] rowsPreview[][] cosine[][] angleDegrees[][] oneHotMaxDifference")]
    [InlineData("neighbors -m novels-gpt id:262", "token.id token.text metric table norm neighbors[].id neighbors[].text neighbors[].value neighbors[].angleDegrees audit.k audit.cosine[].id audit.overlapCosineDot audit.verdict logitAudit.k logitAudit.logits[].id logitAudit.logits[].value logitAudit.readOut.cosine logitAudit.readOut.dot logitAudit.rows.euclidean logitAudit.verdict")]
    [InlineData("neighbors -m novels-gpt id:262 --whiten", "conventions.centred neighbors[].id audit.verdict")]
    [InlineData("roundtrip -m novels-gpt id:262", "token.id leverage transpose.own transpose.rank transpose.peaks[].id cosine.own cosine.rank cosine.peaks[].value leftInverse.own leftInverse.rank leftInverse.peaks[].text")]
    [InlineData("roundtrip -m novels-gpt --all", "recovered.transpose recovered.cosine recovered.leftInverse leverageSum leverageMin.id leverageMax.value ranks.queries ranks.transpose.medianRank ranks.cosine.worstRank ranks.leftInverse.share")]
    [InlineData("roundtrip -m tests/fixtures/families/gpt2-untied --all --table both", "table queries leverageSum transpose.recovered cosine.share leftInverse.worstRank leftInverseInput.medianRank")]
    [InlineData("roundtrip -m tests/fixtures/families/gpt2-untied id:5 --table both", "leverage transpose.own leftInverse.rank leftInverseInput.own")]
    [InlineData("geometry -m novels-gpt", "tables[].table tables[].rows tables[].columns tables[].normMean tables[].normSdPopulation tables[].normQuantiles.0 tables[].normQuantiles.100 tables[].smallestNormIds[] tables[].largestNormIds[] tables[].meanVectorNorm tables[].meanPairwiseCosine tables[].singularValuesFirst10[] tables[].effectiveRankSingularValues tables[].participationRatioCentredEigenvalues tables[].explainedVarianceFirst10[] tables[].norms.sdSample tables[].norms.quantiles.0 tables[].meanVector.meanCosineWithMeanVector tables[].spearmanNormId tables[].singularValues[][] tables[].pcaExplainedVariance[] tables[].pcaExplainedVarianceRatio[] tables[].pcaComponents[][] tables[].outlierDimensions.meanZ[] tables[].raw.isoscore tables[].centred.logPartitionIsotropy tables[].removeTop1.meanPairwiseCosine tables[].removeTop2.partitionIsotropy tables[].removeTop3.effectiveRankEigenvalues tables[].whitenPca.participationRatio tables[].whitenZca.effectiveRankSingularValues tables[].whitenEpsilon tables[].neighbourOverlap10.cosineDot.jaccard tables[].hubness10.skewness tables[].hubness10.topHubs[].text tables[].mapPca2d.trustworthiness10 tables[].mapPca2d.keptCosineNeighbours10 tables[].twoNnDimension tables[].neighbourQueries tables[].logitAudit.rows.cosine tables[].logitAudit.readOut.dot")]
    [InlineData("align novels-gpt novels-gpt --svcca", "a b tableA tableB alignment.match alignment.pairs alignment.onlyInA alignment.onlyInB alignment.repeatedTexts alignment.modelDims[] alignment.procrustesUncentred.det alignment.procrustesCentred.singularValueSum alignment.procrustesCentred.scale alignment.procrustesCentred.rank alignment.procrustesCentred.unscaled.residual alignment.procrustesCentred.scaled.relativeResidual alignment.procrustesCentred.scaled.meanCosine alignment.angleSummary.meanBefore alignment.angleSummary.medianAfter alignment.topMovers[].id alignment.topMovers[].idInB alignment.topMovers[].angleAfterDegrees alignment.topMovers[].normRatioAfter alignment.ckaLinear alignment.ckaLinearUncentred alignment.svcca99.meanCorrelation alignment.neighbourOverlap10.raw alignment.neighbourOverlap10.rawJaccard alignment.neighbourOverlap10.centredJaccard alignment.neighbourOverlap10.queries")]
    [InlineData("drift novels-gpt novels-gpt", "a b identical tables[].table tables[].pairs tables[].added tables[].removed tables[].identicalRows tables[].relativeChange tables[].angleSummary.meanAfter tables[].normRatioSummary.median tables[].procrustes.det tables[].topMovers[].text tensors.tensors[].name tensors.tensors[].relativeChange tensors.layers[].layer tensors.layers[].relativeChange tensors.onlyInA tensors.onlyInB tensors.reshaped tensors.notRead tensors.identical")]
    [InlineData("trace -m novels-gpt --ids 262,300,262", "prompts[].ids[] prompts[].tokens[].text prompts[].target.id prompts[].target.text prompts[].rival.id prompts[].logitTarget prompts[].logitRival prompts[].probabilityTarget prompts[].rankTarget prompts[].top10[].probability prompts[].lossNatsPerPosition[] prompts[].greedy20[].id prompts[].sites[].site prompts[].sites[].norm prompts[].sites[].normAllPositions[] prompts[].sites[].angleToFinal prompts[].sites[].angleToTargetRaw prompts[].sites[].angleToTargetNormed prompts[].sites[].lensTop5[].text prompts[].sites[].targetProbability prompts[].sites[].targetRank prompts[].sites[].planeNormed.inPlane prompts[].sites[].planeRaw.x prompts[].contributions.tokenEmbedding.target prompts[].contributions.positionEmbedding.targetMinusRival prompts[].biasTerm.target prompts[].confidence[].tokensFor90Percent prompts[].length[].scale prompts[].attentionLastPosition[][][]")]
    [InlineData("confidence -m novels-gpt --ids 262,300", "target.id target.text confidence[].temperature confidence[].probabilityTarget confidence[].probabilityTop confidence[].entropyNats confidence[].entropyBits confidence[].tokensFor90Percent limitAtZero.probabilityTarget length[].scale length[].probabilityTarget length[].entropyNats")]
    [InlineData("map -m novels-gpt --label id:300", "map.table map.rows map.projection map.centred map.varianceShown map.axisShares[] map.keptCosineNeighbours10 map.queries map.rowsWithoutPoint map.farOut labels[].id labels[].text labels[].x labels[].y labels[].shown labels[].nearest[].text landmarks[].id file")]
    [InlineData("gradient -m novels-gpt --ids 262,300 --check", "ids[] positions[] targets[].id targets[].text temperature lossNats probabilityTarget finalVectorNorm vectorGradientNorm rows[].id rows[].text rows[].probability rows[].pull rows[].gradientNorm rows[].direction rowCount listedShare step.eta step.lossBefore step.lossAfter step.targets[].logitBefore step.targets[].logitAfter step.targets[].probabilityAfter check.rowEntries check.vectorEntries check.largestDifference check.largestEntry check.passed")]
    [InlineData("positions -m novels-gpt --ids 262,300,400,500", "schemes[].kind schemes[].layers schemes[].description schemes[].similarityOf schemes[].similarity[].distance schemes[].similarity[].mean schemes[].similarity[].spread schemes[].centredSimilarity[].mean schemes[].normError schemes[].offsetError schemes[].norms.first8[] schemes[].norms.largestRow schemes[].length order.ids[] order.permutations order.seed order.keptInFront order.firstLayerSeesAll order.withPositions.firstAttentionChange order.withPositions.residualChange[] order.withPositions.klNats order.withPositions.sameTopShare order.withPositions.top.id order.withoutPositions.klNats")]
    [InlineData("positions --ids 262,300,400,500 --length 64 --permutations 1", "schemes[].layers[] schemes[].inverseFrequencies[] schemes[].attentionFactor schemes[].slopes")]
    [InlineData("attention -m novels-gpt --ids 262,300,400,500 --layer 1 --head 2", "text ids[] heads[].layer heads[].head heads[].previousToken heads[].firstToken heads[].self heads[].entropyShare heads[].nearestShare heads[].induction repeatedTokens seed row.layer row.head row.keyHead row.position row.token.id row.queryNorm row.scale row.softCap row.alibiSlope row.keys[].position row.keys[].token.text row.keys[].weight row.keys[].score row.keys[].scaledProduct row.keys[].alibiBias row.keys[].cosine row.keys[].angleDegrees row.keys[].keyNorm row.entropyNats row.largest row.nearest row.reproductionError")]
    [InlineData("bigrams -m novels-gpt id:262", "token.id direct.top[].id direct.top[].probability direct.ownRank direct.ownProbability direct.klFromActualNats withFirstMlp.top[].text actual.ownRank")]
    [InlineData("bigrams -m novels-gpt --sample 20", "tokens vocabulary seed direct.ownFirst direct.agreesWithActual direct.klMeanNats direct.klMedianNats withFirstMlp.ownFirst actual.agreesWithActual")]
    [InlineData("generate -m novels-gpt --prompt-ids 262,300 --max-tokens 4", "ids[] text stopReason tokensPerSecond")]
    [InlineData("eval perplexity LICENSE -m novels-gpt", "predictedTokens lossNatsPerToken perplexity window stride tokens")]
    [InlineData("check novels-gpt --advice", "models[].name models[].path models[].errors models[].warnings models[].notes models[].advice findings[].model findings[].code findings[].severity findings[].title findings[].message findings[].evidence findings[].fix findings[].page checked[].model checked[].code checked[].title checked[].ran checked[].reason")]
    [InlineData("check --explain AZ101", "code title severity page text")]
    [InlineData("sizes novels-gpt", "name architecture layers vocabSize modelDim tied parameters parametersTied parametersUntied parametersWithoutTables parts[].part parts[].tensors parts[].parameters parts[].share parts[].storedBytes bytes.f32 bytes.f16 bytes.bf16 bytes.int8 bytes.fourBit cache.valuesPerToken cache.bytesPerTokenF32 cache.bytesPerTokenF16 cache.contextLength cache.bytesAtContextF32 cache.bytesAtContextF16 cache.windowedLayers checkpoint.format checkpoint.fileBytes checkpoint.tensors checkpoint.values checkpoint.bytes checkpoint.askedValues checkpoint.agrees checkpoint.missing checkpoint.misshapen checkpoint.unused")]
    [InlineData("bias -m novels-gpt", "table direction.pairs[].first.id direction.pairsLeftOut[] direction.words.tokens[].id direction.words.missing[] direction.strictness direction.directions[].method direction.directions[].vector[] direction.directions[].projections[].value direction.directions[].directBias direction.directions[].meanOfAllRows direction.directions[].standardDeviationOfAllRows direction.cosineBetweenTheTwoDirections")]
    [InlineData("bias --weat math-arts", "weat.name weat.leftOut weat.result.associations[].value weat.result.targetCount weat.result.cutOff weat.result.attributesA weat.result.statistic weat.result.effectSizeSampleSd weat.result.effectSizePopulationSd weat.result.permutation.partitions weat.result.permutation.greater weat.result.permutation.equalIncludingTheObserved weat.result.permutation.pStrict weat.result.permutation.pGreaterOrEqual weat.result.permutation.sampled")]
    [InlineData("probe samples/data/word-kinds.tsv -m novels-gpt --weights", "file table examples[].label outOfVocabulary[] repeated split.train[] split.validation[] split.test[] probe.kind probe.classes[] probe.c probe.tried[].c probe.objective probe.accuracy.test.correct probe.accuracy.train.of probe.testConfusion[][] probe.majorityBaselineTest probe.controlAccuracy.test.correct probe.selectivityTest weights[][] intercepts[]")]
    [InlineData("probe samples/data/word-kinds.tsv -m novels-gpt --target norm --weights", "target regression.alpha regression.r2.train regression.r2.test regression.controlR2.validation weights[] intercept")]
    [InlineData("subspace he him his -m novels-gpt --versus samples/data/verbs.txt", "table centre dimension explainedVarianceRatio[] shareByChance basis[][] members[].id members[].inside members[].leftOut nearest[].text nearest[].inside missing versus[].id principalAnglesDegrees[]")]
    [InlineData("analogy he him she -m novels-gpt --answer her", "method pairs[].first.id pairs[].second.text query.text table answers[].id answers[].text answers[].score expected.token.id expected.rank expected.score expected.offsetCosineUnitRows expected.offsetCosineRawRows")]
    [InlineData("analogy go -m novels-gpt --pairs samples/data/past-tense.tsv --method pair", "pairs[].first.id relation.pairs relation.zeroOffsets relation.meanOffsetCosine relation.meanCosineToMeanOffset heldOut.correct heldOut.of heldOut.meanReciprocalRank heldOut.pairs[].rank")]
    [InlineData("eval analogies samples/data/analogies.txt -m novels-gpt --method all", "file questions table methods[].method methods[].accuracy methods[].total.questions methods[].total.correct methods[].total.incorrect methods[].total.outOfVocabulary methods[].semantic.accuracy methods[].syntactic.accuracyDummy4unknown methods[].sections[].section methods[].sections[].answers methods[].sections[].relation.meanOffsetCosine methods[].sections[].relation.distinctPairs")]
    [InlineData("eval similarity samples/data/similarity.tsv -m novels-gpt", "table sets[].name sets[].pairsInFile sets[].pairsUsed sets[].outOfVocabulary sets[].outOfVocabularyShare sets[].spearman sets[].spearmanPValue sets[].pearson sets[].pearsonPValue sets[].spearmanDummy4unknown sets[].pearsonDummy4unknown")]
    [InlineData("glitch -m novels-gpt --verify 2", "table rows indicator classes.ok classes.special classes.unreachable classes.partialUtf8 classes.padding reference.source reference.ids[] reference.knownUnused reference.explanation suspectShare threshold suspects neverTrained zeroRows tokens[].rank tokens[].id tokens[].text tokens[].class tokens[].value tokens[].percentile tokens[].verdict tokens[].inputNorm tokens[].outputNorm tokens[].outputCosineDistance tokens[].outputCosineDistanceCentred tokens[].outputCosineDistanceWithoutFirstComponent histogram.edges[] histogram.counts[] verification.prompts[] verification.threshold verification.candidates[].id verification.candidates[].text verification.candidates[].probabilities[] verification.candidates[].maxProbability verification.candidates[].repeated verification.control[].id verification.candidatesNotRepeated verification.controlNotRepeated verification.candidatesRepeated verification.controlRepeated verification.isConclusive")]
    [InlineData("unreachable -m tests/fixtures/families/gpt2", "table rows columns hasBias reachable reachableByOwnDirection unreachableCount undecidedCount residualAllowed unreachable undecided certificates")]
    [InlineData("inspect tests/fixtures/word-vectors/stored.npz", "path format fileBytes rows estimatedRows modelDim arrays[].name arrays[].type arrays[].shape details firstTokens warnings")]
    [InlineData("inspect tests/fixtures/word-vectors/fasttext.bin", "rows modelDim firstTokens[] details.version details.model details.labels details.subwords details.trainedTokens")]
    [InlineData("quantize -m novels-gpt --type q8_0", "part types[].type types[].part types[].sizeBytesBefore types[].sizeBytesAfter types[].tables[].table types[].tables[].rows types[].tables[].columns types[].tables[].sizeBytesBefore types[].tables[].sizeBytesAfter types[].tables[].bitsPerWeight types[].tables[].rmsError types[].tables[].maxError types[].tables[].relativeRmsError types[].tables[].meanCosine types[].tables[].minCosine types[].tables[].meanAngleDegrees types[].tables[].maxAngleDegrees types[].tables[].neighbourOverlap10 types[].tables[].overlapRows types[].matrices.count types[].matrices.rmsError types[].matrices.relativeRmsError types[].storedAsF16 types[].divergence.positions types[].divergence.window types[].divergence.meanKlNats types[].divergence.maxKlNats types[].divergence.maxKlPosition types[].divergence.top1Agreement types[].divergence.perplexityBefore types[].divergence.perplexityAfter impossible text.tokens written")]
    [InlineData("verify tests/fixtures/families/gpt2", "tolerance passed largestDifference notCompared folders[].folder folders[].referenceError folders[].cases[].referenceError folders[].cases[].sites[].site folders[].cases[].sites[].largestDifference")]
    public async Task A_document_starts_with_command_model_and_conventions_and_has_every_documented_key(string commandLine, string keys)
    {
        JsonElement document = (await CliProcess.RunAsync([.. commandLine.Split(' '), "--json"])).Json();
        Assert.Equal(["command", "model", "conventions"], document.EnumerateObject().Take(3).Select(property => property.Name));
        Assert.StartsWith(document.GetProperty("command").GetString()!, commandLine, StringComparison.Ordinal);
        foreach (string key in keys.Split(' '))
            AssertHas(document, key, key);
    }

    [Fact]
    public async Task A_training_of_a_tokenizer_has_every_documented_key()
    {
        using TemporaryFolder folder = new();
        JsonElement document = (await CliProcess.RunInAsync(folder.Path, "train", "tokenizer", Path.Combine(TestFiles.Root, "LICENSE"), "-o", "out", "--vocab-size", "300", "--json")).Json();
        Assert.Equal(["command", "model", "conventions"], document.EnumerateObject().Take(3).Select(property => property.Name));
        foreach (string key in new[] { "path", "files[]", "run", "tokens", "special", "merges", "lastCount", "differentWords", "words", "replaced", "seconds" })
            AssertHas(document, key, key);
        Assert.Equal(300, document.GetProperty("tokens").GetInt32());
    }

    [Theory]
    [InlineData("word2vec", "file run words textWords dimensions epoch lossNats seconds stages[].stage stages[].seconds stages[].processorSeconds sizeBytes")]
    [InlineData("glove", "file run words textWords pairs dimensions epoch cost seconds stages[].stage stages[].seconds stages[].processorSeconds sizeBytes")]
    public async Task A_training_of_word_vectors_has_every_documented_key(string trainer, string keys)
    {
        using TemporaryFolder folder = new();
        JsonElement document = (await CliProcess.RunInAsync(
            folder.Path, "train", trainer, Path.Combine(TestFiles.Root, "LICENSE"), "-o", "v.bin", "--min-count", "2", "--dimensions", "8", "--json")).Json();
        Assert.Equal(["command", "model", "conventions"], document.EnumerateObject().Take(3).Select(property => property.Name));
        foreach (string key in keys.Split(' '))
            AssertHas(document, key, key);
    }

    [Fact]
    public async Task A_word_in_context_has_every_documented_key()
    {
        JsonElement document = (await CliProcess.RunAsync(
            "contextualize", " heart", "-m", "novels-gpt", "--text", "with all my heart", "--text", "In the heart of the city", "--text", "no such word", "--json")).Json();
        foreach (string key in new[]
        {
            "word", "ids[]", "token.id", "sentences[].text", "sentences[].ids[]", "sentences[].position", "sentencesWithout", "selfSimilarity[]", "angleToStaticRowMean[]", "baseline[]", "adjusted[]",
            "baselineTokens", "baselinePairs", "seed", "cosineAfterLastLayer[][]",
        })
            AssertHas(document, key, key);
        Assert.Equal(1, document.GetProperty("sentencesWithout").GetInt32());
        Assert.Equal(7, document.GetProperty("selfSimilarity").GetArrayLength());
    }

    [Fact]
    public async Task A_report_says_where_it_is_and_what_is_in_it()
    {
        using TemporaryFolder folder = new();
        JsonElement document = (await CliProcess.RunInAsync(folder.Path, "report", "-m", "novels-gpt", "-o", "r.html", "--json")).Json();
        foreach (string key in new[] { "path", "sections[].id", "sections[].title" })
            AssertHas(document, key, key);
        Assert.Equal(folder["r.html"], document.GetProperty("path").GetString());
    }

    [Fact]
    public async Task A_training_report_says_where_it_is_and_how_the_run_stands()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["log.jsonl"], """
            {"training":"word2vec","settings":{"dim":10}}
            {"step":5,"stage":"training","done":0.5,"unit":"words","items":500,"lossNats":2.5,"seconds":1}
            {"step":6,"sta
            """);
        JsonElement document = (await CliProcess.RunInAsync(folder.Path, "report", "--training", "log.jsonl", "-o", "r.html", "--json")).Json();
        foreach (string key in new[] { "path", "sizeBytes", "sections[].id", "sections[].title", "last.step", "last.stage", "last.done", "last.unit", "last.items", "last.lossNats", "last.seconds" })
            AssertHas(document, key, key);
        Assert.Equal(500, document.GetProperty("last").GetProperty("items").GetInt64());
        Assert.Contains("line 2", (await CliProcess.RunInAsync(folder.Path, "report", "--training", Broken(folder), "-o", "r.html")).Refusal(), StringComparison.Ordinal);

        static string Broken(TemporaryFolder folder)
        {
            File.WriteAllText(folder["broken.jsonl"], "{\"training\":\"word2vec\",\"settings\":{}}\nnothing\n{\"step\":1}\n");
            return folder["broken.jsonl"];
        }
    }

    [Fact]
    public async Task A_conversion_says_what_it_wrote()
    {
        using TemporaryFolder folder = new();
        JsonElement document = (await CliProcess.RunInAsync(folder.Path, "convert", "novels-gpt", "novels.gguf", "--dtype", "q8_0", "--json")).Json();
        Assert.Equal(["command", "model", "conventions", "path", "format", "sizeBytes", "types", "remarks", "metadataPath"], document.EnumerateObject().Select(key => key.Name));
        Assert.Equal(["F32", "Q8_0"], document.GetProperty("types").EnumerateArray().Select(type => type.GetProperty("type").GetString()).Order(StringComparer.Ordinal));
        Assert.Equal(document.GetProperty("sizeBytes").GetInt64(), new FileInfo(folder["novels.gguf"]).Length);
    }

    [Fact]
    public async Task An_export_says_what_it_wrote()
    {
        using TemporaryFolder folder = new();
        JsonElement document = (await CliProcess.RunInAsync(folder.Path, "export", "-m", "novels-gpt", "-o", "vectors.tsv", "--top", "5", "--columns", "token,coordinates", "--json")).Json();
        foreach (string key in new[] { "path", "metadataPath", "format", "rows", "modelDim", "sizeBytes", "columns[]", "varianceShown", "warnings" })
            AssertHas(document, key, key);
        Assert.Equal(folder["vectors.tsv"], document.GetProperty("path").GetString());
        Assert.Equal(5, File.ReadAllLines(folder["vectors.tsv"]).Length);
        Assert.Equal("token\tx\ty", File.ReadAllLines(folder["metadata.tsv"])[0]);
    }

    [Fact]
    public async Task A_trained_language_model_says_what_it_cost_and_how_well_it_predicts()
    {
        using TemporaryFolder folder = new();
        string license = Path.Combine(TestFiles.Root, "LICENSE");
        JsonElement document = (await CliProcess.RunInAsync(folder.Path, "train", "lm", license, "-o", "out", "-m", "novels-gpt", "--steps", "2", "--batch", "2", "--length", "32", "--validate", license, "--json")).Json();
        foreach (string key in "path run parameters trainedParameters tokens steps epoch lossNats validationLossNats seconds".Split(' '))
            AssertHas(document, key, key);
        Assert.Equal(3_505_152, document.GetProperty("parameters").GetInt64());
        JsonElement eval = (await CliProcess.RunInAsync(folder.Path, "eval", "perplexity", license, "-m", "out", "--json")).Json();
        Assert.Equal(eval.GetProperty("lossNatsPerToken").GetDouble(), document.GetProperty("validationLossNats").GetDouble(), 1e-6);
    }

    [Fact]
    public async Task A_resized_model_says_what_changed_and_what_was_compared()
    {
        using TemporaryFolder folder = new();
        JsonElement document = (await CliProcess.RunInAsync(folder.Path, "resize", "-m", "novels-gpt", "-o", "out", "--add", "<x>", "--remove", " crying", "--rows", "4100", "--json")).Json();
        foreach (string key in "path rowsBefore rowsAfter added[].id added[].text removed[].id paddingRows rowsTakenOver isRenumbered tensors[].name tensors[].type tensors[].before tensors[].after changedFiles[] leftOut proof.rowsCompared proof.prompts proof.positions proof.logitsCompared proof.textsCompared proof.largestNewProbability".Split(' '))
            AssertHas(document, key, key);
        Assert.Equal(folder["out"], document.GetProperty("path").GetString());
    }

    [Fact]
    public async Task Infinity_is_the_word_inf()
    {
        JsonElement document = (await CliProcess.RunAsync("confidence", "-m", "novels-gpt", "--ids", "262", "--temperatures", "0,inf", "--json")).Json();
        JsonElement.ArrayEnumerator points = document.GetProperty("confidence").EnumerateArray();
        Assert.Equal("inf", points.Last().GetProperty("temperature").GetString());
        Assert.Equal(0, points.First().GetProperty("temperature").GetDouble());
    }

    [Fact]
    public async Task The_number_of_threads_changes_no_number()
    {
        string[] outputs = await Task.WhenAll(new[] { "1", "2" }.Select(async threads =>
            (await CliProcess.RunAsync("trace", "-m", "novels-gpt", "--ids", "262,300,400,500", "--threads", threads, "--json")).Screen()));
        Assert.Equal(outputs[0], outputs[1]);
    }

    private static void AssertHas(JsonElement element, string path, string whole)
    {
        if (path.Length == 0)
            return;
        int dot = path.IndexOf('.', StringComparison.Ordinal);
        string step = dot < 0 ? path : path[..dot], rest = dot < 0 ? "" : path[(dot + 1)..];
        string name = step.TrimEnd('[', ']');
        Assert.True(element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out element), $"{whole}: {name} is missing");
        for (int depth = (step.Length - name.Length) / 2; depth > 0; depth--)
        {
            Assert.True(element.ValueKind == JsonValueKind.Array && element.GetArrayLength() > 0, $"{whole}: {name} is no list or is empty");
            element = element[0];
        }

        AssertHas(element, rest, whole);
    }
}
