import type { Report, StageName } from '../cycle/report.ts';
import { type Block, createBlock } from './block.ts';
import type { VerbIo } from './io.ts';
import { paintFor } from './paint.ts';
import { createMeter, type Meter, progressLines, type StageView } from './progress.ts';

/** A progress view, where there is a terminal for it; else it does nothing, and lines are printed as they come. */
export interface Watching {
  /** Prints a line without the view getting in its way. */
  around(print: () => void): void;
  end(): void;
}

const EACH_MS = 200;
const STAGES: readonly StageName[] = ['look', 'render', 'publish'];

/** Shows how far the run is whose report `report` gives, for as long as it gives one. */
export function watch(
  { terminal, json }: Pick<VerbIo, 'terminal' | 'json'>,
  report: () => Report | undefined,
): Watching {
  if (terminal === undefined || json) return { around: (print) => print(), end: () => undefined };
  const block: Block = createBlock(terminal);
  const paint = paintFor(terminal);
  let watched: { readonly of: Report; readonly meters: Readonly<Record<StageName, Meter>> } | undefined;
  const draw = (): void => {
    const now = report();
    if (now === undefined) {
      block.show([]);
      return;
    }
    if (watched?.of !== now)
      watched = { of: now, meters: { look: createMeter(), render: createMeter(), publish: createMeter() } };
    block.show(progressLines(stagesOf(now, watched.meters), { columns: terminal.columns, paint }));
  };
  const timer = setInterval(draw, EACH_MS);
  return {
    around: block.above,
    end() {
      clearInterval(timer);
      block.end();
    },
  };
}

function stagesOf(
  { way, stages, stage: current }: Report,
  meters: Readonly<Record<StageName, Meter>>,
): readonly StageView[] {
  return STAGES.map((name) => {
    const { what, done, total } = way[name];
    const goesOn = name === current;
    if (goesOn) meters[name].see(performance.now(), done);
    const state = goesOn ? 'goes on' : stages[name] > 0 ? 'is over' : 'waits';
    return { name, what, done, total, state, seconds: stages[name], perSecond: meters[name].perSecond };
  });
}
