import { createRequire } from 'node:module';
import type * as Htmlparser2 from 'htmlparser2';

const require = createRequire(import.meta.url);

/** Loaded when the first reference needs it, and at once, since this is no place to wait: it takes 20 ms, and many runs read no page. */
const parser = (): typeof Htmlparser2 => require('htmlparser2') as typeof Htmlparser2;

const AMPERSANDS = /&(?:amp|#0*38|#x0*26);/gi;
/** A reference to something else than an ampersand, or what may be one. */
const OTHER_REFERENCE = /&(?!(?:amp|#0*38|#x0*26);)[a-z#]/i;

/** What an attribute's value means once its character references are resolved, by the HTML rules for attributes. */
export function decodeAttribute(raw: string): string {
  if (!raw.includes('&')) return raw;
  // Most values hold nothing but ampersands.
  if (!OTHER_REFERENCE.test(raw)) return raw.replace(AMPERSANDS, '&');
  return decodeWith(`<a a="${raw.replaceAll('"', '&quot;')}">`);
}

/** What text outside of tags means once its character references are resolved; it holds no tags itself. */
export function decodeEntities(raw: string): string {
  return raw.includes('&') ? decodeWith(raw.replaceAll('<', '&lt;')) : raw;
}

function decodeWith(markup: string): string {
  let decoded = '';
  const add = (from: number, to: number) => {
    decoded += markup.slice(from, to);
  };
  const addCharacter = (codePoint: number) => {
    decoded += String.fromCodePoint(codePoint);
  };
  const ignore = () => {};
  const { Tokenizer } = parser();
  const tokenizer = new Tokenizer(
    { decodeEntities: true },
    {
      ontext: add,
      ontextentity: addCharacter,
      onattribdata: add,
      onattribentity: addCharacter,
      onattribend: ignore,
      onattribname: ignore,
      oncdata: ignore,
      onclosetag: ignore,
      oncomment: ignore,
      ondeclaration: ignore,
      onend: ignore,
      onopentagend: ignore,
      onopentagname: ignore,
      onprocessinginstruction: ignore,
      onselfclosingtag: ignore,
    },
  );
  tokenizer.write(markup);
  tokenizer.end();
  return decoded;
}

const NAMED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text made safe for an attribute or an element's text, in ASCII only, so that it may stand in a page of any charset. */
export function escapeMarkup(text: string): string {
  return text.replace(/[^ !#-%(-;=?-~\n\t]/gu, (character) => NAMED[character] ?? `&#${character.codePointAt(0)};`);
}
