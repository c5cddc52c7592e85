// Colours by role (the table of roles is the same in terminal, report and studio), light and dark, and light again on paper.
import { flushSync } from 'svelte';

export interface Theme {
  dark: boolean;
  surface: string;
  ink: string;
  soft: string;
  faint: string;
  line: string;
  grid: string;
  neutral: string;
}

/** Roles keep their colour in light and dark. */
export const role = {
  target: '#0072B2',
  rival: '#D55E00',
  inputTable: '#009E73',
  outputTable: '#CC79A7',
  attention: '#56B4E9',
  mlp: '#E69F00',
} as const;

const light: Theme = {
  dark: false, surface: '#ffffff', ink: '#17191e', soft: '#575c67', faint: '#8d939e', line: '#cfd3da', grid: '#e9ebef', neutral: '#f2f3f5',
};
const dark: Theme = {
  dark: true, surface: '#131519', ink: '#eceef2', soft: '#a9afba', faint: '#747b88', line: '#3a404a', grid: '#262a31', neutral: '#24282f',
};

class ThemeState {
  #dark = $state(matchMedia('(prefers-color-scheme: dark)').matches);
  #paper = $state(matchMedia('print').matches);

  constructor() {
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => (this.#dark = event.matches));
    // The page is laid out for paper right after these events, so the charts must be redrawn before they return.
    const paper = (on: boolean) => flushSync(() => (this.#paper = on));
    matchMedia('print').addEventListener('change', (event) => paper(event.matches));
    addEventListener('beforeprint', () => paper(true));
    addEventListener('afterprint', () => paper(false));
  }

  get paper(): boolean {
    return this.#paper;
  }

  get current(): Theme {
    return this.#dark && !this.#paper ? dark : light;
  }
}

export const theme = new ThemeState();

export function tableColor(table: string): string {
  return table.startsWith('output') ? role.outputTable : role.inputTable;
}
