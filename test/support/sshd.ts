import { readFileSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports.ts';
import { accepts, type Program, ready, runProgram, startProgram } from './programs.ts';

/** A real SSH server on loopback, for the user who runs the tests and for one key made for it. */
export interface Sshd {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** File of the private key that is let in. */
  readonly identity: string;
  /** File that names the server's key. */
  readonly knownHosts: string;
  /** What `ssh` needs before the host, so that it asks nothing and reads none of the user's files: `ssh …sshArguments host command`. */
  readonly sshArguments: readonly string[];
  readonly pid: number;
  /** Kills every open connection with the commands it runs; new ones are taken. */
  drop(): void;
  /** Ends the server and every connection, and removes its folder. */
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const LIMIT_MS = 20_000;

/** Variables of every command it runs, over those that sshd itself sets. */
export type Environment = Readonly<Record<string, string>>;

/** Starts a server on a free port, in a folder of its own; rejects with the end of its log when it does not come up. */
export async function startSshd(environment: Environment = {}): Promise<Sshd> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-sshd-'));
  const remove = () => rmSync(dir, { recursive: true, force: true });
  process.once('exit', remove);
  const port = await freePort();
  const { username: user } = userInfo();
  await prepare(dir, { port, user, environment });
  // -r: it does not start itself anew for each connection, which is a third of what one costs it.
  const program = startProgram(`${dir}/log`, '/usr/sbin/sshd', ['-D', '-r', '-e', '-f', `${dir}/sshd_config`]);
  await ready(program, () => accepts(port), LIMIT_MS);
  const [identity, knownHosts] = [`${dir}/client`, `${dir}/known_hosts`];
  return {
    ...{ host: HOST, port, user, identity, knownHosts, pid: program.pid },
    sshArguments: sshArguments({ port, user, identity, knownHosts }),
    drop: () => killBelow(program.pid),
    stop: async () => {
      await stop(program);
      process.off('exit', remove);
      remove();
    },
  };
}

/** Connections are in sessions of their own, and outlive the server that took them unless they are ended by name. */
async function stop(program: Program): Promise<void> {
  killBelow(program.pid);
  await program.stop();
}

interface Who {
  readonly port: number;
  readonly user: string;
  readonly environment: Environment;
}

async function prepare(dir: string, who: Who): Promise<void> {
  // Where sshd keeps the processes that may do nothing; Debian's service makes it at its start.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  await writeFile(`${dir}/sshd_config`, confOf(dir, who));
  const keygen = (file: string) =>
    runProgram('/usr/bin/ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'tests', '-f', file], LIMIT_MS);
  await Promise.all([keygen(`${dir}/host`), keygen(`${dir}/client`)]);
  await writeFile(`${dir}/known_hosts`, `[${HOST}]:${who.port} ${await readFile(`${dir}/host.pub`, 'utf8')}`);
}

function confOf(dir: string, { port, user, environment }: Who): string {
  // The user's own start-up files are none of the tests' business, and may take longer than they do.
  const variables = Object.entries({ HOME: dir, ...environment }).map(([name, value]) => `${name}=${value}`);
  return `
SetEnv ${variables.join(' ')}
ListenAddress ${HOST}:${port}
HostKey ${dir}/host
# What the client would choose takes it three times as long, for the sake of secrets that we have not.
KexAlgorithms curve25519-sha256
AuthorizedKeysFile ${dir}/client.pub
AllowUsers ${user}
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
PidFile none
PrintMotd no
PrintLastLog no
# The folder lies below one that everybody may write to.
StrictModes no
MaxStartups 100
Subsystem sftp internal-sftp
`;
}

type Login = Pick<Sshd, 'port' | 'user' | 'identity' | 'knownHosts'>;

function sshArguments({ port, user, identity, knownHosts }: Login): string[] {
  const options = [
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${knownHosts}`,
    'GlobalKnownHostsFile=/dev/null',
  ].flatMap((option) => ['-o', option]);
  return ['-F', '/dev/null', '-p', `${port}`, '-l', user, '-i', identity, ...options];
}

function killBelow(pid: number): void {
  for (const child of childrenOf(pid)) {
    killBelow(child);
    try {
      process.kill(child, 'SIGKILL');
    } catch {
      // ended by itself meanwhile
    }
  }
}

function childrenOf(pid: number): number[] {
  try {
    const line = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return line === '' ? [] : line.split(' ').map(Number);
  } catch {
    return []; // it is gone
  }
}
