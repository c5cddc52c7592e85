// Colour scales: mixed in linear light, so that the middle of a scale is as far from its ends to the eye as to the number.
import { role, type Theme } from '../theme.svelte';

type Rgb = readonly [number, number, number];

const toLinear = (c: number): number => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const fromLinear = (c: number): number => (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055);

function parse(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [toLinear(((value >> 16) & 255) / 255), toLinear(((value >> 8) & 255) / 255), toLinear((value & 255) / 255)];
}

/** Linear mix of two colours, share 0 to 1. */
export function mix(from: string, to: string, share: number): string {
  const a = parse(from);
  const b = parse(to);
  const channel = (i: 0 | 1 | 2): string =>
    Math.round(255 * fromLinear(a[i] + (b[i] - a[i]) * Math.min(1, Math.max(0, share)))).toString(16).padStart(2, '0');
  return `#${channel(0)}${channel(1)}${channel(2)}`;
}

/** Relative luminance (WCAG 2.2), 0 to 1. */
export function luminance(hex: string): number {
  const [r, g, b] = parse(hex);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Black or white, whichever reads better on the colour. */
export function inkOn(hex: string): string {
  return luminance(hex) > 0.2 ? '#17191e' : '#ffffff';
}

function ramp(from: string, to: string, steps = 8): string[] {
  // The eye sees equal steps where the mix is taken to the power 2.2 on a light ground.
  return Array.from({ length: steps + 1 }, (_, i) => mix(from, to, (i / steps) ** 1.4));
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
