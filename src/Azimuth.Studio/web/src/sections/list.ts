// The report's sections, in the order of the data's way through the model.
import type { SectionId } from '../data/report';

export const sections: { id: SectionId; title: string }[] = [
  { id: 'prediction', title: 'Prediction' },
  { id: 'lookup', title: 'Tokens and lookup' },
  { id: 'norms', title: 'Row lengths' },
  { id: 'neighbors', title: 'Neighbours' },
  { id: 'roundTrip', title: 'Round trip' },
  { id: 'lens', title: 'Logit lens' },
  { id: 'path', title: 'Length and angle' },
  { id: 'plane', title: 'Plane of two tokens' },
  { id: 'contributions', title: 'Contributions' },
  { id: 'attention', title: 'Attention' },
  { id: 'confidence', title: 'Confidence' },
  { id: 'geometry', title: 'Table geometry' },
];

export function titleOf(id: SectionId): string {
  return sections.find((s) => s.id === id)?.title ?? id;
}
