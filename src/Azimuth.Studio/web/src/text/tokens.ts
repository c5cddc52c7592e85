// Token texts on screen: blanks are visible, nothing can break the line or turn the writing direction.

const blanks: Record<string, string> = { ' ': '·', '\n': '⏎', '\t': '⇥' };
const invisible = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\p{Zs}]/gu;

/** The token's text with every blank and every control character visible, as the terminal shows it (VisibleText in C#). */
export function visible(text: string): string {
  const shown = text.replace(/[ \n\t]/g, (blank) => blanks[blank] ?? blank);
  return shown.replace(invisible, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}}`);
}

/** At most <c>length</c> characters, cut with … at the end. */
export function shortened(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}

export function shortVisible(text: string, length = 12): string {
  const shown = visible(text);
  return shown === '' ? '∅' : shortened(shown, length);
}

/** For plain words: a token in quotes, as screen readers and summaries say it. */
export function quoted(text: string): string {
  return `“${visible(text)}”`;
}
