// takes: 6 s
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { HoldfastError } from '../../src/model/errors.ts';
import type { RunState } from '../../src/run/state.ts';
import { notifierOf } from '../../src/run/systemd.ts';
import { openProject, type Project, smallConfig } from '../support/project.ts';
import { startResident } from '../support/resident.ts';
import { page, type ScriptedSite, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const test = suite('the resident process under systemd', { needs: ['systemd', 'python'] });

/** systemd's side: a datagram socket of Unix, which Node has not. A line of JSON a message. */
const RECEIVER = `
import json, socket, sys
at = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
at.bind(sys.argv[1])
print('[]', flush=True)
while True:
    print(json.dumps(at.recv(65536).decode().split('\\n')), flush=True)
`;

/** What came, message by message. */
interface Supervisor {
  readonly socket: string;
  /** Messages so far: lines such as `READY=1`. */
  readonly messages: (readonly string[])[];
  /** Waits for a message with this line. */
  until(line: string | RegExp): Promise<readonly string[]>;
  close(): Promise<void>;
}

const LIMIT_MS = 15_000;

async function startSupervisor(): Promise<Supervisor> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-systemd-'));
  const socket = join(dir, 'notify');
  const child: ChildProcess = spawn('/usr/bin/python3', ['-c', RECEIVER, socket], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const messages: (readonly string[])[] = [];
  const looks = new Set<() => void>();
  const isBound = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const message = JSON.parse(line) as readonly string[];
      if (message.length === 0) resolve();
      else messages.push(message);
      for (const look of looks) look();
    });
  });
  await isBound;
  return {
    socket,
    messages,
    until(wanted) {
      const fits = (line: string) => (typeof wanted === 'string' ? line === wanted : wanted.test(line));
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${wanted} did not come: ${messages.join('; ')}`)), LIMIT_MS);
        const look = (): void => {
          const found = messages.find((lines) => lines.some(fits));
          if (found === undefined) return;
          clearTimeout(timer);
          looks.delete(look);
          resolve(found);
        };
        looks.add(look);
        look();
      });
    },
    async close() {
      child.kill('SIGKILL');
      await rm(dir, { recursive: true });
    },
  };
}

let supervisor: Supervisor;
let site: ScriptedSite;
let project: Project;
let silent: Server;

test.before(async () => {
  site = await startSite({ '/': page('Home', '<p>Edition 1</p>') });
  // Takes what is sent and never answers.
  silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  project = await openProject(smallConfig(site.url));
});

test.before.each(async () => {
  supervisor = await startSupervisor();
});

test.after.each(() => supervisor.close());

test.after(async () => {
  silent?.closeAllConnections();
  silent?.close();
  await project?.close();
  await site?.close();
});

const state = () => ({ other: 'web2' }) as RunState;

test('the watchdog is fed at half of its interval, and only while the process is well', async () => {
  const troubles: string[] = [];
  const env = { ...process.env, NOTIFY_SOCKET: supervisor.socket, WATCHDOG_USEC: '200000' };
  const notifier = notifierOf({ env, state, onTrouble: ({ message }) => troubles.push(message) });
  notifier.beat(true);
  await wait(150);
  notifier.beat(false);
  notifier.tell({ kind: 'role', role: 'passive', other: 'web2' });
  await supervisor.until('STATUS=passive: web2 is at work');
  assert.not.ok(supervisor.messages.flat().includes('WATCHDOG=1'), 'too soon, and then not well');
  notifier.beat(true);
  await supervisor.until('WATCHDOG=1');
  assert.equal(troubles, []);
});

test('a configuration that is read again is told of, and one that is wrong too', async () => {
  const env = { ...process.env, NOTIFY_SOCKET: supervisor.socket };
  const notifier = notifierOf({ env, state, onTrouble: () => undefined });
  notifier.tell({ kind: 'reloading' });
  notifier.tell({ kind: 'config', error: new HoldfastError('config-invalid', 'site: is not there') });
  assert.ok((await supervisor.until('STATUS=configuration kept: the new one is wrong')).includes('READY=1'));
  const told = supervisor.messages.flat().filter((line) => /^(?:RELOADING|MONOTONIC_USEC|READY)=\d+$/.test(line));
  assert.equal(
    told.map((line) => line.replace(/=.*/, '')),
    ['RELOADING', 'MONOTONIC_USEC', 'READY'],
  );
});

test('where the program to tell systemd by is not there, that is said once', async () => {
  const troubles: string[] = [];
  const env = { ...process.env, NOTIFY_SOCKET: supervisor.socket, WATCHDOG_USEC: '2' };
  const notifier = notifierOf({ env, state, onTrouble: ({ message }) => troubles.push(message), program: '/nowhere' });
  for (let times = 0; times < 3; times++) {
    await wait(20);
    notifier.beat(true);
  }
  await wait(50);
  assert.is(troubles.length, 1, troubles.join());
});

test('it says when it is ready, what a cycle came to, that it lives and that it ends; a second signal ends it at once', async () => {
  const heartbeat = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/canary-heartbeat`;
  const every = [{ name: 'hot', paths: ['/'], every: '1h' }];
  await project.configure(smallConfig(site.url, { heartbeat, lanes: every, run: { listen: '127.0.0.1:0' } }));
  const run = startResident(project.dir, { NOTIFY_SOCKET: supervisor.socket, WATCHDOG_USEC: '1000000' });
  await supervisor.until('READY=1');
  await supervisor.until(/^STATUS=mirror: published /);
  await supervisor.until('WATCHDOG=1');
  const ended = run.stop('SIGTERM');
  await supervisor.until('STOPPING=1');
  // The heartbeat is not answered, and gets some seconds more.
  const isOver = await Promise.race([ended.then(() => true), wait(300).then(() => false)]);
  assert.is(isOver, false, 'after the first it waits for what is on its way');
  const asked = performance.now();
  assert.is(await run.stop('SIGTERM'), 1);
  assert.ok(performance.now() - asked < 1000, 'after the second for nothing');
  assert.not.match(run.output, 'canary-heartbeat');
});

test.run();
