import { decodeAttribute, type MarkupScanner } from '../../model/markup.ts';
import type { Analytics, PageTag } from './port.ts';

/**
 * The tag a scanner stands on, as analytics see it; it moves on with the scanner. A class, since a literal with getters has a
 * hidden class of its own each time, which lives until the next full collection and holds the whole page until then.
 */
class ScannedTag implements PageTag {
  readonly #scanner: MarkupScanner;

  constructor(scanner: MarkupScanner) {
    this.#scanner = scanner;
  }

  get name(): string {
    return this.#scanner.name;
  }

  get source(): string {
    const { text, start, end } = this.#scanner;
    return text.slice(start, end);
  }

  get text(): string {
    const { text, end, contentEnd } = this.#scanner;
    return text.slice(end, contentEnd);
  }

  attribute(name: string): string | undefined {
    const raw = this.#scanner.raw(name);
    return raw === undefined ? undefined : decodeAttribute(raw);
  }
}

/** Counts over a page's tags which analytics it carries. */
export interface Presence {
  /** Takes note of the tag the scanner stands on; true where all analytics that own it were there before. */
  see(): boolean;
  /** How often an analytics was met. */
  count(analytics: Analytics): number;
}

/** Which analytics own the tag that the scanner stands on. */
export function ownersIn(scanner: MarkupScanner, analytics: readonly Analytics[]): () => readonly Analytics[] {
  const tag = new ScannedTag(scanner);
  return () => analytics.filter((one) => one.owns(tag));
}

/** Follows a scanner. End tags and scripts that never end are no analytics; what stands in a `<template>` is for the caller to leave out. */
export function createPresence(scanner: MarkupScanner, analytics: readonly Analytics[]): Presence {
  const ownersNow = ownersIn(scanner, analytics);
  const counts = new Map<Analytics, number>();
  return {
    see() {
      if (scanner.closing || scanner.complete <= scanner.start) return false;
      const owners = ownersNow();
      const isRepeated = owners.length > 0 && owners.every((one) => counts.has(one));
      for (const one of owners) counts.set(one, (counts.get(one) ?? 0) + 1);
      return isRepeated;
    },
    count: (one) => counts.get(one) ?? 0,
  };
}
