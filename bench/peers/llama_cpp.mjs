// llama.cpp (the prebuilt binary of npm's node-llama-cpp) on a GGUF file, asked line by line by compare.py: "prompt TOKENS REPETITIONS" and "decode CONTEXT TOKENS REPETITIONS" are answered by the
// milliseconds of each repetition; with 0 repetitions by the tokens made. The first line it prints says which release it is.
//   npm install --ignore-scripts node-llama-cpp      (in a folder of your own, which AZIMUTH_NODE_LLAMA_CPP names)
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import os from "node:os";
import path from "node:path";

const require = createRequire(path.join(process.cwd(), "package.json"));
const { getLlama, LlamaLogLevel } = await import(pathToFileURL(require.resolve("node-llama-cpp")).href);
const [file, threads = String(os.cpus().length)] = process.argv.slice(2);
const llama = await getLlama({ gpu: false, build: "never", maxThreads: Number(threads), logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 });
const context = await model.createContext({ contextSize: 1024, batchSize: 512, threads: Number(threads) });
const sequence = context.getSequence();
const vocabulary = 49152, greedy = { temperature: 0, yieldEogToken: true };
const tokenIds = (count) => Array.from({ length: count }, (_, i) => 1000 + ((i * 7919) % (vocabulary - 2000)));
const release = JSON.parse(readFileSync(path.join(process.cwd(), "node_modules", "node-llama-cpp", "package.json"))).version;
console.log(`llama.cpp ${llama.llamaCppRelease?.release ?? ""} of node-llama-cpp ${release}, ${threads} threads`);

/** Evaluates ids and as many tokens as are asked for; the milliseconds it took, and the tokens. */
async function run(ids, count) {
  const made = [], start = performance.now();
  for await (const token of sequence.evaluate(ids, greedy)) if (made.push(Number(token)) === count) break;
  return { made, time: performance.now() - start };
}

const cases = {
  async prompt(tokens) {
    await sequence.clearHistory();
    return run(tokenIds(tokens), 1);
  },
  async decode(from, count) {
    const ids = tokenIds(from);
    await sequence.clearHistory();
    await sequence.evaluateWithoutGeneratingNewTokens(ids.slice(0, -1));
    return run(ids.slice(-1), count);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...words] = line.trim().split(" "), repetitions = Number(words.pop()), answers = [];
  if (repetitions === 0) answers.push(...(await cases[name](...words.map(Number))).made);
  for (let i = 0; i < repetitions; i++) answers.push((await cases[name](...words.map(Number))).time);
  console.log(answers.join(" "));
}
process.exit(0);
