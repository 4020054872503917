/** A word of a shell script that stands for exactly this text. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Linux takes 128 KB in one word of a command and 2 MB in all of them: half of the lesser is far from both. */
const COMMAND_BYTES = 65_536;

/** `head` with all of these words after it, as often as it takes for each command to stay short enough to run. */
export function* commands(head: string, words: Iterable<string>, tail = ''): Generator<string> {
  let taken: string[] = [];
  let bytes = 0;
  for (const word of words) {
    const more = Buffer.byteLength(word) + 1;
    if (bytes + more > COMMAND_BYTES && taken.length > 0) {
      yield `${head} ${taken.join(' ')}${tail}`;
      [taken, bytes] = [[], 0];
    }
    taken.push(quoted(word));
    bytes += more;
  }
  if (taken.length > 0) yield `${head} ${taken.join(' ')}${tail}`;
}

const END = 'END-OF-HOLDFAST';

/** A command that reads `text` on standard input, and what follows it on its line; no line of `text` may be the mark that ends it. */
export function fed(command: string, text: string, then = ''): string {
  return `${command} <<'${END}'${then}\n${text.replace(/\n$/, '')}\n${END}`;
}

/** The first line of every answer: what comes before it was said by the account's own start-up files. */
export const BEGUN = 'holdfast begins\n';

/** What an account may have set that would make `cd` go, or `ls` write, otherwise. */
const PROLOGUE = [
  'set -eu',
  'unset CDPATH QUOTING_STYLE',
  'LC_ALL=C',
  'export LC_ALL',
  'main() {',
  `echo '${BEGUN.trim()}'`,
];

/**
 * A whole script of these commands, for `sh -s`. It is one function, called at the end: where the connection breaks on the
 * way, nothing of it is run. The first command that fails ends it. Messages are English, so that they can be told apart.
 */
export function scriptOf(lines: Iterable<string>): string {
  return [...PROLOGUE, ...lines, '}', 'main </dev/null', ''].join('\n');
}
