import { spawn } from 'node:child_process';
import * as assert from 'uvu/assert';
import { createBlock } from '../../src/cli/block.ts';
import { paintFor } from '../../src/cli/paint.ts';
import { createMeter, progressLines, type StageView } from '../../src/cli/progress.ts';
import { watch } from '../../src/cli/watching.ts';
import { newReport } from '../../src/cycle/report.ts';
import { builtPath } from '../support/built.ts';
import { openProject, smallConfig } from '../support/project.ts';
import { page, startSite } from '../support/site.ts';
import { suite } from '../support/suite.ts';

const test = suite('the progress view');

const plain = paintFor(undefined);
const coloured = paintFor({ hasColours: true });
const stage = (more: Partial<StageView>): StageView => ({
  name: 'look',
  what: '',
  done: 0,
  total: 0,
  state: 'waits',
  seconds: 0,
  perSecond: undefined,
  ...more,
});
const UNDER_WAY: readonly StageView[] = [
  stage({ state: 'goes on', what: 'archive', done: 1204, total: 2000, perSecond: 38 }),
  stage({ name: 'render' }),
  stage({ name: 'publish' }),
];
const ENDING: readonly StageView[] = [
  stage({ state: 'is over', done: 2000, total: 2000, seconds: 52.34 }),
  stage({ name: 'render', state: 'is over', done: 2100, total: 2100, seconds: 9.1 }),
  stage({ name: 'publish', state: 'goes on', done: 5, total: 20, perSecond: 2.5 }),
];

const CASES: readonly [name: string, stages: readonly StageView[], columns: number, lines: readonly string[]][] = [
  [
    'looks under way',
    UNDER_WAY,
    80,
    [
      'look    ██████████████████░░░░░░░░░░░░ 1,204 of 2,000  38/s  21 s left  archive',
      'render  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░',
      'publish ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░',
    ],
  ],
  [
    'sending',
    ENDING,
    60,
    [
      'look    ██████████████ 2,000  52.3 s',
      'render  ██████████████ 2,100  9.1 s',
      'publish ████░░░░░░░░░░ 5 of 20  2.5/s  6 s left',
    ],
  ],
  ['a narrow terminal has no bars', UNDER_WAY, 40, ['look    1,204 of 2,000  38/s  21 s left', 'render', 'publish']],
  ['a very narrow one has what fits', UNDER_WAY, 12, ['look    1,2', 'render', 'publish']],
  [
    'what nobody knows the end of has no time left',
    [stage({ state: 'goes on', done: 7, total: 0, perSecond: 3.25 })],
    60,
    ['look    ░░░░░░░░░░░░░░ 7  3.3/s'],
  ],
];
for (const [name, stages, columns, lines] of CASES) {
  test(`${name}, on ${columns} columns`, () => {
    assert.equal(progressLines(stages, { columns, paint: plain }), lines);
    const shown = progressLines(stages, { columns, paint: coloured });
    assert.equal(
      shown.map((line) => line.replace(/\u001b\[\d+m/g, '').trimEnd()),
      lines,
      'colours change no character',
    );
    assert.ok(lines.every((line) => [...line].length < columns));
  });
}

test('a speed is that of the last ten seconds, and none before there was one', () => {
  const meter = createMeter();
  meter.see(0, 0);
  meter.see(500, 50);
  assert.is(meter.perSecond, undefined);
  meter.see(2000, 100);
  assert.is(meter.perSecond, 50);
  for (let at = 3000; at <= 20_000; at += 1000) meter.see(at, 100 + (at - 2000) / 100);
  assert.is(Math.round(meter.perSecond ?? 0), 10);
  meter.see(21_000, 3);
  assert.is(meter.perSecond, undefined, 'something else is counted');
});

/** A terminal that keeps what is drawn, row by row, as one would show it. */
function terminal(columns: number) {
  let [rows, row] = [[''], 0];
  const state = { columns, isCursorShown: true };
  const put = (text: string): void => {
    for (const part of text.split('')) {
      if ((rows[row]?.length ?? 0) >= state.columns) rows[++row] = '';
      rows[row] = `${rows[row] ?? ''}${part}`;
    }
  };
  return {
    get columns() {
      return state.columns;
    },
    hasColours: false,
    draw(text: string) {
      for (const [, up, below, show, hide, newline, back, other = ''] of text.matchAll(
        /\u001b\[(\d+)A|(\u001b\[0J)|(\u001b\[\?25h)|(\u001b\[\?25l)|(\n)|(\r)|([^\u001b\n\r]+)/g,
      )) {
        if (up !== undefined) row -= Number(up);
        else if (below !== undefined) [rows, rows[row]] = [rows.slice(0, row + 1), ''];
        else if (show !== undefined || hide !== undefined) state.isCursorShown = show !== undefined;
        else if (newline !== undefined) rows[++row] = '';
        else if (back === undefined) put(other);
      }
    },
    /** Made narrower or wider: what is there is broken anew, as terminals do. */
    resize(to: number) {
      const whole = rows.join('\n').split('\n');
      state.columns = to;
      [rows, row] = [[''], 0];
      whole.forEach((line, index) => {
        if (index > 0) rows[++row] = '';
        put(line);
      });
    },
    shown: () => rows.join('\n'),
    get isCursorShown() {
      return state.isCursorShown;
    },
  };
}

test('a block is drawn over itself, lines come above it, and at its end nothing of it is left and the cursor is there', () => {
  const screen = terminal(20);
  const block = createBlock(screen);
  screen.draw('$ holdfast\n');
  block.show(['one', 'two']);
  assert.is(screen.isCursorShown, false);
  block.show(['one!', 'two', 'three']);
  assert.is(screen.shown(), '$ holdfast\none!\ntwo\nthree');
  block.above(() => screen.draw('a line of the log\n'));
  assert.is(screen.shown(), '$ holdfast\na line of the log\none!\ntwo\nthree');
  screen.resize(3);
  block.show(['1', '2']);
  assert.is(screen.shown().replaceAll('\n', ''), '$ holdfasta line of the log12');
  block.end();
  block.end();
  assert.is(screen.shown().replaceAll('\n', ''), '$ holdfasta line of the log');
  assert.is(screen.isCursorShown, true);
});

test('without a terminal, and with --json, nothing is drawn', () => {
  const screen = terminal(80);
  const printed: string[] = [];
  for (const io of [{ json: false }, { json: true, terminal: screen }]) {
    const watching = watch(io, newReport);
    watching.around(() => printed.push('a line'));
    watching.end();
  }
  assert.equal([printed, screen.shown()], [['a line', 'a line'], '']);
});

/** Runs `publish --now` on a terminal of so many columns, or in a pipe; all that came out. */
async function published(columns: number | undefined, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const slow =
    (title: string) =>
    (_request: unknown, response: { setHeader(name: string, value: string): unknown; end(text: string): void }) => {
      response.setHeader('content-type', 'text/html');
      setTimeout(() => response.end(page(title, title)), 700);
    };
  const site = await startSite({ '/': slow('Home') as never, '/a/': slow('A') as never });
  const project = await openProject(
    smallConfig(site.url, {
      origin: { url: site.url, requestsPerSecond: 0, concurrency: 1 },
      lanes: [{ name: 'hot', paths: ['/', '/a/'], every: '1m' }],
    }),
  );
  const line = `${process.execPath} ${builtPath('cli/main')} publish --now`;
  const { NO_COLOR: _none, ...usual } = process.env;
  const args =
    columns === undefined
      ? ['-c', `${line} 2>&1 | cat`]
      : ['-c', `script -qec "stty cols ${columns}; ${line}" /dev/null`];
  const child = spawn('sh', args, {
    cwd: project.dir,
    env: { ...usual, TERM: 'xterm', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (part) => {
    output += part;
  });
  await new Promise((resolve) => child.once('close', resolve));
  await project.close();
  await site.close();
  return output.replaceAll('\r\n', '\n');
}

test('on a terminal there is a view while a publish is under way, and the summary after it; in a pipe the summary alone', async () => {
  const shown = await published(80);
  assert.match(shown, /\u001b\[1mlook {4}\u001b\[0m/);
  assert.match(shown, /░.* 1 of 2.* hot/);
  assert.match(shown, /\u001b\[\?25l/);
  assert.ok(shown.lastIndexOf('\u001b[?25h') > shown.lastIndexOf('\u001b[?25l'), 'the cursor is back');
  assert.match(shown, /\u001b\[\?25hmirror: published [0-9a-f]{8}: [^\n]*\n$/);
  const piped = await published(undefined);
  assert.match(piped, /^mirror: published [0-9a-f]{8}: [^\n]*\n$/);
  const without = await published(30, { NO_COLOR: '1' });
  assert.match(without, /look {4}1 of 2/);
  assert.not.match(without, /\u001b\[\d+m|█/);
});

test.run();
