// The report's JSON as C# writes it (Reports/ReportData.cs): names, units and order are documented there.
import type { TrainingReport } from './training';

export interface TokenRef {
  id: number;
  text: string;
}

export interface TokenProbability extends TokenRef {
  probability: number;
}

export interface TokenNorm extends TokenRef {
  norm: number;
}

export interface TokenScore extends TokenRef {
  value: number;
}

export interface Neighbor extends TokenRef {
  value: number;
  angleDegrees: number | null;
}

export interface ModelSummary {
  name: string;
  architecture: string;
  parameterCount: number;
  layerCount: number;
  headCount: number;
  keyValueHeadCount: number;
  modelDim: number;
  headDim: number;
  mlpDim: number;
  vocabSize: number;
  contextLength: number;
  isTied: boolean;
  storedTypes: string;
  positions: string;
  beginTokenPolicy: string;
}

export interface TokenLookup {
  table: string;
  modelDim: number;
  tokens: TokenRef[];
  norms: number[];
  rowsPreview: number[][];
  cosine: (number | null)[][];
  angleDegrees: (number | null)[][];
  oneHotMaxDifference: number;
}

export interface LookupSection {
  lookup: TokenLookup;
  firstPosition: number;
  promptLength: number;
}

export interface Histogram {
  edges: number[];
  counts: number[];
}

export interface NormSection {
  table: string;
  rows: number;
  mean: number;
  standardDeviation: number;
  /** Keyed by percent: "0", "1", "5", "25", "50", "75", "95", "99", "100". */
  quantiles: Record<string, number>;
  zeroRows: number;
  linear: Histogram;
  logarithmic: Histogram;
  smallest: TokenNorm[];
  largest: TokenNorm[];
  target: TokenNorm;
  rival: TokenNorm;
}

export interface MetricAudit {
  token: TokenRef;
  norm: number;
  meanNorm: number;
  table: string;
  k: number;
  cosine: Neighbor[];
  dot: Neighbor[];
  euclidean: Neighbor[];
  overlapCosineDot: number;
  overlapCosineEuclidean: number;
  overlapDotEuclidean: number;
  inAll: TokenRef[];
  verdict: string;
}

export interface RoundTripWay {
  own: number;
  rank: number;
  peaks: TokenScore[];
  peakToNoise: number | null;
}

export interface TokenRoundTrip {
  token: TokenRef;
  table: string;
  leverage: number;
  transpose: RoundTripWay;
  cosine: RoundTripWay | null;
  leftInverse: RoundTripWay;
}

export interface PerToken<T> {
  tokens: T[];
  distinctTokens: number;
  vocabSize: number;
}

export interface PlanePoint {
  x: number;
  y: number;
  inPlane: number;
}

export interface TraceSite {
  site: string;
  norm: number;
  normAllPositions: number[];
  angleToFinal: number | null;
  angleToTargetRaw: number | null;
  angleToTargetNormed: number | null;
  lensTop5: TokenProbability[];
  targetProbability: number;
  targetRank: number;
  planeNormed: PlanePoint;
  planeRaw: PlanePoint;
}

export interface Contribution {
  target: number;
  targetMinusRival: number;
}

export interface TemperaturePoint {
  temperature: number | 'inf';
  probabilityTarget: number;
  probabilityTop: number;
  entropyNats: number;
  tokensFor90Percent: number;
}

export interface LengthPoint {
  scale: number;
  probabilityTarget: number;
}

export interface PromptTrace {
  text: string | null;
  ids: number[];
  tokens: TokenRef[];
  position: number;
  target: TokenRef;
  rival: TokenRef;
  logitTarget: number;
  logitRival: number;
  probabilityTarget: number;
  rankTarget: number;
  top10: TokenProbability[];
  lossNatsPerPosition: number[];
  sites: TraceSite[];
  contributions: Record<string, Contribution>;
  biasTerm: Contribution;
  confidence: TemperaturePoint[];
  length: LengthPoint[];
  greedy20: TokenRef[];
}

export interface AttentionSection {
  /** The positions shown, in order; those with the most attention where the prompt has more. */
  positions: number[];
  tokens: TokenRef[];
  /** [layer][head][shown position] */
  weights: number[][][];
  promptLength: number;
}

export interface TableGeometry {
  table: string;
  rows: number;
  columns: number;
  normMean: number;
  normSdPopulation: number;
  normQuantiles: Record<string, number>;
  zeroRows: number;
  meanVectorNorm: number;
  meanPairwiseCosine: number | null;
  effectiveRankSingularValues: number;
  participationRatioCentredEigenvalues: number;
  explainedVarianceFirst10: number[];
  spectrum: number[];
}

export interface Isotropy {
  meanPairwiseCosine: number | null;
  isoscore: number | null;
  participationRatio: number;
  partitionIsotropy: number;
  logPartitionIsotropy: number;
  effectiveRankSingularValues: number;
}

export interface RepairComparison {
  raw: Isotropy;
  centred: Isotropy;
  removeTop1: Isotropy;
  removeTop2: Isotropy;
  removeTop3: Isotropy;
  whitenPca: Isotropy;
  whitenZca: Isotropy;
  whitenEpsilon: number;
}

export interface IsotropySection {
  table: string;
  columns: number;
  repairs: RepairComparison;
}

export interface UnderTrainedToken extends TokenRef {
  rank: number;
  /** "ok", "special", "unreachable", "partialUtf8", "padding"; null without a tokenizer. */
  class: string | null;
  value: number;
  percentile: number;
  verdict: string;
  inputNorm: number;
  outputNorm: number;
}

export interface VocabularyHealth {
  rows: number;
  classes: Record<string, number> | null;
  reference: string;
  indicator: string;
  threshold: number;
  suspects: number;
  neverTrained: number;
  zeroRows: number;
  topSuspects: UnderTrainedToken[];
  histogram: Histogram;
}

export interface TableMap {
  table: string;
  rows: number;
  /** Along the three axes, of the directions' squared length. */
  varianceShown: number;
  axisShares: number[];
  keptCosineNeighbours10: number | null;
  queries: number;
  rowsWithoutPoint: number;
  /** Share of the points less than half of whose length lies along the axes. */
  farOut: number;
}

export interface MapSquare {
  column: number;
  row: number;
  count: number;
  tokens: TokenRef[];
}

export interface MapMark extends TokenRef {
  x: number;
  y: number;
  shown: number;
  inPrompt: boolean;
}

export interface MapSection {
  map: TableMap;
  /** Squares across the disk, whose radius is 2. */
  squares: number;
  counts: MapSquare[];
  marks: MapMark[];
}

export interface DistanceCosine {
  distance: number;
  mean: number;
  spread: number;
}

export interface PositionScheme {
  kind: string;
  layers: number[];
  description: string;
  similarityOf: string | null;
  similarity: DistanceCosine[];
  /** After the mean of all position rows has been subtracted; empty but for rows that are added. */
  centredSimilarity: DistanceCosine[];
  normError: number | null;
  offsetError: number | null;
  length: number;
}

export interface OrderEffect {
  firstAttentionChange: number;
  /** [layer] */
  residualChange: number[];
  klNats: number;
  sameTopShare: number;
  top: TokenProbability;
}

export interface OrderTest {
  permutations: number;
  firstLayerSeesAll: boolean;
  withPositions: OrderEffect;
  withoutPositions: OrderEffect;
}

export interface PositionsSection {
  schemes: PositionScheme[];
  order: OrderTest | null;
  orderTokens: number;
}

export type SectionId =
  | 'prediction' | 'lookup' | 'norms' | 'neighbors' | 'roundTrip' | 'lens' | 'path' | 'plane' | 'contributions' | 'attention' | 'confidence' | 'geometry' | 'isotropy' | 'map' | 'health' | 'positions'
  | 'loss' | 'pace' | 'lengths' | 'spread' | 'words' | 'samples' | 'recipe';

export interface ReportSection {
  id: SectionId;
  title: string;
  smallPrint: string;
}

export interface ReportData {
  generator: string;
  model: ModelSummary;
  /** In order; a section the model has no answer for is absent. */
  sections: ReportSection[];
  lookup: LookupSection;
  norms: NormSection[];
  neighbors: PerToken<MetricAudit>;
  roundTrip: PerToken<TokenRoundTrip>;
  trace: PromptTrace;
  /** Angle between the two tokens' output rows, degrees; null when either has no direction. */
  targetRivalAngleDegrees: number | null;
  attention: AttentionSection;
  geometry: TableGeometry[];
  isotropy: IsotropySection[];
  map: MapSection;
  health: VocabularyHealth;
  positions: PositionsSection;
}

export function readReport(document: Document): ReportData | TrainingReport {
  const text = document.getElementById('report-data')?.textContent ?? '';
  if (text.trim() === '') throw new Error('This file carries no data: it is the empty template of a report.');
  return JSON.parse(text) as ReportData | TrainingReport;
}

/** What a section's numbers depend on, in one line. */
export function smallPrint(report: ReportData, id: SectionId): string {
  return report.sections.find((s) => s.id === id)?.smallPrint ?? '';
}
