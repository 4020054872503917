import { USUAL_SECRETS } from '../config/secrets.ts';
import { newReport } from '../cycle/report.ts';
import { systemClock } from '../model/clock.ts';
import { EXIT, HoldfastError } from '../model/errors.ts';
import { createPulse } from '../run/health.ts';
import { jsonLog, LEVELS, type Level, type Log, plainLog } from '../run/log.ts';
import { createRunner, type Runner } from '../run/runner.ts';
import { type Routes, startServer, text } from '../run/server.ts';
import type { RunEvent } from '../run/state.ts';
import { type Notifier, notifierOf } from '../run/systemd.ts';
import { tellLog } from '../run/telling.ts';
import { triggerRoute } from '../run/trigger.ts';
import type { VerbIo } from './io.ts';

export interface RunFlags {
  readonly logLevel?: string;
}

const RUN_SECRETS = [...USUAL_SECRETS, 'run'] as const;
/** systemd is fed at half of its interval, which is no shorter than some seconds. */
const FEED_MS = 1000;

/** `holdfast run`: cycles until a signal comes. Exits 0 after the signal, whatever became of the cycles. */
export async function runVerb(io: VerbIo, { logLevel = 'info' }: RunFlags): Promise<number> {
  const load = () => io.load(RUN_SECRETS);
  const loaded = await load();
  const log = logFor(io, logLevel);
  const pulse = createPulse(systemClock);
  const listeners: ((event: RunEvent) => void)[] = [tellLog(log)];
  const tell = (event: RunEvent): void => {
    pulse.work();
    for (const listener of listeners) listener(event);
  };
  const runner = await createRunner({
    loaded,
    load,
    clock: systemClock,
    tell,
    onBeat: pulse.beat,
    newReport: () => newReport(pulse.work),
  });
  const wellNow = (): boolean => pulse.isWell(runner.state);
  const notifier = notifierOf({
    env: io.env,
    state: () => runner.state,
    onTrouble: (error) => tell({ kind: 'trouble', error }),
  });
  listeners.push(notifier.tell);
  io.onReload(() => runner.reload());
  return serveAndRun(io, { runner, notifier, wellNow, log });
}

interface Parts {
  readonly runner: Runner;
  readonly notifier: Notifier;
  readonly wellNow: () => boolean;
  readonly log: Log;
}

async function serveAndRun(io: VerbIo, { runner, notifier, wellNow, log }: Parts): Promise<number> {
  const config = () => runner.state.loaded.config;
  const routes: Routes = {
    'POST /trigger': triggerRoute({ config, ask: runner.ask, other: () => runner.state.other }),
    'GET /healthz': () => (wellNow() ? text(200, 'well\n') : text(503, 'the loop hangs, or its cycles do not come\n')),
  };
  const server = await startServer({ listen: config().run.listen, hosts: () => config().run.hosts, routes });
  log('info', `listens on ${server.url}`, { url: server.url });
  const feeding = setInterval(() => notifier.beat(wellNow()), FEED_MS);
  try {
    await runner.run(io.signal);
    return EXIT.done.code;
  } finally {
    clearInterval(feeding);
    await server.close();
  }
}

function logFor(io: VerbIo, level: string): Log {
  if (!isLevel(level)) throw new HoldfastError('usage', `--log-level ${level}: there is ${LEVELS.join(', ')}`);
  return io.terminal === undefined || io.json
    ? jsonLog({ level, write: io.print })
    : plainLog({ level, write: io.print });
}

function isLevel(text: string): text is Level {
  return (LEVELS as readonly string[]).includes(text);
}
