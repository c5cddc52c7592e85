// Names of the places where the residual stream is read.
import type { TraceSite } from '../data/report';

export interface Site {
  /** Its name in the data: "resid_post.3". */
  site: string;
  kind: 'embedding' | 'mid' | 'post';
  /** −1 for the embedding. */
  layer: number;
  /** Place on an axis of layers: the embedding at −1, the middle of a layer half a step before its end. */
  x: number;
  /** "embedding", "layer 3, after attention", "layer 3" */
  name: string;
  /** "emb", "3", "3 mid" */
  short: string;
}

export function parseSite(name: string): Site {
  const [kind = '', number = ''] = name.split('.');
  const layer = Number(number);
  if (kind === 'resid_mid') return { site: name, kind: 'mid', layer, x: layer - 0.5, name: `layer ${layer}, after attention`, short: `${layer} mid` };
  if (kind === 'resid_post') return { site: name, kind: 'post', layer, x: layer, name: `layer ${layer}`, short: `${layer}` };
  return { site: name, kind: 'embedding', layer: -1, x: -1, name: 'embedding', short: 'emb' };
}

export interface PlacedSite extends Site {
  data: TraceSite;
}

export function placed(sites: TraceSite[]): PlacedSite[] {
  return sites.map((data) => ({ ...parseSite(data.site), data }));
}
