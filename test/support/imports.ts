/** What a source file says, once comments are gone: names, signs, and string literals without their quotation marks. */
interface Token {
  readonly kind: 'word' | 'sign' | 'string';
  readonly text: string;
}

/** After one of these a slash begins a regular expression, not a division. */
const BEFORE_REGEX = new Set(['return', 'typeof', 'case', 'in', 'of', 'await', 'yield', 'throw', 'else', 'do', 'void']);
const PATTERNS = {
  space: /\s+/y,
  comment: /\/\/[^\n]*|\/\*[\s\S]*?\*\//y,
  string: /'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"/y,
  regex: /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y,
  word: /[\p{L}\p{N}_$]+/uy,
  text: /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y,
};

/** Every module a source imports: static, dynamic, re-exported, by type only; not what strings and comments talk of. */
export function importsOf(source: string): string[] {
  const tokens = tokensOf(source);
  const found = tokens.flatMap((token, at) => {
    if (token.kind !== 'string') return [];
    const [before, last] = [tokens[at - 2], tokens[at - 1]];
    const direct = is(last, 'import') || (is(last, 'from') && !is(before, '.'));
    const called = is(last, '(') && (is(before, 'import') || is(before, 'require'));
    return direct || called ? [token.text] : [];
  });
  return [...new Set(found)];
}

/** Members of `object` a source touches: `console.log` gives 'log' for 'console'. A property of that name elsewhere is not it. */
export function membersOf(source: string, object: string): string[] {
  const tokens = tokensOf(source);
  return tokens.flatMap((token, at) => {
    const touched = token.kind === 'word' && token.text === object && !is(tokens[at - 1], '.');
    if (!touched || !is(tokens[at + 1], '.')) return [];
    return [tokens[at + 2]?.text ?? ''];
  });
}

function is(token: Token | undefined, text: string): boolean {
  return token !== undefined && token.kind !== 'string' && token.text === text;
}

function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  const open: number[] = []; // braces open inside each `${` we are in
  for (let at = 0; at < source.length; ) {
    const [token, next] = source[at] === '`' ? templateAt(source, at + 1, open) : tokenAt(source, at, tokens.at(-1));
    at = next;
    if (token) tokens.push(token);
    if (token?.kind !== 'sign' || open.length === 0) continue;
    const depth = (open.pop() ?? 0) + (token.text === '{' ? 1 : token.text === '}' ? -1 : 0);
    if (depth >= 0) open.push(depth);
    else at = templateAt(source, at, open)[1]; // the brace that closed `${`: the template goes on
  }
  return tokens;
}

/** Skips the text of a template up to its end or its next `${`. */
function templateAt(source: string, at: number, open: number[]): [Token | undefined, number] {
  const next = at + (matchAt(PATTERNS.text, source, at)?.[0].length ?? 0);
  if (source[next] !== '$') return [{ kind: 'word', text: '`' }, next + 1];
  open.push(0);
  return [undefined, next + 2];
}

function tokenAt(source: string, at: number, last: Token | undefined): [Token | undefined, number] {
  const blank = matchAt(PATTERNS.space, source, at) ?? matchAt(PATTERNS.comment, source, at);
  if (blank) return [undefined, at + blank[0].length];
  const string = matchAt(PATTERNS.string, source, at);
  if (string) return [{ kind: 'string', text: string[1] ?? string[2] ?? '' }, at + string[0].length];
  const word = matchAt(PATTERNS.word, source, at);
  if (word) return [{ kind: 'word', text: word[0] }, at + word[0].length];
  const regex = source[at] === '/' && endsExpression(last) === false ? matchAt(PATTERNS.regex, source, at) : undefined;
  if (regex) return [{ kind: 'word', text: '/' }, at + regex[0].length];
  return [{ kind: 'sign', text: source[at] ?? '' }, at + 1];
}

function endsExpression(last: Token | undefined): boolean {
  if (!last) return false;
  if (last.kind === 'sign') return last.text === ')' || last.text === ']' || last.text === '}';
  return last.kind === 'string' || !BEFORE_REGEX.has(last.text);
}

function matchAt(pattern: RegExp, source: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source) ?? undefined;
}
