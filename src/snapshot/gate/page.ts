import type { MarkupScanner } from '../../model/markup.ts';
import { prefilledField } from './commenter.ts';
import { decoderFor, fold } from './letters.ts';
import { beginsPhpMessage, phpMessageAt } from './php.ts';
import { type Part, type Visitor, walk } from './regions.ts';

/** What one pass over a page tells the gate. */
export interface Page {
  /** The bytes as Latin-1. */
  readonly source: string;
  /** Letters of the page's own text, quotes included: an ASCII byte is one, any other half of one. White space is none. */
  readonly letters: number;
  /** Letters of what surrounds it: navigation, header, footer, sidebars, what is hidden. */
  readonly lettersAround: number;
  /** Bytes of text outside of tags, scripts and styles, without white space. */
  readonly textSize: number;
  /** True when a real `</html>` is there, not one in a script or a comment. */
  readonly closed: boolean;
  readonly bodies: readonly Body[];
  /** Where its fields for passwords stand. */
  readonly passwords: readonly Part[];
  /** True when one of them is the field of a WordPress post under a password. */
  readonly hasPostPassword: boolean;
  /** Name of a field in a comment form that came filled in. */
  readonly prefilled: string | undefined;
  /** The name of a fatal error that PHP printed into the page. */
  readonly phpError: string | undefined;
  /** The name of a warning or notice of PHP, after which the page went on. */
  readonly phpRemark: string | undefined;
  /** The title, folded; '' without one. */
  title(): string;
  /** The first headings outside of navigation and quotes, folded. */
  headings(): readonly string[];
  /** The page's own text without quotes, folded; its beginning where it is long. */
  own(): string;
}

export interface Body {
  readonly id: string;
  readonly classes: readonly string[];
}

/** A site's name is often the first heading; the message comes after it. */
const HEADINGS = 4;
const HEADING_CHARACTERS = 300;
/** The same with the markup in it. */
const HEADING_MARKUP = 2000;
/** PHP prints one fatal error; a page full of what begins like one is no reason to search for ever. */
const PHP_ATTEMPTS = 50;
/** Own text is searched only on pages with much less than this. */
const OWN_CHARACTERS = 6000;
const COMMENT_FORM = /comment-?form|wp-comments-post/i;

/** Reads a page once, without building a tree; `type` is its Content-Type, `source` its bytes as Latin-1. */
export function readPage(bytes: Buffer, type: string, source = bytes.toString('latin1')): Page {
  const reader = new Reader(bytes, type, source);
  reader.closed = walk(reader.source, reader);
  return reader;
}

class Reader implements Page, Visitor {
  readonly source: string;
  readonly bodies: Body[] = [];
  readonly passwords: Part[] = [];
  textSize = 0;
  closed = false;
  hasPostPassword = false;
  prefilled: string | undefined;
  phpError: string | undefined;
  phpRemark: string | undefined;

  readonly #bytes: Buffer;
  readonly #type: string;
  #title = '';
  readonly #headings: string[] = [];
  #headingFrom = -1;
  /** Offsets of runs of own text: from, to, from, to. */
  readonly #own: number[] = [];
  #ownSize = 0;
  #halfLetters = 0;
  #halfAround = 0;
  #inCommentForm = false;
  #phpAttempts = 0;

  constructor(bytes: Buffer, type: string, source: string) {
    this.source = source;
    this.#bytes = bytes;
    this.#type = type;
  }

  get letters(): number {
    return this.#halfLetters / 2;
  }

  get lettersAround(): number {
    return this.#halfAround / 2;
  }

  title(): string {
    return this.#folded(this.#title);
  }

  headings(): readonly string[] {
    return this.#headings.map((heading) => this.#folded(heading.replace(/<[^>]*>/g, ' ').slice(0, HEADING_CHARACTERS)));
  }

  own(): string {
    const runs: string[] = [];
    for (let index = 0; index < this.#own.length; index += 2) {
      runs.push(this.source.slice(this.#own[index], this.#own[index + 1]));
    }
    return this.#folded(runs.join(' '));
  }

  tag(scanner: MarkupScanner, part: Part): void {
    switch (scanner.name) {
      case 'title':
        if (this.#title === '' && !scanner.closing) {
          this.#title = this.source.slice(scanner.end, Math.min(scanner.contentEnd, scanner.end + HEADING_CHARACTERS));
        }
        return;
      case 'body':
        if (!scanner.closing) this.bodies.push(bodyOf(scanner));
        return;
      case 'h1':
      case 'h2':
      case 'h3':
        this.#atHeading(scanner, part);
        return;
      case 'form':
        this.#inCommentForm = !scanner.closing && COMMENT_FORM.test(this.source.slice(scanner.start, scanner.end));
        return;
      case 'input':
        this.#atInput(scanner, part);
        return;
      case 'b':
        if (!scanner.closing && part !== 'quote') this.#atBold(scanner.start);
    }
  }

  text(from: number, to: number, part: Part): void {
    const { source } = this;
    let ascii = 0;
    let other = 0;
    for (let index = from; index < to; index++) {
      const code = source.charCodeAt(index);
      if (code > 0x7f) other++;
      else if (code > 0x20) ascii++;
    }
    if (ascii + other === 0) return;
    this.textSize += ascii + other;
    if (part === 'chrome') {
      this.#halfAround += ascii + ascii + other;
      return;
    }
    this.#halfLetters += ascii + ascii + other;
    if (part === 'quote' || this.#ownSize > OWN_CHARACTERS) return;
    this.#own.push(from, to);
    this.#ownSize += to - from;
  }

  #atHeading(scanner: MarkupScanner, part: Part): void {
    if (!scanner.closing) this.#headingFrom = part === 'own' ? scanner.end : -1;
    else if (this.#headingFrom !== -1 && this.#headings.length < HEADINGS) {
      const to = Math.min(scanner.start, this.#headingFrom + HEADING_MARKUP);
      this.#headings.push(this.source.slice(this.#headingFrom, to));
      this.#headingFrom = -1;
    }
  }

  #atInput(scanner: MarkupScanner, part: Part): void {
    if (scanner.raw('type')?.toLowerCase() === 'password') {
      this.passwords.push(part);
      if (scanner.raw('name') === 'post_password') this.hasPostPassword = true;
    } else if (this.#inCommentForm) this.prefilled ??= prefilledField(scanner);
  }

  #folded(latin1: string): string {
    return latin1 === '' ? '' : fold(decoderFor(this.#type, this.#bytes)(latin1));
  }

  #atBold(at: number): void {
    if (!beginsPhpMessage(this.source, at) || this.#phpAttempts++ > PHP_ATTEMPTS) return;
    const message = phpMessageAt(this.source, at);
    if (message?.kind === 'fatal') this.phpError ??= message.name;
    else this.phpRemark ??= message?.name;
  }
}

function bodyOf(scanner: MarkupScanner): Body {
  return { id: scanner.raw('id') ?? '', classes: (scanner.raw('class') ?? '').split(/\s+/) };
}
