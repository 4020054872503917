import { type Certificate, certificatesOf } from '../cycle/certificates.ts';
import { stateFiles } from '../cycle/workplace.ts';
import { inboxState } from '../inbox/state.ts';
import type { Clock, ClockOff } from '../model/clock.ts';
import { type Alert, openAlarms } from './alarms.ts';
import { conditionsOf } from './conditions.ts';
import { call, courierOf, deliver } from './couriers.ts';
import type { LaneFact } from './lane-facts.ts';
import type { Log } from './log.ts';
import { seldom } from './seldom.ts';
import type { RunEvent, RunState } from './state.ts';

/** Tells people of trouble, beside the cycles and never in their way. */
export interface Alerting {
  tell(event: RunEvent): void;
  /** Looks for what began or ended; to be called every few seconds. Never rejects. */
  look(): Promise<void>;
  /** What was told and lasts, in words. */
  readonly lasting: readonly string[];
  /** As they were found last; none before the first `look`. */
  readonly certificates: readonly Certificate[];
  /** Waits for what is on its way, a few seconds at most. */
  close(): Promise<void>;
}

export interface AlertingOptions {
  readonly state: () => RunState;
  readonly lanes: () => Promise<readonly LaneFact[]>;
  readonly clock: Clock;
  readonly log: Log;
  /** Takes secrets out of a text that leaves. */
  readonly redact: (text: string) => string;
  /** Clocks of others that are off; asks them. */
  readonly clocks: () => Promise<readonly ClockOff[]>;
}

/** What is on its way when the process ends gets this long. */
const LAST_WAIT_MS = 5000;

/** Certificates last for weeks; one that could not be read may be read soon. */
const CERTIFICATE_MS = 6 * 3_600_000;
const CERTIFICATE_AGAIN_MS = 600_000;
/** Before an instant somebody should have the time to set a clock; asked so early it is asked twice. */
const CLOCKS_BEFORE_MS = 3_600_000;
const CLOCKS_MS = 1_800_000;

/** Alerts by `alerts`, and the heartbeat. */
export function startAlerting({ state, lanes, clock, log, redact, clocks: askClocks }: AlertingOptions): Alerting {
  const alarms = openAlarms(stateFiles(state().loaded.stateDir).alerts);
  const stop = new AbortController();
  const certificates = seldom(() => certificatesOf(state().loaded.config), {
    clock,
    ms: (known) => (known?.some(({ until }) => until === null) ? CERTIFICATE_AGAIN_MS : CERTIFICATE_MS),
  });
  const clocks = seldom(askClocks, { clock, ms: () => CLOCKS_MS });
  const isSoon = (): boolean => {
    const { appointment } = state();
    return appointment !== undefined && appointment.at - clock.now() < CLOCKS_BEFORE_MS;
  };
  let lasting: readonly string[] = [];
  const underWay = new Set<Promise<unknown>>();
  const begin = (what: string, work: () => Promise<void>): void => {
    const sent = deliver(work, { clock, signal: stop.signal }).then((failure) => {
      if (failure !== undefined) log('error', `${what}: ${failure}`);
    });
    underWay.add(sent);
    void sent.finally(() => underWay.delete(sent));
  };
  const send = ({ subject, state: at, text }: Alert): void => {
    const { config } = state().loaded;
    const alert = {
      subject,
      state: at,
      text: redact(text),
      site: config.site.url,
      at: new Date(clock.now()).toISOString(),
    };
    log(at === 'ends' ? 'info' : 'warn', `alert ${at}: ${text}`, { subject });
    for (const one of config.alerts) {
      const courier = courierOf(one);
      begin(`alert by ${one.name}`, () => courier(alert));
    }
  };
  const ping = (): void => {
    const { heartbeat } = state().loaded.config;
    if (heartbeat !== undefined) begin('heartbeat', () => call(heartbeat, { method: 'GET' }));
  };
  const look = async (): Promise<void> => {
    const inbox = await inboxState(state().loaded).catch(() => undefined);
    // Where the state cannot be read every cycle fails, and that is to be told above all.
    const known = await lanes().catch(() => []);
    const conditions = conditionsOf(state(), {
      lanes: known,
      inbox,
      certificates: certificates.known() ?? [],
      clocks: (isSoon() ? clocks.known() : undefined) ?? [],
      now: clock.now(),
    });
    lasting = conditions.map(({ text }) => redact(text));
    for (const alert of await alarms.heed(conditions)) send(alert);
  };
  let looking: Promise<void> | undefined;
  return {
    tell(event) {
      if (event.kind === 'taken-over')
        send({ subject: 'lease', state: 'happened', text: `took over from ${event.from}` });
      if (event.kind === 'cycle-ended' && isGood(event.end)) ping();
    },
    look() {
      // A disk that is slow must not have one thing told twice.
      looking ??= look().finally(() => {
        looking = undefined;
      });
      return looking;
    },
    get lasting() {
      return lasting;
    },
    get certificates() {
      return certificates.known() ?? [];
    },
    async close() {
      const limit = setTimeout(() => stop.abort(), LAST_WAIT_MS);
      await Promise.all(underWay);
      clearTimeout(limit);
    },
  };
}

/** Live everywhere; pages that are kept from an earlier look do not count against it. */
function isGood({ failure, report }: Extract<RunEvent, { kind: 'cycle-ended' }>['end']): boolean {
  return (
    failure === undefined &&
    report.destinations.size > 0 &&
    [...report.destinations.values()].every(({ error }) => error === undefined)
  );
}
