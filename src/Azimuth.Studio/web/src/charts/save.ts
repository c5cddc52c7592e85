// A chart as a file of its own: with its title above and its conventions below, so that it explains itself where it is pasted.
import { init, type ChartOption } from './echarts';
import { systemFont } from './axes';
import type { Theme } from '../theme.svelte';

export interface Picture {
  title: string;
  smallPrint: string;
  option: ChartOption;
  width: number;
  height: number;
  theme: Theme;
}

const margin = 16;

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

function lines(text: string, length: number): string[] {
  const result: string[] = [];
  for (const word of text.split(' ')) {
    const last = result.at(-1);
    if (last !== undefined && last.length + word.length < length) result[result.length - 1] = `${last} ${word}`;
    else result.push(word);
  }
  return result;
}

/** The chart as one SVG document. */
export function toSvg(picture: Picture): { svg: string; width: number; height: number } {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: picture.width, height: picture.height });
  chart.setOption({ textStyle: { fontFamily: systemFont }, ...picture.option, animation: false });
  const inner = chart.renderToSVGString();
  chart.dispose();

  const titles = lines(picture.title, picture.width / 8.5);
  const notes = lines(picture.smallPrint, picture.width / 5.6);
  const top = margin + 22 * titles.length + 6;
  const width = picture.width + 2 * margin;
  const height = top + picture.height + 8 + 15 * notes.length + margin;
  const text = (content: string, y: number, size: number, weight: number, color: string): string =>
    `<text x="${margin}" y="${y}" font-family="${escapeXml(systemFont)}" font-size="${size}" font-weight="${weight}" fill="${color}">${escapeXml(content)}</text>`;
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title>${escapeXml(picture.title)}</title>`,
    `<rect width="100%" height="100%" fill="${picture.theme.surface}"/>`,
    ...titles.map((line, i) => text(line, margin + 16 + 22 * i, 16, 600, picture.theme.ink)),
    inner.replace('<svg ', `<svg x="${margin}" y="${top}" `),
    ...notes.map((line, i) => text(line, top + picture.height + 20 + 15 * i, 11, 400, picture.theme.soft)),
    '</svg>',
  ].join('');
  return { svg, width, height };
}

/** The same picture as PNG, twice the size for sharp print. */
export async function toPng(picture: Picture): Promise<Blob> {
  const { svg, width, height } = toSvg(picture);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = 2 * width;
  canvas.height = 2 * height;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('This browser gives no canvas to draw the PNG on; the SVG is the same picture.');
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  // Encoded at once: toBlob would wait for an idle moment, up to a second.
  const encoded = atob(canvas.toDataURL('image/png').split(',')[1] ?? '');
  return new Blob([Uint8Array.from(encoded, (c) => c.charCodeAt(0))], { type: 'image/png' });
}

/** Hands a file to the reader's downloads. */
export function save(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
