export { decodeAttribute, decodeEntities, escapeMarkup } from './entities.ts';

const TAB = 9;
const NEWLINE = 10;
const FORM_FEED = 12;
const RETURN = 13;
const SPACE = 32;
const BANG = 33;
const DOUBLE_QUOTE = 34;
const SINGLE_QUOTE = 39;
const SLASH = 47;
const EQUALS = 61;
const GREATER = 62;
const QUESTION = 63;

/** Elements whose contents are text up to their own end tag, whatever stands in there. `noscript` is markup to us: readers without scripts see it. */
const RAW = new Set(['script', 'style', 'title', 'textarea', 'xmp', 'iframe', 'noembed', 'noframes', 'plaintext']);
/** Start tags that end an unclosed `<svg>` or `<math>`, the common ones of the HTML standard's list. */
const BREAKS_OUT = new Set(
  'b blockquote body br center code dd div dl dt em h1 h2 h3 h4 h5 h6 head hr i img li ol p pre span strong table ul'.split(
    ' ',
  ),
);

/** Offsets kept for each attribute: name from, name to, value from, value to. */
const MARKS = 4;

/**
 * Walks over the tags of a page as a browser's tokenizer would, without building anything: `next()` moves to the next
 * tag and the fields tell about it. Offsets are into `text`, which is the page's bytes read as latin1, so that they are byte
 * offsets in any charset. Comments, declarations and the contents of scripts and their like are stepped over.
 * It exists beside htmlparser2's tokenizer, against which it is tested, because it is five times as fast.
 */
export class MarkupScanner {
  readonly text: string;
  /** Lower case. */
  name = '';
  /** True on an end tag. */
  closing = false;
  /** Offset of the `<`. */
  start = 0;
  /** Offset past the `>`. */
  end = 0;
  /** On the start tag of a script, style, title or the like: where its text ends; elsewhere equal to `end`. */
  contentEnd = 0;
  /** True on the start tag of such an element. */
  holdsText = false;
  /** How many attributes the tag has. */
  attributes = 0;
  /** Up to here nothing is left open: a comment, tag or script that never ends begins here. Final once `next()` gave false. */
  complete: number;

  #position = 0;
  #foreign = 0;
  #selfClosing = false;
  #marks: number[] = [];

  constructor(text: string) {
    this.text = text;
    this.complete = text.length;
  }

  /** Moves to the next tag; false at the end. */
  next(): boolean {
    const { text } = this;
    for (;;) {
      const at = text.indexOf('<', this.#position);
      if (at === -1) return false;
      const code = text.charCodeAt(at + 1);
      if (isLetter(code)) return this.#readTag(at, at + 1) || this.#stop(at);
      if (code === SLASH && isLetter(text.charCodeAt(at + 2))) return this.#readTag(at, at + 2) || this.#stop(at);
      const next = this.#pastOther(at, code);
      if (next === -1) return this.#stop(at);
      this.#position = next;
    }
  }

  /** Index of the attribute of that name (lower case), or -1; the first one where it stands twice. */
  attribute(name: string): number {
    const marks = this.#marks;
    const { length } = name;
    const first = name.charCodeAt(0);
    for (let index = 0; index < this.attributes; index++) {
      const from = marks[index * MARKS] as number;
      if ((marks[index * MARKS + 1] as number) - from !== length) continue;
      if ((this.text.charCodeAt(from) | 0x20) !== first) continue;
      if (this.text.slice(from, from + length).toLowerCase() === name) return index;
    }
    return -1;
  }

  /** The attribute's value as it is written, entities and all; '' where it has none; undefined where there is no such attribute. */
  raw(name: string): string | undefined {
    const index = this.attribute(name);
    return index === -1 ? undefined : this.text.slice(this.valueStart(index), this.valueEnd(index));
  }

  nameStart(index: number): number {
    return this.#marks[index * MARKS] as number;
  }

  /** Offset of the value's first character, past an opening quote. */
  valueStart(index: number): number {
    return this.#marks[index * MARKS + 2] as number;
  }

  /** Offset past the value's last character, before a closing quote. */
  valueEnd(index: number): number {
    return this.#marks[index * MARKS + 3] as number;
  }

  /** Offset past the whole attribute, its closing quote included. */
  attributeEnd(index: number): number {
    const past = this.valueEnd(index);
    const before = this.text.charCodeAt(this.valueStart(index) - 1);
    const quoted = before === DOUBLE_QUOTE || before === SINGLE_QUOTE;
    return quoted && this.text.charCodeAt(past) === before ? past + 1 : past;
  }

  #stop(at: number): false {
    this.complete = Math.min(this.complete, at);
    this.#position = this.text.length;
    return false;
  }

  /** Offset past a comment, a declaration or a `<` that is mere text; -1 where it never ends. */
  #pastOther(at: number, code: number): number {
    const { text } = this;
    if (code === BANG) {
      if (text.startsWith('--', at + 2)) return pastComment(text, at);
      if (this.#foreign > 0 && text.startsWith('[CDATA[', at + 2)) return past(text, ']]>', at);
      return past(text, '>', at);
    }
    if (code === QUESTION) return past(text, '>', at);
    return code === SLASH ? past(text, '>', at) : at + 1;
  }

  #readTag(at: number, nameFrom: number): boolean {
    const { text } = this;
    let index = nameFrom;
    while (index < text.length && !endsName(text.charCodeAt(index))) index++;
    const end = this.#readAttributes(index);
    if (end === -1) return false;
    this.name = text.slice(nameFrom, index).toLowerCase();
    this.closing = nameFrom === at + 2;
    this.start = at;
    this.end = end;
    this.contentEnd = end;
    this.holdsText = false;
    this.#position = end;
    if (this.closing) {
      if (this.#foreign > 0 && (this.name === 'svg' || this.name === 'math')) this.#foreign--;
    } else this.#enter();
    return true;
  }

  /** What a start tag means for what follows it. */
  #enter(): void {
    const { name } = this;
    if (this.#foreign > 0) {
      if (BREAKS_OUT.has(name)) this.#foreign = 0;
      else if (this.#selfClosing) return;
    }
    if ((name === 'svg' || name === 'math') && !this.#selfClosing) this.#foreign++;
    else if (RAW.has(name)) this.#skipContents();
  }

  #skipContents(): void {
    const at = endOfContents(this.text, this.name, this.end);
    if (at === -1) this.complete = Math.min(this.complete, this.start);
    this.holdsText = true;
    this.contentEnd = at === -1 ? this.text.length : at;
    this.#position = this.contentEnd;
  }

  /** Offset past the tag's `>`; -1 where it never comes. */
  #readAttributes(from: number): number {
    const { text } = this;
    const { length } = text;
    this.attributes = 0;
    let index = from;
    let selfClosing = false;
    while (index < length) {
      const code = text.charCodeAt(index);
      if (code === GREATER) {
        this.#selfClosing = selfClosing;
        return index + 1;
      }
      selfClosing = code === SLASH;
      index = code === SLASH || isSpace(code) ? index + 1 : this.#readAttribute(index);
    }
    return -1;
  }

  /** Offset past one attribute. */
  #readAttribute(from: number): number {
    const { text } = this;
    let nameTo = from + 1;
    for (let code = text.charCodeAt(nameTo); nameTo < text.length; code = text.charCodeAt(++nameTo)) {
      if (code === EQUALS || endsName(code)) break;
    }
    const equals = skipSpace(text, nameTo);
    if (text.charCodeAt(equals) !== EQUALS) {
      this.#mark(from, nameTo, nameTo, nameTo);
      return equals;
    }
    const valueFrom = skipSpace(text, equals + 1);
    const quote = text.charCodeAt(valueFrom);
    if (quote === DOUBLE_QUOTE || quote === SINGLE_QUOTE) {
      const close = text.indexOf(quote === DOUBLE_QUOTE ? '"' : "'", valueFrom + 1);
      if (close === -1) return text.length;
      this.#mark(from, nameTo, valueFrom + 1, close);
      return close + 1;
    }
    let valueTo = valueFrom;
    for (let code = quote; valueTo < text.length; code = text.charCodeAt(++valueTo)) {
      if (code === GREATER || isSpace(code)) break;
    }
    this.#mark(from, nameTo, valueFrom, valueTo);
    return valueTo;
  }

  #mark(nameFrom: number, nameTo: number, valueFrom: number, valueTo: number): void {
    const at = this.attributes++ * MARKS;
    this.#marks[at] = nameFrom;
    this.#marks[at + 1] = nameTo;
    this.#marks[at + 2] = valueFrom;
    this.#marks[at + 3] = valueTo;
  }
}

function isLetter(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 97 && lower <= 122;
}

function isSpace(code: number): boolean {
  return code === SPACE || code === NEWLINE || code === TAB || code === RETURN || code === FORM_FEED;
}

function endsName(code: number): boolean {
  return code === GREATER || code === SLASH || isSpace(code);
}

function skipSpace(text: string, from: number): number {
  let index = from;
  while (isSpace(text.charCodeAt(index))) index++;
  return index;
}

function past(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at === -1 ? -1 : at + mark.length;
}

/** `<!-->` and `<!--->` are whole comments; others end at `-->` or `--!>`. */
function pastComment(text: string, at: number): number {
  if (text.startsWith('>', at + 4)) return at + 5;
  if (text.startsWith('->', at + 4)) return at + 6;
  const plain = past(text, '-->', at + 4);
  const odd = text.slice(at + 4, plain === -1 ? text.length : plain).indexOf('--!>');
  return odd === -1 ? plain : at + 4 + odd + 4;
}

/** Offset of the end tag that closes a raw element opened before `from`; -1 where there is none. */
function endOfContents(text: string, name: string, from: number): number {
  if (name === 'plaintext') return -1;
  if (name === 'script') return endOfScript(text, from);
  for (let at = text.indexOf('</', from); at !== -1; at = text.indexOf('</', at + 2)) {
    const after = at + 2 + name.length;
    if (endsName(text.charCodeAt(after)) && text.slice(at + 2, after).toLowerCase() === name) return at;
  }
  return -1;
}

/** A `<script>` written within `<!--` in a script has an end tag of its own, which does not end the outer one. */
function endOfScript(text: string, from: number): number {
  const marks = /<!--|-->|<\/?script(?=[\t\n\f\r />])/gi;
  marks.lastIndex = from;
  let escaped = 0;
  for (let found = marks.exec(text); found !== null; found = marks.exec(text)) {
    const mark = found[0];
    if (mark === '<!--') {
      escaped = Math.max(escaped, 1);
      marks.lastIndex -= 2; // its dashes may be those of `-->`
    } else if (mark === '-->') escaped = 0;
    else if (mark[1] !== '/') escaped = escaped === 0 ? 0 : 2;
    else if (escaped < 2) return found.index;
    else escaped = 1;
  }
  return -1;
}
