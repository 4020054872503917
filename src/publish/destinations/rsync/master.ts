import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { environment, tailOf } from './child.ts';
import { type Machine, unreachable } from './failures.ts';

/** One ssh connection that others share. */
export interface Master {
  /** Where the socket lies; programs that use it run there. */
  readonly folder: string;
  readonly isOpen: boolean;
  /** What ssh complained of. */
  said(): string;
  /** Ends it, and with it every call that shares it. Resolves when nothing is left of it. */
  close(): Promise<void>;
}

/** ssh's name for the socket, in the folder it runs in: the path of a socket may have no more than about a hundred bytes. */
const SOCKET = 'socket';

/** How a program gets to that machine by the connection of the folder it runs in, and in no other way. */
export const SHARED = ['-F', 'none', '-S', SOCKET, '-o', 'ProxyCommand=false', '-o', 'LogLevel=ERROR', '-T'];

/**
 * Runs ssh until our end of its standard input is closed, by us or because we are gone, even by SIGKILL: then the connection
 * ends, every call that shares it with it, and the folder is removed. What a service manager tells all its processes is not for us.
 */
const GUARD = `folder=$1; shift
trap '' HUP INT TERM
"$@" </dev/null &
connection=$!
exec >/dev/null 2>&1
while read -r _; do :; done
kill -9 "$connection"
wait "$connection"
rm -rf -- "$folder"`;

const CONNECT_SECONDS = 10;
/** A peer that is silent for three of these is gone. */
const ALIVE_SECONDS = 5;
/** Connecting, exchanging keys and logging in, each of which may be slow. */
const OPEN_MS = 30_000;

const READY = 'ready';

/** Never asks anything, never takes a key it does not know, and forwards nothing, whatever the user's own configuration says. */
const OPTIONS = [
  'BatchMode=yes',
  'StrictHostKeyChecking=yes',
  'UpdateHostKeys=no',
  `ConnectTimeout=${CONNECT_SECONDS}`,
  `ServerAliveInterval=${ALIVE_SECONDS}`,
  'ServerAliveCountMax=3',
  'ControlPersist=no',
  'ClearAllForwardings=yes',
  'ForwardAgent=no',
  'ForwardX11=no',
  'RemoteCommand=none',
  'PermitLocalCommand=yes',
  `LocalCommand=echo ${READY}`,
  'LogLevel=ERROR',
];

function argumentsFor({ to, port, identity, knownHosts }: Machine): string[] {
  const options = [
    ...OPTIONS,
    ...(port === undefined ? [] : [`Port=${port}`]),
    ...(identity === undefined ? [] : ['IdentitiesOnly=yes']),
    ...(knownHosts === undefined ? [] : [`UserKnownHostsFile=${asOption(knownHosts)}`]),
  ];
  // An option would not make ssh say that there is no such file.
  const key = identity === undefined ? [] : ['-i', identity.replaceAll('%', '%%')];
  return ['-M', '-N', '-T', '-S', SOCKET, ...key, ...options.flatMap((option) => ['-o', option]), '--', to];
}

/** A path as ssh reads one in an option: in quotation marks, and without percent signs that stand for something. */
function asOption(path: string): string {
  return `"${path.replaceAll('%', '%%').replaceAll(/["\\]/g, '\\$&')}"`;
}

/** Connects. Throws `destination-unwritable` with the reason where that machine cannot be reached or refuses us. */
export async function openMaster(machine: Machine, signal: AbortSignal): Promise<Master> {
  signal.throwIfAborted();
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-ssh-'));
  const args = ['-c', GUARD, 'holdfast-ssh', folder, 'ssh', ...argumentsFor(machine)];
  const child = spawn('/bin/sh', args, { cwd: folder, env: environment(), detached: true });
  const gone = once(child, 'exit').catch(() => rm(folder, { recursive: true, force: true }));
  const said = tailOf(child.stderr);
  let isOpen = false;
  const close = async (): Promise<void> => {
    isOpen = false;
    child.ref();
    child.stdin.destroy();
    await gone;
  };
  child.stdin.on('error', () => undefined);
  // Of the two that ssh has from us it keeps this one open to its end.
  child.stderr.once('close', () => void close());
  isOpen = await saysReady(child, signal);
  if (!isOpen) {
    await close();
    signal.throwIfAborted();
    throw unreachable(machine, said() || 'timed out');
  }
  // A connection that waits to be used keeps no program from ending.
  for (const each of [child, child.stdin, child.stdout, child.stderr]) (each as Socket).unref();
  return {
    folder,
    get isOpen() {
      return isOpen;
    },
    said,
    close,
  };
}

/** True as soon as ssh has connected; false when it gave up, took too long, or need not go on. */
function saysReady({ stdout, stderr }: Record<'stdout' | 'stderr', Readable>, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (isReady: boolean): void => {
      clearTimeout(late);
      signal.removeEventListener('abort', giveUp);
      resolve(isReady);
    };
    const giveUp = (): void => end(false);
    const late = setTimeout(giveUp, OPEN_MS);
    signal.addEventListener('abort', giveUp);
    stderr.once('close', giveUp);
    stdout.on('data', (chunk: Buffer) => chunk.includes(READY) && end(true));
  });
}
