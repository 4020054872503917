import { execFile } from 'node:child_process';
import type { HoldfastError } from '../model/errors.ts';
import { asHoldfastError } from '../model/errors.ts';
import type { RunEvent, RunState } from './state.ts';
import { summaryOf } from './telling.ts';

/** Tells systemd how we are, by its own `systemd-notify`: Node has no datagram sockets of Unix, and a package that has needs a compiler. */
export interface Notifier {
  tell(event: RunEvent): void;
  /** To be called every second or two: feeds the watchdog when that is due, and only while `isWell`. */
  beat(isWell: boolean): void;
}

/** systemd waits for an answer of its own program no longer than this. */
const DEADLINE_MS = 5000;

export interface NotifierOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly state: () => RunState;
  readonly onTrouble: (error: HoldfastError) => void;
  /** The program; from the PATH. */
  readonly program?: string;
}

/** A notifier that does nothing where no systemd waits for word. */
export function notifierOf({ env, state, onTrouble, program = 'systemd-notify' }: NotifierOptions): Notifier {
  if (env['NOTIFY_SOCKET'] === undefined) return { tell: () => undefined, beat: () => undefined };
  const every = Number(env['WATCHDOG_USEC'] ?? 0) / 1000 / 2;
  let fed = performance.now();
  let hasFailed = false;
  const options = { env: { ...env, PATH: env['PATH'] ?? '/usr/bin:/bin' }, timeout: DEADLINE_MS };
  const sendNow = (words: readonly string[]): Promise<void> =>
    new Promise((resolve) => {
      execFile(program, [`--pid=${process.pid}`, ...words], options, (error) => {
        if (error !== null && !hasFailed) onTrouble(asHoldfastError(error));
        hasFailed = error !== null;
        resolve();
      });
    });
  // One after the other: that a reload is over must not be heard before that it began.
  let last: Promise<void> = Promise.resolve();
  const send = (...words: readonly string[]): void => {
    last = last.then(() => sendNow(words));
  };
  const status = (text: string): string => `STATUS=${text.replaceAll('\n', ' ')}`;
  return {
    tell(event) {
      if (event.kind === 'ready') send('READY=1', status('begins'));
      else if (event.kind === 'stopping') send('STOPPING=1', status('finishes what it began'));
      else if (event.kind === 'reloading') send(...reloadingWords());
      else if (event.kind === 'config')
        send(
          'READY=1',
          status(event.error === undefined ? 'configuration read' : 'configuration kept: the new one is wrong'),
        );
      else if (event.kind === 'cycle-ended') send(status(summaryOf(event.end)));
      else if (event.kind === 'role' && event.role === 'passive')
        send(status(`passive: ${state().other ?? 'another machine'} is at work`));
    },
    beat(isWell) {
      if (every === 0 || !isWell || performance.now() - fed < every) return;
      fed = performance.now();
      send('WATCHDOG=1');
    },
  };
}

/** `Type=notify-reload` wants the monotonic time with it. */
function reloadingWords(): readonly string[] {
  return ['RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`];
}
