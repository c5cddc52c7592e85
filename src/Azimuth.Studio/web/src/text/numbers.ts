// Numbers on screen: three significant digits, invariant culture, a true minus sign. Full precision lives in the CSV.

const minus = (text: string): string => text.replaceAll('-', '−');

function grouped(text: string): string {
  const [whole = '', ...rest] = text.split('.');
  return [whole.replace(/\B(?=(\d{3})+(?!\d))/g, ','), ...rest].join('.');
}

function exponential(value: number, digits: number): string {
  return value.toExponential(digits).replace('e+', 'e');
}

/** Three significant digits. */
export function number(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 0.001 || size >= 1e7) return minus(exponential(value, 2));
  if (size >= 999.5) return minus(grouped(String(Number(value.toPrecision(3)))));
  return minus(value.toPrecision(3));
}

/** Three significant digits with the sign always written. */
export function signed(value: number): string {
  return value > 0 ? `+${number(value)}` : number(value);
}

/** 0.923; below 0.001 as 3e-5. */
export function probability(value: number): string {
  if (value === 0 || value === 1) return String(value);
  if (value < 0.001) return exponential(value, 0).replace('-', '\u2011');
  const text = value.toPrecision(3);
  return Number(text) === 1 ? '> 0.999' : text;
}

/** A count, exact, with thousands separated. */
export function integer(value: number): string {
  return minus(grouped(String(Math.round(value))));
}

/** 91.3° */
export function angle(value: number | null): string {
  return value === null ? '–' : `${minus(value.toFixed(1))}°`;
}

/** A share between 0 and 1 as percent. */
export function percent(share: number): string {
  const value = 100 * share;
  const text = value === 0 || value === 100 ? String(value) : value < 0.1 ? exponential(value, 1) : value.toPrecision(value < 1 ? 2 : 3);
  return `${text}\u202f%`;
}

/** "1 layer", "30 layers". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${integer(count)} ${count === 1 ? one : many}`;
}
