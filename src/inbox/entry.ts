/**
 * A submission in the spool, as far as its delivery goes: this stands in its file's name, so that to claim it, to mark it and to put it
 * off are one rename each. It holds nothing of the visitor's.
 */
export interface Entry {
  /** When it was kept, in milliseconds since 1970. */
  readonly at: number;
  /** 128 random bits in hex: what the visitor was given. */
  readonly receipt: string;
  /** Keyed hash of what was said where: the same form sent twice has the same. */
  readonly key: string;
  /** Deliveries that failed. */
  readonly tries: number;
  /** Not to be tried before; of what is over, when it ended. Milliseconds since 1970. */
  readonly due: number;
  /** False where the origin may have stored it already, since an answer of its got lost. */
  readonly sure: boolean;
}

const NAME = /^(\d{13})\.([0-9a-f]{32})\.([0-9a-f]{32})\.(\d{1,4})\.(\d{1,13})\.(sure|unsure)$/;

/** A receipt as a visitor has it, or the beginning of one. */
export const RECEIPT = /^[0-9a-f]{4,32}$/;

/** The name of an entry's file; names sort by age. */
export function nameOf({ at, receipt, key, tries, due, sure }: Entry): string {
  return [String(at).padStart(13, '0'), receipt, key, tries, due, sure ? 'sure' : 'unsure'].join('.');
}

/** The entry of that file name, undefined for any other file. */
export function entryOf(name: string): Entry | undefined {
  const [, at, receipt, key, tries, due, mark] = NAME.exec(name) ?? [];
  if (at === undefined || receipt === undefined || key === undefined) return undefined;
  return { at: Number(at), receipt, key, tries: Number(tries), due: Number(due), sure: mark === 'sure' };
}
