/** A word of a configuration of HAProxy's. */
export interface Word {
  readonly text: string;
  /** What of it stood outside of quotation marks; each quoted part is `''`. */
  readonly bare: string;
}

/** The words of each line that has any, as HAProxy's own reader parts them. Throws for a quotation that its line does not end. */
export function haproxyLines(text: string): readonly (readonly Word[])[] {
  return text
    .split('\n')
    .map(wordsOf)
    .filter((words) => words.length > 0);
}

function wordsOf(line: string): readonly Word[] {
  const words: Word[] = [];
  for (let at = 0; at < line.length; ) {
    const sign = line[at] ?? '';
    if (sign === '#') break;
    if (/\s/.test(sign)) at++;
    else {
      const word = wordAt(line, at);
      words.push(word);
      at = word.end;
    }
  }
  return words;
}

function wordAt(line: string, start: number): Word & { readonly end: number } {
  let [text, bare, at] = ['', '', start];
  while (at < line.length && !/[\s#]/.test(line[at] ?? '')) {
    const sign = line[at] ?? '';
    if (sign === "'" || sign === '"') {
      const end = quotationEnd(line, at);
      text += line.slice(at + 1, end);
      bare += "''";
      at = end + 1;
    } else {
      const length = sign === '\\' ? 2 : 1;
      text += line.slice(at + length - 1, at + length);
      bare += line.slice(at, at + length);
      at += length;
    }
  }
  return { text, bare, end: at };
}

/** Nothing has a meaning between single marks; between double ones a backslash takes the next sign's away. */
function quotationEnd(line: string, start: number): number {
  const mark = line[start];
  for (let at = start + 1; at < line.length; at++) {
    if (line[at] === mark) return at;
    if (mark === '"' && line[at] === '\\') at++;
  }
  throw new Error(`a quotation that does not end: ${line}`);
}
