import { type Certificate, judgeCertificate } from '../cycle/certificates.ts';
import type { InboxState } from '../inbox/state.ts';
import { age as inWords } from '../model/age.ts';
import type { ClockOff } from '../model/clock.ts';
import type { CycleEnd } from './cycle.ts';
import type { LaneFact } from './lane-facts.ts';
import type { RunState } from './state.ts';
import { SKIPS_THAT_ALARM } from './telling.ts';

/** Something that a person should know while it lasts. */
export interface Condition {
  /** Names it for as long as it lasts: `stale hot`, `failed`. */
  readonly subject: string;
  /** One sentence. */
  readonly text: string;
}

/** A lane this many intervals old is stale: one may be missed, two are bad luck. */
const STALE_INTERVALS = 3;
/** Cycles in a row that failed: one may be a moment of the network, and visitors have the release before. */
const FAILURES_THAT_ALARM = 3;

/** What is found out beside the state of the process. */
export interface Around {
  readonly lanes: readonly LaneFact[];
  readonly inbox?: InboxState | undefined;
  readonly certificates?: readonly Certificate[];
  /** Clocks that are off while something is to happen at an instant. */
  readonly clocks?: readonly ClockOff[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What is wrong now, by what the process knows. Pure. */
export function conditionsOf(state: RunState, around: Around): readonly Condition[] {
  const { lanes, inbox, certificates = [], clocks = [], now } = around;
  const own = [...(state.configError === undefined ? [] : [configCondition(state)]), ...inboxConditions(inbox)];
  // The active machine tells of what it does; two would tell all twice.
  if (state.role === 'passive') return own;
  return [
    ...lanes.flatMap((lane) => staleCondition(lane)),
    ...missedConditions(state),
    ...failedConditions(state),
    ...(state.skipped < SKIPS_THAT_ALARM
      ? []
      : [{ subject: 'skipped', text: `${state.skipped} ticks in a row found a cycle going on` }]),
    ...own,
    ...holdConditions(state),
    ...certificates.flatMap((certificate) => certificateCondition(certificate, now)),
    ...clocks.map(({ whose, text }) => ({ subject: `${whose} clock`, text })),
  ];
}

function staleCondition({ name, age, every, isPaused }: LaneFact): readonly Condition[] {
  if (age === undefined || isPaused || age <= STALE_INTERVALS * every) return [];
  const text = `lane ${name} was last looked at ${inWords(age)} ago, and is to be each ${inWords(every)}`;
  return [{ subject: `stale ${name}`, text }];
}

/** Once is enough: it was to be live at its second. */
function missedConditions({ missed }: RunState): readonly Condition[] {
  if (missed === undefined) return [];
  return [{ subject: 'appointment', text: `what was to go live at its instant did not${reasonOf(missed)}` }];
}

function reasonOf({ failure, report }: CycleEnd): string {
  const errors = [failure, ...[...report.destinations.values()].map(({ error }) => error)];
  const first = errors.find((error) => error !== undefined);
  return first === undefined ? '' : `: ${first.message.split('\n')[0]} [${first.code}]`;
}

function failedConditions({ last, failures }: RunState): readonly Condition[] {
  if (last === undefined) return [];
  const why = reasonOf(last);
  // A refusal waits for a person, however few there were.
  if (last.exit === 5) return [{ subject: 'refused', text: `a safety cap refused to publish${why}` }];
  if (failures < FAILURES_THAT_ALARM) return [];
  return [{ subject: 'failed', text: `${failures} cycles in a row failed${why}` }];
}

function configCondition({ configError }: RunState): Condition {
  return {
    subject: 'config',
    text: `the configuration file is wrong, the one before stays in use: ${configError?.message.split('\n')[0]}`,
  };
}

/** What a visitor wrote and was told is kept, and what nobody delivers any more. */
function inboxConditions(inbox: InboxState | undefined): readonly Condition[] {
  const lost = (inbox?.refused ?? 0) + (inbox?.torn ?? 0);
  if (lost === 0) return [];
  const what = lost === 1 ? 'a comment is not delivered' : `${lost} comments are not delivered`;
  return [{ subject: 'inbox', text: `${what}: holdfast inbox list says why, inbox retry or inbox drop ends this` }];
}

/** By the last cycle that was good everywhere: one that failed before it came to the destination knows of no hold. */
function holdConditions({ lastGood }: RunState): readonly Condition[] {
  return [...(lastGood?.report.tally.warnings.values() ?? [])]
    .filter(({ code }) => code === 'hold-long')
    .map(({ path, text }) => ({ subject: `hold ${path}`, text: `${path}: ${text}` }));
}

function certificateCondition(certificate: Certificate, now: number): readonly Condition[] {
  const { how, text } = judgeCertificate(certificate, now);
  const { of } = certificate;
  return how === 'good' ? [] : [{ subject: `certificate ${of}`, text: `certificate, ${of}: ${text}` }];
}
