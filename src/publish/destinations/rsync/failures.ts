import { HoldfastError } from '../../../model/errors.ts';
import { unwritable } from '../layout/refusals.ts';
import type { End } from './child.ts';

/** Another machine, as the configuration names it. */
export interface Machine {
  /** The destination's name. */
  readonly name: string;
  /** `user@host` or `host`. */
  readonly to: string;
  readonly port?: number;
  /** File of the private key; ssh's own choice where it is left out. */
  readonly identity?: string;
  /** File with the machine's host key; ssh's own where it is left out. */
  readonly knownHosts?: string;
}

type Cause = readonly [said: RegExp, why: string, hint: (machine: Machine) => string];

const CAUSES: readonly Cause[] = [
  [/UNPROTECTED PRIVATE KEY/, 'others may read the private key, so ssh does not use it', () => 'chmod 600 that file'],
  [
    /Identity file \S+ not accessible/,
    'the file of the private key cannot be read',
    ({ identity }) => `look for ${identity}`,
  ],
  [
    /HOST IDENTIFICATION HAS CHANGED|host key for .* has changed/i,
    'its host key is another than the one that is known',
    ({ knownHosts }) => `where that machine was set up anew, replace its line in ${knownHosts ?? 'known_hosts'}`,
  ],
  [
    /Host key verification failed|host key is known/,
    'its host key is not known here',
    ({ knownHosts }) =>
      `put it into ${knownHosts ?? '~/.ssh/known_hosts'}: ssh-keyscan shows it, that machine confirms it`,
  ],
  [
    /Permission denied \(/,
    'it refuses the key',
    ({ identity }) =>
      `add ${identity === undefined ? 'the public key' : `${identity}.pub`} to ~/.ssh/authorized_keys of that user there`,
  ],
  [/Too many authentication failures/, 'too many keys were offered', () => 'name the one key as `identity`'],
  [/Could not resolve hostname/, 'its name does not resolve', () => 'check `to`'],
  [/Connection refused/, 'it refuses the connection', () => 'check that sshd runs there, and `port`'],
  [/timed out|Timeout/i, 'it does not answer', () => 'check the network and the firewalls between here and there'],
];

/** No connection, or one that broke: `destination-unwritable`, with what ssh said about it. */
export function unreachable(machine: Machine, said: string): HoldfastError {
  const [, why = lastLine(said) || 'the connection broke off', hint = () => 'try it by hand with ssh'] =
    CAUSES.find(([each]) => each.test(said)) ?? [];
  return new HoldfastError('destination-unwritable', `${machine.name}: ${machine.to} cannot be reached: ${why}`, {
    hint: hint(machine),
  });
}

const CODES: readonly (readonly [said: RegExp, code: string])[] = [
  [/No space left on device/, 'ENOSPC'],
  [/Disk quota exceeded/, 'EDQUOT'],
  [/Read-only file system/, 'EROFS'],
  [/Permission denied/, 'EACCES'],
  [/Operation not permitted/, 'EPERM'],
  [/Input\/output error/, 'EIO'],
  [/Not a directory/, 'ENOTDIR'],
];

/** The system's name for what a program there complained of; undefined where it is none of a disk's. */
export function codeIn(said: string): string | undefined {
  return CODES.find(([each]) => each.test(said))?.[1];
}

/** True where a program there said that something is not there. */
export function saysAbsent(said: string): boolean {
  return /No such file or directory|Not a directory|can't cd to/.test(said);
}

/** What was run there, in `dir`, failed: `destination-unwritable`, with what it said last. */
export function failedThere(machine: Machine, dir: string, { code, stderr }: End): HoldfastError {
  const system = codeIn(stderr);
  const cause = new Error(stderr.trim());
  if (system !== undefined) return unwritable(machine.name, `${machine.to}:${dir}`, system, cause);
  const why = code === undefined ? 'it took longer than it may' : lastLine(stderr) || `it ended with ${code}`;
  return new HoldfastError(
    'destination-unwritable',
    `${machine.name}: ${machine.to}:${dir} cannot be written: ${why}`,
    {
      cause,
      hint: 'run again; where it persists, try it by hand with ssh',
    },
  );
}

/** What a program said last. */
export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}

/** What a program said first: rsync ends with where in its own source it ended. */
export function firstLine(text: string): string {
  return text.trim().split('\n')[0]?.trim() ?? '';
}
