import type { Terminal } from './io.ts';

/** Lines at the end of a terminal that are drawn over themselves. */
export interface Block {
  /** Draws these lines in place of those before; none takes the block away. */
  show(lines: readonly string[]): void;
  /** Prints above the block. */
  above(print: () => void): void;
  /** Takes the block away and gives the cursor back; to be called however the work ended. */
  end(): void;
}

const HIDE_CURSOR = '\u001b[?25l';
/** Gives it back; a terminal that shows it takes no notice. */
export const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_BELOW = '\u001b[0J';
const COLOUR = /\u001b\[\d+m/g;

/** A block on a terminal, which may be made wider or narrower at any time. */
export function createBlock(terminal: Pick<Terminal, 'columns' | 'draw'>): Block {
  let shown: readonly string[] = [];
  /** Back to the beginning of the first line: each takes as many rows as it is broken into now. */
  const erased = (): string => {
    if (shown.length === 0) return '';
    const rows = shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / terminal.columns)), 0);
    return `\r${rows > 1 ? `\u001b[${rows - 1}A` : ''}${CLEAR_BELOW}`;
  };
  const show = (lines: readonly string[]): void => {
    const cursor =
      shown.length === 0 && lines.length > 0 ? HIDE_CURSOR : shown.length > 0 && lines.length === 0 ? SHOW_CURSOR : '';
    // At once, so that nothing flickers.
    const text = `${erased()}${cursor}${lines.join('\n')}`;
    shown = lines;
    if (text !== '') terminal.draw(text);
  };
  return {
    show,
    above(print) {
      const lines = shown;
      show([]);
      print();
      show(lines);
    },
    end: () => show([]),
  };
}

const widthOf = (line: string): number => line.replace(COLOUR, '').length;
