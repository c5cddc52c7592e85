// Tokenizers of npm on a text, asked line by line by compare.py: "tokenize TEXT REPETITIONS" is answered by the milliseconds of each repetition; with 0 repetitions by the number of ids and a number made of
// all of them (FNV-1a). The first line it prints says which release it is.
//   npm install --ignore-scripts tiktoken tiktoken-node tokenizers      (in a folder of your own, which AZIMUTH_NODE_TOKENIZERS names)
//   node tokenizers.mjs PACKAGE TOKENIZER                               (there; the tokenizer is an encoding's name, for tokenizers a tokenizer.json)
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import path from "node:path";

const require = createRequire(path.join(process.cwd(), "package.json"));
const [name, tokenizer] = process.argv.slice(2);
const peers = {
  tiktoken(library) {
    const encoding = library.get_encoding(tokenizer);
    return (text) => encoding.encode(text, "all");
  },
  "tiktoken-node"(library) {
    const encoding = library.getEncoding(tokenizer);
    return (text) => encoding.encode(text);
  },
  tokenizers(library) {
    const whole = library.Tokenizer.fromFile(tokenizer);
    return async (text) => (await whole.encode(text, null, { addSpecialTokens: false })).getIds();
  },
};
const encode = peers[name](require(name)), texts = new Map();
console.log(`${name} ${JSON.parse(readFileSync(path.join("node_modules", name, "package.json"))).version}`);

for await (const line of createInterface({ input: process.stdin })) {
  const [, file, words] = line.trim().split(" "), repetitions = Number(words), answers = [];
  if (!texts.has(file)) texts.set(file, readFileSync(file, "utf8"));
  const text = texts.get(file);
  if (repetitions === 0) {
    const ids = await encode(text);
    let sum = 2166136261;
    for (const id of ids) sum = Math.imul(sum ^ id, 16777619);
    answers.push(ids.length, sum >>> 0);
  }
  for (let i = 0; i < repetitions; i++) {
    const start = performance.now();
    await encode(text);
    answers.push(performance.now() - start);
  }
  console.log(answers.join(" "));
}
