import * as assert from 'uvu/assert';
import { configSchema } from '../../src/config/schema.ts';
import { decide } from '../../src/edge/decide.ts';
import { smallConfig } from '../support/project.ts';
import { suite } from '../support/suite.ts';
import { type Case, TABLE, TABLE_RELEASE } from './table.ts';

const test = suite('the decision table of the edge');

function answerTo(path: string, { edge = {}, hold, origin = 200, ...request }: Case = {}): string {
  const rules = configSchema.parse(smallConfig('http://127.0.0.1:1', { edge })).edge;
  const asked = { method: 'GET', query: '', cookies: [], authorized: false, ...request, path };
  const answer = decide(asked, { rules, release: TABLE_RELEASE, hold }, origin);
  const what =
    answer.from === 'release'
      ? answer.file.path
      : answer.from === 'redirect'
        ? answer.to
        : answer.from === 'holding'
          ? answer.name
          : answer.from === 'origin'
            ? answer.cap.of === 'dynamic'
              ? `dynamic ${answer.cap.rule}`
              : answer.cap.of
            : '';
  return `${answer.from} ${answer.status} ${what}`.trim();
}

for (const [does, path, given, answer] of TABLE)
  test(`${does}: ${answer}`, () => assert.is(answerTo(path, given), answer));

test.run();
