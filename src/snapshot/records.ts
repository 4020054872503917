import type { Address } from '../model/address.ts';
import type { OriginRecord } from '../model/origin-state.ts';
import type { Entry, GoodEntry, LaneState } from '../model/snapshot.ts';
import type { Journal } from '../store/journal.ts';

/** Everything the snapshot remembers, as one kind of journal value. */
export type SnapshotRecord = Entry | LaneState | OriginRecord | string | number;

/**
 * The snapshot's memory: pages, assets, lanes and the table of names that references are numbered by.
 * Changes are on disk after `flush`.
 */
export interface Records {
  readonly pages: EntryTable;
  readonly assets: EntryTable;
  lane(name: string): LaneState | undefined;
  setLane(name: string, state: LaneState): void;
  /** The origin's usual time to first byte (ms), remembered so that a slow day is known from its first answer. */
  usual: number | undefined;
  /** How the origin is; undefined before it was ever looked at. */
  origin: OriginRecord | undefined;
  /** The releases of other machines, by destination, that pages were adopted from; undefined where there were none. */
  adopted: string | undefined;
  /** The site and the origin that all this is of, as `site origin`. */
  subject: string | undefined;
  /** Rises with each change of what a release can show; looks that find all as it was leave it. */
  readonly revision: number;
  nameOf(number: number): Address;
  numberOf(address: Address): number;
  flush(): Promise<void>;
}

/** Entries by address, in the order they were first seen. */
export interface EntryTable {
  get(address: Address): Entry | undefined;
  set(address: Address, entry: Entry): void;
  delete(address: Address): void;
  [Symbol.iterator](): Iterator<[Address, Entry]>;
}

/** How the journal of the records is to be opened for writing: entries refer to names by their numbers. */
export const JOURNAL_OPTIONS = { first: 'name:' } as const;

/** Reads the journal into memory; keys are `page:/a/`, `asset:/s.css`, `lane:hot`, `name:17`, `usual`, `origin`, `adopted` and `subject`. */
export function openRecords(journal: Journal<SnapshotRecord>): Records {
  const names: Address[] = [];
  const numbers = new Map<Address, number>();
  const tables = { page: new Map<Address, Entry>(), asset: new Map<Address, Entry>() };
  for (const [key, value] of journal.entries()) {
    const colon = key.indexOf(':');
    const kind = key.slice(0, colon);
    const rest = key.slice(colon + 1);
    if (kind === 'page' || kind === 'asset') tables[kind].set(rest, value as Entry);
    if (kind === 'name') {
      names[Number(rest)] = value as string;
      numbers.set(value as string, Number(rest));
    }
  }
  let revision = 0;
  const note = (before: Shown, after: Shown): void => {
    if (!showsTheSame(before, after)) revision += 1;
  };
  const table = (kind: 'page' | 'asset'): EntryTable => ({
    get: (address) => tables[kind].get(address),
    set: (address, entry) => {
      note(tables[kind].get(address), entry);
      tables[kind].set(address, entry);
      journal.set(`${kind}:${address}`, entry);
    },
    delete: (address) => {
      note(tables[kind].get(address), undefined);
      tables[kind].delete(address);
      journal.delete(`${kind}:${address}`);
    },
    [Symbol.iterator]: () => tables[kind].entries(),
  });
  return {
    pages: table('page'),
    assets: table('asset'),
    lane: (name) => journal.get(`lane:${name}`) as LaneState | undefined,
    setLane: (name, state) => journal.set(`lane:${name}`, state),
    get usual() {
      return journal.get('usual') as number | undefined;
    },
    set usual(ms) {
      if (ms !== undefined && ms !== journal.get('usual')) journal.set('usual', ms);
    },
    get origin() {
      return journal.get('origin') as OriginRecord | undefined;
    },
    set origin(record) {
      if (record === undefined) return;
      note(journal.get('origin') as OriginRecord | undefined, record);
      journal.set('origin', record);
    },
    get adopted() {
      return journal.get('adopted') as string | undefined;
    },
    set adopted(releases) {
      if (releases !== undefined && releases !== journal.get('adopted')) journal.set('adopted', releases);
    },
    get subject() {
      return journal.get('subject') as string | undefined;
    },
    set subject(names) {
      if (names !== undefined && names !== journal.get('subject')) journal.set('subject', names);
    },
    get revision() {
      return revision;
    },
    nameOf: (number) => names[number] ?? '/',
    numberOf: (address) => {
      const known = numbers.get(address);
      if (known !== undefined) return known;
      const number = names.push(address) - 1;
      numbers.set(address, number);
      journal.set(`name:${number}`, address);
      return number;
    },
    flush: () => journal.flush(),
  };
}

type Shown = Entry | OriginRecord | undefined;

/** What is remembered for the next look, and shown to nobody. */
const UNSHOWN: ReadonlySet<string> = new Set([
  'lookedAt',
  'goodAt',
  'trouble',
  'insists',
  'wanted',
  'validators',
  'turning',
] satisfies readonly (keyof Entry | keyof GoodEntry | keyof OriginRecord)[]);

/** True for two values that differ at most in what is not shown. */
function showsTheSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  const [before, after] = [one as Record<string, unknown>, other as Record<string, unknown>];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].every((key) => UNSHOWN.has(key) || showsTheSame(before[key], after[key]));
}
