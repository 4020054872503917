import type { Address } from '../../model/address.ts';

/** What an HTML file is, as analytics may tell visits apart by it. */
export type PageKind = 'page' | 'holding' | '404' | 'redirect';

/** What is known of the page that is to carry the analytics. */
export interface PageFacts {
  readonly kind: PageKind;
  readonly address: Address;
  /** A holding page's name, e.g. `busy`. */
  readonly name?: string;
}

/** Complete elements in ASCII, safe in a page of any charset; '' where there is nothing to put there. */
export interface Markup {
  /** Goes to the end of the head. */
  readonly head: string;
  /** Goes to the end of the body. */
  readonly body: string;
}

/** A start tag of a page, for one call only. */
export interface PageTag {
  /** Lower case. */
  readonly name: string;
  /** Its value with entities resolved; '' where it has none; undefined where it does not stand there. */
  attribute(name: string): string | undefined;
  /** The tag from `<` to `>`, byte for byte as latin1. */
  readonly source: string;
  /** What stands in an inline script or style, byte for byte as latin1; '' on other elements. */
  readonly text: string;
}

/**
 * What the markup needs of a Content-Security-Policy, by directive: origins (`https://plausible.io`, `https://*.example.net`),
 * and `'self'` for the site's own.
 */
export interface Sources {
  readonly script: readonly string[];
  readonly img: readonly string[];
  readonly connect: readonly string[];
  /** True where a script stands in the page itself: a policy must name its hash, or `'unsafe-inline'`. */
  readonly inline: boolean;
}

/** Whether visitors without scripts are counted; where not, why, as a clause for a message. */
export type Unscripted = { readonly counted: true } | { readonly counted: false; readonly why: string };

/**
 * One way of counting visitors. A driver is pure: the same page gives the same markup, nothing is read or fetched.
 * `owns` recognises one element, and exactly one, of its own `snippet`, and the same element where the site put it into its
 * pages itself: same provider, same site id. It is asked about every start tag outside of `<template>`; where it owns none
 * the snippet goes in, and where it owns several only the first stays.
 */
export interface Analytics {
  /** Names it in messages. */
  readonly name: string;
  readonly sources: Sources;
  readonly unscripted: Unscripted;
  snippet(page: PageFacts): Markup;
  owns(tag: PageTag): boolean;
}
