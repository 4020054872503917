import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import type { Entry } from '../inbox/entry.ts';
import { inboxOf, spoolDir } from '../inbox/open.ts';
import { createUnsealer } from '../inbox/seal.ts';
import { type Folder, openSpool, type Spool } from '../inbox/spool.ts';
import { findByReceipt } from '../inbox/state.ts';
import { unpacked } from '../inbox/submission.ts';
import { age } from '../model/age.ts';
import { EXIT, HoldfastError } from '../model/errors.ts';
import { printable } from '../model/printable.ts';
import type { VerbIo } from './io.ts';

/** Folders as people are told of them, in the order of a submission's life. */
const SHOWN: readonly (readonly [Folder, string])[] = [
  ['new', 'waiting'],
  ['cur', 'being delivered'],
  ['done', 'delivered'],
  ['refused', 'refused'],
  ['quarantine', 'torn'],
];
const ALL = SHOWN.map(([folder]) => folder);

interface Listed {
  readonly receipt: string;
  readonly state: string;
  readonly at: string;
  readonly tries: number;
  /** When it is tried next, or was over; null where that is at once. */
  readonly due: string | null;
  readonly unsure: boolean;
  readonly why: string | null;
}

/** The spool of the configuration, without any credential. */
async function openOwn(io: VerbIo): Promise<{ loaded: LoadedConfig; spool: Spool }> {
  const loaded = await io.load([]);
  inboxOf(loaded);
  return { loaded, spool: await openSpool(spoolDir(loaded)) };
}

/** `holdfast inbox list`: what there is, without a word of what it says. */
export async function inboxListVerb(io: VerbIo): Promise<number> {
  const { spool } = await openOwn(io);
  const listed: Listed[] = [];
  for (const [folder, state] of SHOWN)
    for (const entry of await spool.list(folder)) listed.push(await describe(spool, entry, state));
  if (io.json) io.print(JSON.stringify({ submissions: listed }));
  else for (const one of listed) io.print(lineOf(one));
  if (!io.json && listed.length === 0) io.print('the inbox is empty');
  return EXIT.done.code;
}

async function describe(spool: Spool, entry: Entry, state: string): Promise<Listed> {
  const { receipt, at, tries, due, sure } = entry;
  const why = state === 'refused' ? await spool.why(entry) : undefined;
  return {
    receipt,
    state,
    at: new Date(at).toISOString(),
    tries,
    due: due === 0 ? null : new Date(due).toISOString(),
    unsure: !sure,
    why: why === undefined ? null : `${why.code}${why.status === null ? '' : ` (${why.status})`}: ${why.text}`,
  };
}

function lineOf({ receipt, state, at, tries, due, unsure, why }: Listed): string {
  const old = `${age(Date.now() - Date.parse(at))} old`;
  const tried =
    tries === 0 ? '' : `, ${tries} ${tries === 1 ? 'try' : 'tries'} failed${due === null ? '' : `, next ${due}`}`;
  return `${receipt}  ${state}, ${old}${tried}${unsure ? ', may have been stored' : ''}${why === null ? '' : `, ${why}`}`;
}

export interface ShowFlags {
  /** File with the private key. */
  readonly identity?: string;
}

/** `holdfast inbox show RECEIPT`: what it says, opened by `--identity` or by the key that the configuration names. */
export async function inboxShowVerb(io: VerbIo, receipt: string, flags: ShowFlags): Promise<number> {
  const loaded = await io.load(flags.identity === undefined ? ['inbox'] : []);
  const config = inboxOf(loaded);
  const spool = await openSpool(spoolDir(loaded));
  const { folder, entry } = await findByReceipt(spool, receipt, ALL);
  const identity =
    flags.identity === undefined ? config.replay.identity : await identityIn(resolve(io.cwd, flags.identity));
  const bytes = await spool.read(folder, entry);
  const kept = bytes === undefined ? undefined : unpacked(await (await createUnsealer(identity)).open(bytes));
  if (kept === undefined) {
    const hint = `look at ${spool.dir}/${folder} by hand`;
    throw new HoldfastError('state-damaged', `${entry.receipt}: its file is torn`, { hint });
  }
  if (io.json) io.print(JSON.stringify({ receipt: entry.receipt, ...kept, at: new Date(kept.at).toISOString() }));
  else {
    io.print(`${entry.receipt}  ${new Date(kept.at).toISOString()}  ${kept.path}  from ${kept.address}`);
    for (const [name, value] of kept.fields)
      io.print(`${printable(name)}: ${value.split(/\r?\n/).map(printable).join('\n  ')}`);
  }
  return EXIT.done.code;
}

/** The key in a file of age-keygen's. */
async function identityIn(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new HoldfastError('usage', `${path} cannot be read`, { cause, hint: 'name the file that age-keygen wrote' });
  });
  return (
    text
      .split('\n')
      .find((line) => line.startsWith('AGE-SECRET-KEY-'))
      ?.trim() ?? text.trim()
  );
}

export interface RetryFlags {
  readonly all?: boolean;
}

/** `holdfast inbox retry [RECEIPT]`: dead letters, and what was put off, are due at once. Who names one that may be stored has looked; who says `--all` has not. */
export async function inboxRetryVerb(io: VerbIo, receipt: string | undefined, flags: RetryFlags): Promise<number> {
  if ((receipt === undefined) === (flags.all !== true)) {
    throw new HoldfastError('usage', 'name a receipt, or say --all for every dead letter', {});
  }
  const { spool } = await openOwn(io);
  const chosen =
    receipt === undefined
      ? (await spool.list('refused')).map((entry) => ({ folder: 'refused' as Folder, entry }))
      : [await findByReceipt(spool, receipt, ['refused', 'new'])];
  for (const { folder, entry } of chosen) {
    const sure = entry.sure || (folder === 'refused' && receipt !== undefined);
    await spool.move(entry, folder, 'new', { ...entry, tries: 0, due: 0, sure });
  }
  io.print(
    io.json ? JSON.stringify({ retried: chosen.length }) : `${chosen.length} due at the next holdfast inbox replay`,
  );
  return EXIT.done.code;
}

/** `holdfast inbox drop RECEIPT`: removes it from the disk, whatever its state. */
export async function inboxDropVerb(io: VerbIo, receipt: string): Promise<number> {
  const { spool } = await openOwn(io);
  const { folder, entry } = await findByReceipt(spool, receipt, ALL);
  await spool.remove(folder, entry);
  io.print(io.json ? JSON.stringify({ dropped: entry.receipt }) : `${entry.receipt} is gone`);
  return EXIT.done.code;
}
