import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../ports.ts';
import { accepts, isAlive, type Program, ready, runProgram, startProgram } from '../programs.ts';
import { type CephPlace, cephConf } from './conf.ts';

/** A running Ceph: a monitor, a store in memory, and the gateway that speaks S3. */
export interface CephServer {
  /** 'http://127.0.0.1:23456', without a slash at the end. */
  readonly endpoint: string;
  readonly dir: string;
  readonly pids: readonly number[];
  /** Ends its processes and removes its folder. */
  stop(): Promise<void>;
}

/** The one account of every server; it may do everything. */
export const CREDENTIALS = { accessKeyId: 'HOLDFASTTESTS', secretAccessKey: 'not-a-secret-of-anybody' } as const;

/** A start takes one to three seconds; on busy cores and a slow disk it may take many. */
const LIMIT_MS = 60_000;

/** Starts a server on free ports, in a folder of its own; rejects with the end of a log when one part does not come up. */
export async function startCeph(): Promise<CephServer> {
  const place = await newPlace();
  const started: Program[] = [];
  const endAll = () => started.map((program) => program.stop('SIGKILL')); // nothing to put away: it is all in memory
  const endAtExit = () => {
    endAll();
    removeFolder(place.dir);
  };
  process.once('exit', endAtExit);
  const stop = async () => {
    await Promise.all(endAll());
    process.off('exit', endAtExit);
    removeFolder(place.dir);
  };
  try {
    await format(place);
    await start(place, started);
  } catch (error) {
    await stop();
    throw error;
  }
  const endpoint = `http://127.0.0.1:${place.gatewayPort}`;
  return { endpoint, dir: place.dir, pids: started.map((program) => program.pid), stop };
}

async function newPlace(): Promise<CephPlace> {
  await removeStale();
  const dir = await mkdtemp(join(tmpdir(), `holdfast-ceph-${process.pid}-`));
  const place = { dir, fsid: randomUUID(), monitorPort: await freePort(), gatewayPort: await freePort() };
  await mkdir(join(dir, 'osd'));
  await writeFile(join(dir, 'keyring'), '');
  await writeFile(join(dir, 'ceph.conf'), cephConf(place));
  return place;
}

/** A test that was killed could not remove its folder, 40 MB; the name tells whose it was. */
async function removeStale(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = /^holdfast-ceph-(\d+)-/.exec(name)?.[1];
    if (owner && !isAlive(Number(owner))) removeFolder(join(tmpdir(), name));
  }
}

/** Makes the monitor's and the store's folders; the store is in the monitor's map from the start, and so needs no command later. */
async function format({ dir, fsid, monitorPort }: CephPlace): Promise<void> {
  const conf = ['-c', `${dir}/ceph.conf`];
  const run = (command: string, ...args: readonly string[]) => runProgram(`/usr/bin/${command}`, args, LIMIT_MS);
  const monitors = `[v1:127.0.0.1:${monitorPort}]`;
  await Promise.all([
    run('monmaptool', '--create', '--fsid', fsid, '--addv', 'a', monitors, `${dir}/monmap`),
    run('osdmaptool', ...conf, '--createsimple', '1', `${dir}/osdmap`),
    run('ceph-osd', ...conf, '-i', '0', '--mkfs', '--no-mon-config'),
  ]);
  await run('ceph-mon', ...conf, '-i', 'a', '--mkfs', '--monmap', `${dir}/monmap`, '--osdmap', `${dir}/osdmap`);
}

/** Adds each program to `started` before it is waited for. */
async function start({ dir, monitorPort, gatewayPort }: CephPlace, started: Program[]): Promise<void> {
  const conf = ['-c', `${dir}/ceph.conf`];
  const begin = (command: string, ...args: readonly string[]) => {
    const program = startProgram(`${dir}/${command}.log`, `/usr/bin/${command}`, [...conf, ...args, '-f']);
    started.push(program);
    return program;
  };
  const monitor = begin('ceph-mon', '-i', 'a');
  // A client that finds no monitor at its first try waits for seconds before the next.
  await ready(monitor, () => accepts(monitorPort), LIMIT_MS);
  begin('ceph-osd', '-i', '0');
  const gateway = begin('radosgw', '-n', 'client.gateway');
  await Promise.all([
    ready(gateway, () => accepts(gatewayPort), LIMIT_MS),
    runProgram('/usr/bin/radosgw-admin', [...conf, '-n', 'client.gateway', ...NEW_USER], LIMIT_MS),
  ]);
}

const NEW_USER = [
  ['user', 'create', '--uid=tests', '--display-name=tests'],
  [`--access-key=${CREDENTIALS.accessKeyId}`, `--secret-key=${CREDENTIALS.secretAccessKey}`],
].flat();

/** Tried again for a moment, since a program that was just killed may still be writing. */
function removeFolder(dir: string): void {
  rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}
