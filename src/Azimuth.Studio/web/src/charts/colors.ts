// Colour scales: mixed in OKLab (Ottosson 2020), so that the middle of a scale is as far from its ends to the eye as to the number.
import { role, type Theme } from '../theme.svelte';

type Rgb = readonly [number, number, number];

const toLinear = (c: number): number => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const fromLinear = (c: number): number => (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055);

function parseLinear(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [toLinear(((value >> 16) & 255) / 255), toLinear(((value >> 8) & 255) / 255), toLinear((value & 255) / 255)];
}

// https://bottosson.github.io/posts/oklab/
function toOklab(hex: string): Rgb {
  const [r, g, b] = parseLinear(hex);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromOklab([lightness, a, b]: Rgb): string {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const hex = (linear: number): string =>
    Math.round(255 * Math.min(1, Math.max(0, fromLinear(Math.max(0, linear))))).toString(16).padStart(2, '0');
  return `#${hex(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s)}${hex(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s)}${hex(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s)}`;
}

/** Mix of two colours, share 0 to 1 of the second. */
export function mix(from: string, to: string, share: number): string {
  const a = toOklab(from);
  const b = toOklab(to);
  const t = Math.min(1, Math.max(0, share));
  return fromOklab([a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t]);
}

/** Relative luminance (WCAG 2.2), 0 to 1. */
export function luminance(hex: string): number {
  const [r, g, b] = parseLinear(hex);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Black or white, whichever reads better on the colour. */
export function inkOn(hex: string): string {
  return luminance(hex) > 0.2 ? '#17191e' : '#ffffff';
}

function ramp(from: string, to: string, steps = 8): string[] {
  return Array.from({ length: steps + 1 }, (_, i) => mix(from, to, i / steps));
}

/** Rival's colour, neutral, target's colour: for parts of a logit difference. */
export function rolesDiverging(theme: Theme): string[] {
  return [...ramp(theme.neutral, role.rival).reverse(), ...ramp(theme.neutral, role.target).slice(1)];
}

/** Brown, neutral, the table's own colour: for cosines between rows of a table. */
export function cosineDiverging(theme: Theme, positive: string): string[] {
  return [...ramp(theme.neutral, '#A6611A').reverse(), ...ramp(theme.neutral, positive).slice(1)];
}

/** One hue from the ground up: for attention. */
export function sequential(theme: Theme, hue: string): string[] {
  const end = theme.dark ? mix(hue, '#ffffff', 0.35) : mix(hue, '#000000', 0.55);
  return [...ramp(theme.neutral, hue), ...ramp(hue, end).slice(1)];
}

/** The colour of a value on a scale from low to high. */
export function colorAt(colors: string[], low: number, high: number, value: number): string {
  const at = Math.min(1, Math.max(0, (value - low) / (high - low || 1))) * (colors.length - 1);
  const below = Math.floor(at);
  return mix(colors[below] ?? '#000000', colors[Math.min(below + 1, colors.length - 1)] ?? '#000000', at - below);
}
