import { spawn } from 'node:child_process';
import { isHook } from '../config/run.ts';
import type { AlertConfig } from '../config/schema.ts';
import type { Clock } from '../model/clock.ts';
import { environmentOfPrograms } from '../snapshot/command.ts';
import type { Alert } from './alarms.ts';

/** Takes an alert to whoever wants it. Rejects where that failed. */
export type Courier = (alert: Alert & { readonly site: string; readonly at: string }) => Promise<void>;

/** Whoever is told answers within this, or is asked again. */
const DEADLINE_MS = 10_000;
/** Pauses before the second and the third attempt. */
const AGAIN_AFTER_MS = [5000, 30_000];

/** The courier that a line of `alerts` names. */
export function courierOf(config: AlertConfig): Courier {
  return config.use === 'webhook' ? webhook(config) : command(config);
}

function webhook({ url, headers }: Extract<AlertConfig, { use: 'webhook' }>): Courier {
  return async (alert) => {
    await call(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(alert),
    });
  };
}

/** One request, not followed elsewhere; rejects with a line that never holds the address, which may be a secret. */
export async function call(url: string, init: RequestInit): Promise<void> {
  if (!isHook(url)) throw new Error('it is not an http(s) address');
  const answer = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(DEADLINE_MS) }).catch(
    (error: unknown) => {
      throw new Error(reasonOf(error));
    },
  );
  await answer.body?.cancel();
  // A redirect took nothing: whoever is to be told would never hear of it.
  if (answer.status >= 300 && answer.status < 400)
    throw new Error(`it answered ${answer.status}, and no redirect is followed: name the address that it leads to`);
  if (!answer.ok) throw new Error(`it answered ${answer.status}`);
}

/** The system's word for a connection that failed. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it cannot be reached';
  if (error.name === 'TimeoutError') return `no answer within ${DEADLINE_MS / 1000} s`;
  const { cause } = error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'it cannot be reached';
}

function command({ run }: Extract<AlertConfig, { use: 'command' }>): Courier {
  const [file = '', ...args] = run;
  return (alert) =>
    new Promise((resolve, reject) => {
      const child = spawn(file, args, {
        env: environmentOfPrograms(),
        stdio: ['pipe', 'ignore', 'ignore'],
        timeout: DEADLINE_MS,
        killSignal: 'SIGKILL',
      });
      child.once('error', (error) => reject(new Error(`it cannot be started: ${error.message}`)));
      child.once('close', (code, signal) => {
        if (code === 0) resolve();
        else reject(new Error(signal === null ? `it exited ${code}` : `it was ended after ${DEADLINE_MS / 1000} s`));
      });
      // A program that reads nothing is fine.
      child.stdin.on('error', () => undefined).end(`${JSON.stringify(alert)}\n`);
    });
}

/** Tries three times; the last failure is returned, undefined where one attempt was good. Never throws. */
export async function deliver(
  work: () => Promise<void>,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<string | undefined> {
  for (const pause of [...AGAIN_AFTER_MS, undefined]) {
    const failure = await work().then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    if (failure === undefined || pause === undefined) return failure;
    const isOver = await clock.sleep(pause, signal).then(
      () => false,
      () => true,
    );
    if (isOver) return failure;
  }
  return undefined;
}
