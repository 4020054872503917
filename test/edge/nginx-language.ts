/** The words of a text of nginx's, as nginx's own reader parts them: quotation marks, backslashes, comments. `{`, `}` and `;` are words. */
export function nginxWords(text: string): readonly string[] {
  const words: string[] = [];
  const ESCAPES: Readonly<Record<string, string>> = { '"': '"', "'": "'", '\\': '\\', t: '\t', r: '\r', n: '\n' };
  for (let at = 0; at < text.length; ) {
    const sign = text[at] ?? '';
    if (/\s/.test(sign)) at++;
    else if (sign === '#') at = text.indexOf('\n', at);
    else if (/[;{}]/.test(sign)) {
      words.push(sign);
      at++;
    } else {
      const quote = sign === '"' || sign === "'" ? sign : undefined;
      let word = '';
      for (at += quote === undefined ? 0 : 1; at < text.length; at++) {
        const next = text[at] ?? '';
        if (quote === undefined ? /[\s;{]/.test(next) : next === quote) break;
        if (next !== '\\') word += next;
        else {
          const escaped = text[++at] ?? '';
          word += ESCAPES[escaped] ?? `\\${escaped}`;
        }
      }
      if (quote !== undefined) at++;
      words.push(word);
    }
  }
  return words;
}

/** Keys and values of `map … $name { … }`, in their order. */
export function nginxMap(words: readonly string[], name: string): readonly (readonly [key: string, value: string])[] {
  const start = words.indexOf(`$${name}`, 0) + 2;
  const end = words.indexOf('}', start);
  const entries: [string, string][] = [];
  for (let at = start; at < end; at += 3) entries.push([words[at] ?? '', words[at + 1] ?? '']);
  return entries;
}
