// A training run's JSON as C# writes it (Reports/TrainingReport.cs): names, units and order are documented there.
import type { ReportSection } from './report';

export interface WordCosine {
  text: string;
  cosine: number | null;
}

export interface WatchedWord {
  word: string;
  nearest: WordCosine[];
}

export interface TableReading {
  rows: number;
  normMean: number;
  normQuantiles: Record<string, number>;
  meanPairwiseCosine: number | null;
  isoScore: number | null;
  neighbors: WatchedWord[];
}

export interface TrainingReading {
  step: number;
  stage: string;
  done: number;
  unit: string;
  items: number;
  epoch?: number;
  lossNats?: number | null;
  passLossNats?: number | null;
  /** Of GloVe, in place of a loss in nats. */
  cost?: number | null;
  passCost?: number | null;
  validationLossNats?: number | null;
  learningRate?: number;
  gradientNorm?: number | null;
  sample?: string;
  itemsPerSecond?: number;
  seconds: number;
  table?: TableReading;
}

export interface TrainingReport {
  generator: string;
  name: string;
  trainer: string;
  settings: { name: string; value: string }[];
  sections: ReportSection[];
  readings: TrainingReading[];
  readingsInLog: number;
}

export function isTraining(report: object): report is TrainingReport {
  return 'readings' in report;
}
