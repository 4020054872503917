import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A program that runs in the foreground under this process, and ends with it however it ends, SIGKILL included. */
export interface Program {
  readonly pid: number;
  /** The file its output goes to. */
  readonly log: string;
  /** Ends it, by SIGTERM unless told otherwise, and waits until it has; by force after ten seconds. Calling it twice is fine. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** The kernel ends a program with its parent, so that no test run leaves one behind, whatever ended the run. */
const SETPRIV = '/usr/bin/setpriv';
const END_WITH_PARENT = ['--pdeathsig', 'KILL'];
const STOP_MS = 10_000;
const POLL_MS = 10;
/** What of a log goes into an error: enough for its last complaint. */
const TAIL_CHARACTERS = 3000;

/** Starts a program whose output is appended to `log`. It does not keep this process from ending. */
export function startProgram(log: string, command: string, args: readonly string[]): Program {
  const output = openSync(log, 'a');
  const child = spawn(SETPRIV, [...END_WITH_PARENT, command, ...args], { stdio: ['ignore', output, output], cwd: '/' });
  closeSync(output);
  child.on('error', () => {}); // it never started, which `ready` tells
  child.unref();
  const onExit = () => child.kill('SIGKILL'); // a program that changes its user escapes the kernel's way
  process.once('exit', onExit);
  child.once('exit', () => process.off('exit', onExit));
  return { pid: child.pid ?? 0, log, stop: (signal = 'SIGTERM') => stop(child, signal) };
}

/** Runs a program to its end and gives what it printed; rejects with that when it ended badly or took longer than `limitMs`. */
export async function runProgram(command: string, args: readonly string[], limitMs: number): Promise<string> {
  const child = spawn(SETPRIV, [...END_WITH_PARENT, command, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: '/',
    timeout: limitMs,
    killSignal: 'SIGKILL',
  });
  const said: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  const how = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
  const text = Buffer.concat(said).toString('utf8');
  if (how !== 0) throw new Error(`${command} ended with ${how}: ${text.slice(-TAIL_CHARACTERS)}`);
  return text;
}

/** Waits until `probe` says true; stops the program and rejects with the end of its log when it died or `limitMs` are over. */
export async function ready(program: Program, probe: () => Promise<boolean>, limitMs: number): Promise<void> {
  const ends = performance.now() + limitMs;
  while (performance.now() < ends && isAlive(program.pid)) {
    if (await probe()) return;
    await sleep(POLL_MS);
  }
  const how = isAlive(program.pid) ? `was not ready after ${limitMs} ms` : 'ended';
  await program.stop();
  throw new Error(`${program.log}: it ${how}; the end of its log:\n${await tailOf(program.log)}`);
}

/** Whether a process of this id runs; one that has ended and waits for its parent to notice does not. */
export function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

/** Waits until a process that was killed is gone, for two seconds at most; whether it is. */
export async function isGone(pid: number): Promise<boolean> {
  for (let wait = 0; wait < 200 && isAlive(pid); wait += 1) await sleep(POLL_MS);
  return !isAlive(pid);
}

/** Whether something on loopback takes connections at this port. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function tailOf(file: string): Promise<string> {
  return (await readFile(file, 'utf8').catch(() => '')).slice(-TAIL_CHARACTERS);
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  child.ref();
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(force);
}
