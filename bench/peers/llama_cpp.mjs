// Times llama.cpp (the prebuilt binary of npm's node-llama-cpp) on a GGUF file: a prompt at once, then one token after the other.
//   npm install --ignore-scripts node-llama-cpp      (in a folder of your own)
//   NODE_PATH is not looked at by ES modules: run it from that folder, `node .../bench/peers/llama_cpp.mjs MODEL.gguf [threads] [rounds]`
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import os from "node:os";
import path from "node:path";

const require = createRequire(path.join(process.cwd(), "package.json"));
const { getLlama, LlamaLogLevel } = await import(pathToFileURL(require.resolve("node-llama-cpp")).href);
const [file, threads = String(os.cpus().length), rounds = "5"] = process.argv.slice(2);
const promptTokens = 512, contextTokens = 128, newTokens = 32;

const llama = await getLlama({ gpu: false, build: "never", maxThreads: Number(threads), logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 });
const context = await model.createContext({ contextSize: 1024, batchSize: promptTokens, threads: Number(threads) });
const sequence = context.getSequence();
const ids = Array.from({ length: promptTokens }, (_, i) => 1000 + ((i * 7919) % 40000));
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

const prompts = [], tokens = [];
for (let round = 0; round <= Number(rounds); round++) {
  await sequence.clearHistory();
  let start = performance.now();
  await sequence.evaluateWithoutGeneratingNewTokens(ids.slice(0, promptTokens));
  const prompt = performance.now() - start;
  await sequence.clearHistory();
  await sequence.evaluateWithoutGeneratingNewTokens(ids.slice(0, contextTokens));
  let made = 0;
  start = performance.now();
  for await (const _ of sequence.evaluate([ids[contextTokens]], { temperature: 0, yieldEogToken: true })) if (++made === newTokens) break;
  const decode = (performance.now() - start) / newTokens;
  if (round > 0) { prompts.push(prompt); tokens.push(decode); } // the first round warms up
}
console.log(`llama.cpp ${llama.llamaCppRelease?.release ?? ""} ${threads} threads: prompt of ${promptTokens} ${median(prompts).toFixed(1)} ms (${((promptTokens / median(prompts)) * 1e3).toFixed(0)} tokens/s), ` +
  `next token ${median(tokens).toFixed(2)} ms (${(1e3 / median(tokens)).toFixed(0)} tokens/s)`);
process.exit(0);
