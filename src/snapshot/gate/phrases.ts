import { fold } from './letters.ts';
import { english } from './wording/english.ts';
import { french } from './wording/french.ts';
import { german } from './wording/german.ts';
import { japanese } from './wording/japanese.ts';
import { more } from './wording/more.ts';
import { portuguese } from './wording/portuguese.ts';
import { spanish } from './wording/spanish.ts';
import type { PhraseKind, Wording } from './wording/wording.ts';

export interface Phrase {
  readonly kind: PhraseKind;
  /** As the list has it, for messages. */
  readonly words: string;
  /** Folded (see letters.ts). */
  readonly text: string;
  /** Such a common word that it counts only where it is a whole heading, or a whole part of the title. */
  readonly whole: boolean;
}

const WORDINGS: readonly Wording[] = [english, german, french, spanish, portuguese, japanese, more];

/** The built-in phrases, longest first, so that the one found says most. */
export const PHRASES: readonly Phrase[] = WORDINGS.flatMap((wording) => Object.entries(wording))
  .flatMap(([kind, list]) =>
    list
      .trim()
      .split('\n')
      .map((line) => readLine(kind as PhraseKind, line.trim())),
  )
  .sort((one, other) => other.text.length - one.text.length);

function readLine(kind: PhraseKind, line: string): Phrase {
  const whole = line.startsWith('=');
  const words = whole ? line.slice(1).trim() : line;
  return { kind, whole, words, text: fold(words) };
}

/** Signs that software puts between the parts of a title. */
const SEPARATOR = /\s+[|>‹›»«·:/-]\s+|\s*[|»«‹›]\s*|:\s+/;
const ENDING = /[\s.!…。！]+$/;

/** The phrase that a title or heading (folded) holds, or that it is. */
export function phraseInHeading(heading: string): Phrase | undefined {
  if (heading === '') return undefined;
  const parts = new Set([heading, ...heading.split(SEPARATOR)].map((part) => part.replace(ENDING, '')));
  return PHRASES.find(({ text, whole }) => (whole ? parts.has(text) : heading.includes(text)));
}

/** The phrase that running text (folded) holds. */
export function phraseInText(text: string): Phrase | undefined {
  return PHRASES.find((phrase) => !phrase.whole && text.includes(phrase.text));
}
