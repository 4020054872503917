import { randomBytes } from 'node:crypto';
import { type ControlRecord, controlText } from '../../control.ts';
import type { Control } from '../../destination.ts';
import { linkTarget } from '../layout/paths.ts';
import { recordIn, type StoredRecord, versionOf } from '../layout/record.ts';
import { moved } from '../layout/refusals.ts';
import { failedThere, saysAbsent } from './failures.ts';
import { holdLines } from './hold.ts';
import { assertUsable, look } from './look.ts';
import { type Remote, runUnlessMoved } from './remote.ts';
import { fed, quoted } from './shell.ts';
import type { Stored } from './stored.ts';

/** The control record of a mirror on another machine: compared and replaced there, under a lock, in one script. */
export function createControl(remote: Remote, stored: Stored): Control {
  return {
    async read(signal) {
      const found = await readRecord(remote, signal);
      if (found === undefined) return undefined;
      const { record, version } = found;
      return { record, version, settled: await isSettled(found, stored, signal) };
    },
    async swap(next, expected, signal) {
      // The first record makes the folder ours, so nothing of others may be in it.
      if (expected === undefined) assertUsable(remote, await look(remote, signal));
      const text = controlText(next);
      await swap(remote, { text, expected, hold: next.hold }, signal);
      return versionOf(text);
    },
    probe: async () => 'exact',
  };
}

interface Found extends StoredRecord {
  /** Where `current` points; undefined where it is no link. */
  readonly target: string | undefined;
  /** Names of the manifests there. */
  readonly manifests: readonly string[];
}

async function readRecord(remote: Remote, signal: AbortSignal): Promise<Found | undefined> {
  const { layout, connection, name } = remote;
  const lines = [
    `if [ -L ${quoted(layout.current)} ]; then readlink -- ${quoted(layout.current)}; else echo; fi`,
    `if [ -d ${quoted(layout.releases)} ]; then ls -A -- ${quoted(layout.releases)}; fi`,
    'echo /',
    `cat -- ${quoted(layout.control)}`,
  ];
  const ended = await connection.runToItsEnd({ lines, isUrgent: true }, signal);
  if (ended.code !== 0) {
    if (saysAbsent(ended.stderr)) return undefined;
    throw failedThere(remote, layout.control, ended);
  }
  const at = ended.stdout.indexOf('\n/\n');
  const [target, ...manifests] = ended.stdout.slice(0, at).split('\n');
  const text = ended.stdout.slice(at + '\n/\n'.length);
  return { ...recordIn(text, layout.control, name), target: target === '' ? undefined : target, manifests };
}

/** True where `current` shows the release that the record names. */
async function isSettled({ record, target, manifests }: Found, stored: Stored, signal: AbortSignal): Promise<boolean> {
  if (record.live === null) return target === undefined;
  if (target === undefined || !manifests.includes(`${record.live}.json`)) return false;
  const hash = await stored.rootOf(record.live, signal);
  return hash !== undefined && target === linkTarget(hash);
}

interface Swap {
  /** No two records are the same. */
  readonly text: string;
  readonly expected: string | undefined;
  readonly hold: ControlRecord['hold'];
}

/** A connection that broke off is made again within the time that a lease lasts. */
const TRIES = 2;

/** Where the answer is lost, or says no to what may be our own move, the record itself tells what became of it. */
async function swap(remote: Remote, wish: Swap, signal: AbortSignal): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const refusal = await trySwap(remote, wish, signal);
    if (refusal === undefined) return;
    signal.throwIfAborted();
    const now = await readRecord(remote, signal).catch(() => {
      throw refusal;
    });
    // The script may have ended between the record and its flags.
    if (now?.version === versionOf(wish.text))
      return runUnlessMoved(remote, { version: now.version, lines: holdLines(wish.hold) }, signal);
    if (now?.version !== wish.expected) throw moved(remote.name, 'the control record is not the one that was read');
    if (tries === TRIES) throw refusal;
  }
}

/** Undefined where the record was moved; else why it was not, or may not have been. */
async function trySwap(remote: Remote, { text, expected, hold }: Swap, signal: AbortSignal): Promise<unknown> {
  const temporary = `control.json.${randomBytes(6).toString('hex')}.tmp`;
  const lines = [
    `trap 'rm -f -- ${temporary}' EXIT`,
    fed(`cat >${temporary}`, text),
    `sync -- ${temporary}`,
    `mv -T -- ${temporary} control.json`,
    'trap - EXIT',
    expected === undefined ? 'sync -f .' : 'sync -- .',
    ...holdLines(hold),
  ];
  try {
    await runUnlessMoved(remote, { version: expected, lines }, signal);
    return undefined;
  } catch (error) {
    return error;
  }
}
