/** A token of VCL: a string, or a sign or word. */
export interface Token {
  readonly text: string;
  readonly isString: boolean;
}

const TOKEN =
  /(?<space>\s+|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/)|"(?<string>[^"\n]*)"|\{"(?<long>[\s\S]*?)"\}|(?<word>[\w.-]+|[^\w\s"])/y;

/** The tokens of a text, as Varnish's compiler parts them: nothing escapes in a string, which its line ends at the latest. Throws for one that does not end. */
export function vclTokens(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(TOKEN);
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex;
    const found = pattern.exec(text);
    if (found === null) throw new Error(`no token of VCL: ${text.slice(at, at + 60)}`);
    const { string, long, word } = found.groups ?? {};
    if (word !== undefined) tokens.push({ text: word, isString: false });
    else if ((string ?? long) !== undefined) tokens.push({ text: string ?? long ?? '', isString: true });
  }
  return tokens;
}
