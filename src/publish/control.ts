import * as z from 'zod';

/** The version of the control record's own layout. */
const CONTROL_FORMAT = 1;

/** Where the control record lies at every destination. */
export const CONTROL_PATH = '_holdfast/control.json';

const ids = z.array(z.string()).readonly();

const schema = z
  .strictObject({
    format: z.literal(CONTROL_FORMAT),
    /** Host of the public address. */
    site: z.string(),
    environment: z.string(),
    /** Given once, when the destination is claimed. */
    lineage: z.string(),
    /** Rises by one with each move. */
    generation: z.int().min(0),
    /** How the store takes an ETag in a condition: as it gave it, without its quotation marks, or not at all. */
    conditions: z.enum(['exact', 'bare', 'ignored']),
    /** The one holder that may publish here, where the store ignores conditions; null where any may. */
    writer: z.string().nullable(),
    /** Who is at work here, null where nobody is. */
    lease: z.strictObject({ holder: z.string(), run: z.string(), renewed: z.string() }).readonly().nullable(),
    /** Id of the live release, whose manifest lies at `_holdfast/releases/<id>.json`. */
    live: z.string().nullable(),
    /** ISO 8601: since when it is live. */
    since: z.string().nullable(),
    /** The holder that made the live release live; null where nothing is. */
    publisher: z.string().nullable(),
    /** Id of the release that is being put over the live one, where that takes more than one step. */
    moving: z.string().nullable(),
    /** Releases that were on their way and never arrived, and until when (ISO 8601) their publisher is to be feared, however often they are mended. */
    suspects: z.array(z.strictObject({ release: z.string(), until: z.string() }).readonly()).readonly(),
    /** Paths found damaged, to be put again; `*` for all. */
    unsure: ids,
    /** Id of the release that was returned to; nothing else goes live until `unpin`. */
    pinned: z.string().nullable(),
    /**
     * Visitors are put on this holding page, since when (ISO 8601) and by whom; null while they get the release. The one field that is
     * moved without the lease. A record of before there were holds has none.
     */
    hold: z.strictObject({ page: z.string(), since: z.string(), by: z.string() }).readonly().nullable().default(null),
    /** Id of the release that was last read back whole. */
    verified: z.string().nullable(),
    /** Ids of the releases that can be returned to, the live one first. */
    releases: ids,
    /** Ids of releases of which something may lie about that is not needed any more. */
    unpruned: ids,
    /** Addresses taken down by hand, so that a machine that knows nothing yet leaves them down. */
    withdrawn: ids,
  })
  .readonly();

/** The one small record at a destination, moved by compare-and-swap: whose it is, who is at work, what is live. */
export type ControlRecord = z.output<typeof schema>;

export type Conditions = ControlRecord['conditions'];

/** Which holding page visitors are put on, since when and by whom. */
export type Hold = NonNullable<ControlRecord['hold']>;

/** Whose a destination is. */
export interface Owner {
  readonly site: string;
  readonly environment: string;
}

/** The record of a destination that was just claimed. */
export function newRecord(
  owner: Owner,
  claim: Pick<ControlRecord, 'lineage' | 'conditions' | 'writer'>,
): ControlRecord {
  return {
    format: CONTROL_FORMAT,
    ...owner,
    ...claim,
    generation: 0,
    lease: null,
    live: null,
    since: null,
    publisher: null,
    moving: null,
    suspects: [],
    unsure: [],
    pinned: null,
    hold: null,
    verified: null,
    releases: [],
    unpruned: [],
    withdrawn: [],
  };
}

/** The record as it is stored. */
export function controlText(record: ControlRecord): string {
  return `${JSON.stringify(record, undefined, 2)}\n`;
}

/** The record in a text, undefined where it is none of this version. */
export function parseControl(text: string): ControlRecord | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
