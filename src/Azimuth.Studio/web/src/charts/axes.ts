// Axes say what, in which unit, under which convention; they look the same in every chart.
import type { Theme } from '../theme.svelte';
import { number } from '../text/numbers';

export const systemFont = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', sans-serif";
export const monoFont = "ui-monospace, 'Cascadia Mono', 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace";

function style(theme: Theme) {
  return {
    nameTextStyle: { color: theme.soft, fontSize: 12, fontFamily: systemFont },
    axisLine: { show: true, onZero: false, lineStyle: { color: theme.line } },
    axisTick: { show: true, lineStyle: { color: theme.line } },
    axisLabel: { color: theme.soft, fontSize: 12, fontFamily: systemFont, hideOverlap: true },
    splitLine: { show: true, lineStyle: { color: theme.grid } },
  };
}

/** A number on an axis: no more digits than the tick needs. */
export function tick(value: number): string {
  return number(value).replace(/^(−?[\d,]+)\.(\d*?)0+(e.*)?$/, (_, whole: string, rest: string, power: string | undefined) => `${whole}${rest ? `.${rest}` : ''}${power ?? ''}`);
}

/** A horizontal axis' name stands under its middle. */
export function bottomName(name: string, gap = 30) {
  return { name, nameLocation: 'middle' as const, nameGap: gap };
}

export interface ValueAxis {
  name: string;
  vertical?: boolean;
  /** Width left of a vertical axis: its name starts there. */
  indent?: number;
  min?: number;
  max?: number;
  format?: (value: number) => string;
  ticks?: number[];
  grid?: boolean;
  gap?: number;
  inverse?: boolean;
  /** Counts and ranks: ticks at whole numbers from 1 on. */
  whole?: boolean;
}

export function valueAxis(theme: Theme, axis: ValueAxis) {
  const base = style(theme);
  const name = axis.vertical
    ? { name: axis.name, nameLocation: axis.inverse ? ('start' as const) : ('end' as const), nameGap: 14,
        nameTextStyle: { ...base.nameTextStyle, align: 'left' as const, padding: [0, 0, 0, -(axis.indent ?? 48)] } }
    : { ...bottomName(axis.name, axis.gap ?? 30), nameTextStyle: base.nameTextStyle };
  return {
    type: 'value' as const,
    ...base,
    ...name,
    ...(axis.min === undefined ? {} : { min: axis.min }),
    ...(axis.max === undefined ? {} : { max: axis.max }),
    ...(axis.whole ? { minInterval: 1 } : {}),
    inverse: axis.inverse ?? false,
    axisTick: { ...base.axisTick, ...(axis.ticks ? { customValues: axis.ticks } : {}) },
    axisLabel: { ...base.axisLabel, formatter: axis.format ?? tick, ...(axis.ticks ? { customValues: axis.ticks } : {}) },
    splitLine: { ...base.splitLine, show: axis.grid ?? axis.vertical ?? false },
  };
}

/** Ticks at round numbers, denser on short axes and only powers of ten on long ones, as logarithms. */
export function logTicks(low: number, high: number): number[] {
  const decades = Math.log10(high / low);
  const steps = decades <= 0.8 ? [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8] : decades <= 3.2 ? [1, 2, 5] : [1];
  const every = Math.max(1, Math.ceil(decades / 8));
  const ticks: number[] = [];
  for (let exponent = Math.floor(Math.log10(low)); exponent <= Math.ceil(Math.log10(high)); exponent++) {
    if (steps.length === 1 && exponent % every !== 0) continue;
    for (const step of steps) {
      const value = Math.log10(step) + exponent;
      if (value >= Math.log10(low) - 1e-9 && value <= Math.log10(high) + 1e-9) ticks.push(value);
    }
  }
  return ticks;
}

/** A logarithmic axis drawn over log10 of the values, which gives readable ticks on short ranges too. */
export function logAxis(theme: Theme, axis: Omit<ValueAxis, 'ticks'> & { low: number; high: number }) {
  const format = axis.format ?? tick;
  return valueAxis(theme, {
    ...axis,
    min: Math.log10(axis.low),
    max: Math.log10(axis.high),
    ticks: logTicks(axis.low, axis.high).filter((t) => !axis.whole || (t > -1e-9 && Math.abs(10 ** t - Math.round(10 ** t)) < 1e-6)),
    format: (value) => format(Number((10 ** value).toPrecision(6))),
  });
}

/** Tokens or layers, by name. */
export function categoryAxis(theme: Theme, labels: string[], options: { name?: string; mono?: boolean; inverse?: boolean; gap?: number; rotate?: number; vertical?: boolean; interval?: number | 'auto'; indent?: number } = {}) {
  const base = style(theme);
  return {
    type: 'category' as const,
    data: labels,
    ...base,
    ...(options.name === undefined ? {} : options.vertical
      ? { name: options.name, nameLocation: options.inverse ? ('start' as const) : ('end' as const), nameGap: 12,
          nameTextStyle: { ...base.nameTextStyle, align: 'left' as const, padding: [0, 0, 0, -(options.indent ?? 48)] } }
      : { ...bottomName(options.name, options.gap ?? 30) }),
    inverse: options.inverse ?? false,
    axisTick: { show: false },
    axisLine: { show: false },
    splitLine: { show: false },
    axisLabel: {
      ...base.axisLabel,
      hideOverlap: false,
      interval: options.interval ?? 0,
      rotate: options.rotate ?? 0,
      fontFamily: options.mono ? monoFont : systemFont,
    },
  };
}

/** Layers from left to right, the embedding first: as many labels as the width carries. */
export function layerAxis(theme: Theme, layerCount: number, width: number, options: { embedding: boolean; name?: string }) {
  const every = Math.max(1, Math.ceil((layerCount * 26) / Math.max(width, 120)));
  const step = [1, 2, 3, 4, 5, 10, 20].find((s) => s >= every) ?? every;
  const ticks = [...(options.embedding ? [-1] : []), ...Array.from({ length: layerCount }, (_, i) => i).filter((i) => i % step === 0 && !(options.embedding && i === 0 && step > 1))];
  return valueAxis(theme, {
    name: options.name ?? 'layer (emb: the embedding, before layer 0)',
    min: options.embedding ? -1 : 0,
    max: layerCount - 1,
    ticks,
    format: (value) => (value === -1 ? 'emb' : String(value)),
  });
}

const legendGap = 16;
const legendRow = 12 + legendGap;

/** Names of lines above the picture, with enough of each line to tell its dashes. */
export function legend(theme: Theme, names: string[]) {
  return {
    data: names, top: 0, left: 0, itemWidth: 36, itemHeight: 8, itemGap: legendGap, selectedMode: false as const,
    textStyle: { color: theme.ink, fontSize: 12, fontFamily: systemFont },
  };
}

/** Height the names take above the picture: they wrap where the picture is narrow. */
export function legendHeight(names: string[], width: number): number {
  let rows = 1;
  let used = 0;
  for (const name of names) {
    const needed = 60 + 6.6 * name.length;
    if (used > 0 && used + needed > width) {
      rows++;
      used = 0;
    }
    used += needed;
  }
  return legendRow * rows - legendGap / 2;
}

/** The scale of colours under a picture, its ends labelled. */
export function colorScale(theme: Theme, scale: { low: number; high: number; lowName: string; highName: string; colors: string[]; left: number; width: number }) {
  const names = 7 * (scale.lowName.length + scale.highName.length) + 44;
  return {
    type: 'continuous' as const, min: scale.low, max: scale.high, dimension: 2, seriesIndex: 0, calculable: false, orient: 'horizontal' as const,
    left: scale.left, bottom: 0, itemWidth: 12, itemHeight: Math.max(60, Math.min(220, scale.width - scale.left - names)),
    text: [scale.highName, scale.lowName], textStyle: { color: theme.soft, fontSize: 12, fontFamily: systemFont }, inRange: { color: scale.colors },
  };
}

export function tooltip(theme: Theme) {
  return {
    trigger: 'item' as const,
    confine: true,
    transitionDuration: 0,
    backgroundColor: theme.dark ? '#23272f' : '#ffffff',
    borderColor: theme.line,
    borderWidth: 1,
    padding: [6, 10],
    extraCssText: 'box-shadow: 0 2px 10px rgb(0 0 0 / .15); border-radius: 6px; font-variant-numeric: tabular-nums;',
    textStyle: { color: theme.ink, fontSize: 13, fontFamily: systemFont },
  };
}

/** Text from a token must not become markup in a tooltip. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
