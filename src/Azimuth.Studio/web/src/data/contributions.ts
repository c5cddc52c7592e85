// The parts of a logit, as C# names them: tokenEmbedding, positionEmbedding, head.L.H, attentionBias.L, mlp.L.
import type { Contribution, PromptTrace } from './report';

export interface HeadPart {
  layer: number;
  head: number;
  part: Contribution;
}

export interface BlockPart {
  name: string;
  layer: number | null;
  kind: 'embedding' | 'attention' | 'mlp' | 'bias';
  part: Contribution;
}

const zero: Contribution = { target: 0, targetMinusRival: 0 };
const plus = (a: Contribution, b: Contribution): Contribution => ({ target: a.target + b.target, targetMinusRival: a.targetMinusRival + b.targetMinusRival });

export function headParts(trace: PromptTrace): HeadPart[] {
  return Object.entries(trace.contributions)
    .filter(([name]) => name.startsWith('head.'))
    .map(([name, part]) => {
      const [, layer, head] = name.split('.');
      return { layer: Number(layer), head: Number(head), part };
    });
}

/** Embeddings, then each layer's attention (its heads and its output bias) and MLP, then the final norm's bias: together the logit. */
export function blockParts(trace: PromptTrace, layerCount: number): BlockPart[] {
  const of = (name: string): Contribution => trace.contributions[name] ?? zero;
  const blocks: BlockPart[] = [
    { name: 'embedding', layer: null, kind: 'embedding', part: plus(of('tokenEmbedding'), of('positionEmbedding')) },
  ];
  const heads = headParts(trace);
  for (let layer = 0; layer < layerCount; layer++) {
    const attention = heads.filter((h) => h.layer === layer).reduce((sum, h) => plus(sum, h.part), of(`attentionBias.${layer}`));
    blocks.push({ name: `attention ${layer}`, layer, kind: 'attention', part: attention });
    blocks.push({ name: `MLP ${layer}`, layer, kind: 'mlp', part: of(`mlp.${layer}`) });
  }
  blocks.push({ name: 'bias', layer: null, kind: 'bias', part: trace.biasTerm });
  return blocks;
}

export type Onto = keyof Contribution;
