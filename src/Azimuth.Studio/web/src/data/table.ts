// The data under a picture: what the fold shows rounded, and the CSV carries in full.
import { angle, integer, number, percent, probability } from '../text/numbers';
import { visible } from '../text/tokens';

export type Cell = string | number | boolean | null;
export type ColumnKind = 'text' | 'token' | 'integer' | 'number' | 'probability' | 'percent' | 'angle';

export interface Column {
  name: string;
  kind: ColumnKind;
}

export interface DataTable {
  columns: Column[];
  rows: Cell[][];
}

export function column(name: string, kind: ColumnKind = 'number'): Column {
  return { name, kind };
}

/** A cell as the screen shows it. */
export function shown(cell: Cell, kind: ColumnKind): string {
  if (cell === null) return '–';
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  if (typeof cell === 'string') return kind === 'token' ? visible(cell) : cell;
  switch (kind) {
    case 'integer': return integer(cell);
    case 'probability': return probability(cell);
    case 'percent': return percent(cell);
    case 'angle': return angle(cell);
    default: return number(cell);
  }
}

/** RFC 4180: texts as they are, numbers in full precision, lines end in CR LF. */
export function toCsv(table: DataTable): string {
  const field = (cell: Cell): string => {
    const text = cell === null ? '' : String(cell);
    return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [table.columns.map((c) => c.name), ...table.rows].map((row) => row.map(field).join(',')).join('\r\n') + '\r\n';
}
