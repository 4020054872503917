import { clocksThatAreOff } from '../check/clocks.ts';
import { USUAL_SECRETS } from '../config/secrets.ts';
import { newReport, type Report } from '../cycle/report.ts';
import { systemClock } from '../model/clock.ts';
import { EXIT, HoldfastError } from '../model/errors.ts';
import { type Alerting, startAlerting } from '../run/alerting.ts';
import { createFaces, type Faces } from '../run/face/routes.ts';
import { createPulse } from '../run/health.ts';
import { jsonLog, LEVELS, type Level, type Log, plainLog } from '../run/log.ts';
import { createRunner, type Runner } from '../run/runner.ts';
import { type Routes, startServer } from '../run/server.ts';
import type { RunEvent } from '../run/state.ts';
import { type Notifier, notifierOf } from '../run/systemd.ts';
import { tellLog } from '../run/telling.ts';
import { triggerRoute } from '../run/trigger.ts';
import type { VerbIo } from './io.ts';
import { type Watching, watch } from './watching.ts';

export interface RunFlags {
  readonly logLevel?: string;
}

const RUN_SECRETS = [...USUAL_SECRETS, 'run'] as const;
/** systemd is fed at half of its interval, which is no shorter than some seconds. */
const FEED_MS = 1000;

/** Trouble is looked for this often. */
const LOOK_MS = 2000;

/** `holdfast run`: cycles until a signal comes. Exits 0 after the signal, whatever became of the cycles. */
export async function runVerb(io: VerbIo, { logLevel = 'info' }: RunFlags): Promise<number> {
  let watched: () => Report | undefined = () => undefined;
  const watching = watch(io, () => watched());
  const log = logFor(io, logLevel, watching);
  const load = () => io.load(RUN_SECRETS);
  const pulse = createPulse(systemClock);
  const listeners: ((event: RunEvent) => void)[] = [tellLog(log)];
  const tell = (event: RunEvent): void => {
    pulse.work();
    for (const listener of listeners) listener(event);
  };
  const options = { load, clock: systemClock, tell, onBeat: pulse.beat, newReport: () => newReport(pulse.work) };
  const runner = await createRunner({ ...options, loaded: await load() });
  const state = () => runner.state;
  const isWell = (): boolean => pulse.isWell(state());
  const notifier = notifierOf({ env: io.env, state, onTrouble: (error) => tell({ kind: 'trouble', error }) });
  const clocks = () => clocksThatAreOff(state().loaded, io.signal);
  const told = { clock: systemClock, redact: io.redact };
  const alerting = startAlerting({ ...told, state, lanes: runner.lanes, log, clocks });
  const [alarms, certificates] = [() => alerting.lasting, () => alerting.certificates];
  const faces = createFaces({ ...told, runner, isWell, alarms, certificates });
  listeners.push(notifier.tell, alerting.tell, faces.tell);
  io.onReload(() => runner.reload());
  watched = () => runner.state.cycle?.report;
  return serveAndRun(io, { runner, notifier, isWell, alerting, faces, log }).finally(watching.end);
}

interface Parts {
  readonly runner: Runner;
  readonly notifier: Notifier;
  readonly isWell: () => boolean;
  readonly alerting: Alerting;
  readonly faces: Faces;
  readonly log: Log;
}

async function serveAndRun(io: VerbIo, { runner, notifier, isWell, alerting, faces, log }: Parts): Promise<number> {
  const config = () => runner.state.loaded.config;
  const trigger = triggerRoute({ config, ask: runner.ask, other: () => runner.state.other });
  const routes: Routes = { ...faces.routes, 'POST /trigger': trigger };
  const server = await startServer({ listen: config().run.listen, hosts: () => config().run.hosts, routes });
  log('info', `listens on ${server.url}`, { url: server.url });
  const timers = [
    setInterval(() => notifier.beat(isWell()), FEED_MS),
    setInterval(() => void alerting.look(), LOOK_MS),
  ];
  try {
    await runner.run(io.signal);
    return EXIT.done.code;
  } finally {
    for (const timer of timers) clearInterval(timer);
    faces.close();
    await server.close();
    await alerting.close();
  }
}

/** Lines stand above the progress view, where there is one. */
function logFor(io: VerbIo, level: string, watching: Watching): Log {
  if (!isLevel(level)) throw new HoldfastError('usage', `--log-level ${level}: there is ${LEVELS.join(', ')}`);
  const write = (line: string): void => watching.around(() => io.print(line));
  return io.terminal === undefined || io.json ? jsonLog({ level, write }) : plainLog({ level, write });
}

function isLevel(text: string): text is Level {
  return (LEVELS as readonly string[]).includes(text);
}
