import type { MarkupScanner } from '../model/markup.ts';

/** Elements that may stand in a head; the start tag of any other ends it, as in a browser. */
const HEAD_ELEMENTS = new Set([
  'html',
  'head',
  'title',
  'meta',
  'link',
  'script',
  'style',
  'base',
  'noscript',
  'template',
  'basefont',
  'bgsound',
  'noframes',
]);

/** What stands before the first tag: byte order mark, XML declaration, comments, doctype. Markup before a doctype would change how a page is laid out. */
const PROLOGUE = /^(?:\xef\xbb\xbf)?(?:\s*(?:<\?[^>]*>|<!--[\s\S]*?-->|<!doctype[^>]*>))*/i;

/** Offsets at which markup can go in. */
export interface Places {
  readonly head: number;
  readonly body: number;
}

/** Follows a scanner over a page and remembers where its head and its body end, tags for them or not. */
export class PlaceFinder {
  readonly #tag: MarkupScanner;
  #headEnd: number | undefined;
  /** End of the last tag that belongs to the head. */
  #headSoFar = 0;
  #isNoscript = false;
  #templates = 0;
  #templateStart = 0;
  #bodyEnd: number | undefined;
  #htmlEnd: number | undefined;

  constructor(tag: MarkupScanner) {
    this.#tag = tag;
  }

  /** Takes note of the tag the scanner stands on. */
  see(): void {
    const { name, closing, start, end } = this.#tag;
    if (name === 'template') this.#seeTemplate();
    if (this.#templates > 0) return;
    if (closing && name === 'body') this.#bodyEnd = start;
    if (closing && name === 'html') this.#htmlEnd = start;
    if (this.#headEnd !== undefined) return;
    if (name === 'noscript') this.#isNoscript = !closing;
    if (this.#endsHead()) this.#headEnd = start;
    else this.#headSoFar = end;
  }

  /** True while the scanner is inside of a `<template>`, which is no part of the page. */
  get inTemplate(): boolean {
    return this.#templates > 0;
  }

  /** To be asked once the scanner is at its end. */
  places(): Places {
    const { complete, text } = this.#tag;
    const limit = Math.min(complete, this.#templates > 0 ? this.#templateStart : complete);
    const headEnd = this.#headEnd ?? Math.max(this.#headSoFar, PROLOGUE.exec(text)?.[0].length ?? 0);
    const head = Math.min(headEnd, limit);
    const body = Math.min(this.#bodyEnd ?? this.#htmlEnd ?? complete, limit);
    return { head, body: Math.max(head, body) };
  }

  #seeTemplate(): void {
    const { closing, start } = this.#tag;
    if (!closing && this.#templates === 0) this.#templateStart = start;
    this.#templates = Math.max(0, this.#templates + (closing ? -1 : 1));
  }

  #endsHead(): boolean {
    const { name, closing } = this.#tag;
    if (closing) return name === 'head' || name === 'body' || name === 'html';
    if (name === 'body') return true;
    return !HEAD_ELEMENTS.has(name) && !this.#isNoscript;
  }
}
