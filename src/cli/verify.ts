import { setTimeout as wait } from 'node:timers/promises';
import { shortId } from '../cycle/report.ts';
import { type Verified, verify } from '../cycle/verify.ts';
import { EXIT, HoldfastError } from '../model/errors.ts';
import { assertDestination } from './destinations.ts';
import type { VerbIo } from './io.ts';

export interface VerifyFlags {
  readonly to?: string;
  readonly all?: boolean;
}

const MENDED = 'the next publish puts them again; find out what changed them';
const NOT_NOTED =
  'a run was at work all the time, so that could not be written down: publish --force puts every file again';
/** Damaged files named one by one; the rest is counted. */
const NAMED = 20;

/** `holdfast verify`: reads what visitors get and compares hashes. Exit 1 where anything is damaged; the next publish mends it. */
export async function verifyVerb(io: VerbIo, { to, all }: VerifyFlags): Promise<number> {
  const loaded = await io.load();
  assertDestination(to, loaded.config.destinations);
  const sleep = (ms: number, signal: AbortSignal): Promise<void> => wait(ms, undefined, { signal });
  const results = await verify(loaded, { to, all: all === true, random: Math.random, sleep }, io.signal);
  for (const result of results) tellDamage(io, result);
  if (io.json) io.print(JSON.stringify({ destinations: results }));
  else for (const line of results.map(lineOf)) io.print(line);
  return results.some(({ damaged }) => damaged.length > 0) ? EXIT.failed.code : EXIT.done.code;
}

function tellDamage(io: VerbIo, { destination, damaged, isNoted }: Verified): void {
  if (damaged.length === 0) return;
  for (const { path, state } of damaged.slice(0, NAMED)) io.note(`${destination}: ${path} is ${state}`);
  const text = `${destination}: ${damaged.length} files are not as they were published`;
  io.noteError(
    new HoldfastError('destination-damaged', text, {
      hint: isNoted ? MENDED : NOT_NOTED,
    }),
    destination,
  );
}

function lineOf({ destination, release, pages, assets, assetsInAll, damaged }: Verified): string {
  if (release === null) return `${destination}: nothing is live yet`;
  const read = `${pages} pages and ${assets} of ${assetsInAll} assets read`;
  return `${destination}: ${shortId(release)} is ${damaged.length === 0 ? 'whole' : 'damaged'}: ${read}, ${damaged.length} damaged`;
}
