import { type Callback, type Test, suite as uvuSuite } from 'uvu';
import { isMet, type Need } from './parts.ts';

export type { Need } from './parts.ts';

/** A uvu suite whose tests count as skipped, with a line that says what is missing, where a need is absent. */
export function suite<Context = Record<string, unknown>>(
  name: string,
  options: { needs?: readonly Need[] } = {},
): Test<Context> {
  const test = uvuSuite<Context>(name);
  const missing = (options.needs ?? []).filter((need) => !isMet(need));
  if (missing.length === 0) return speaking(test, name);
  console.log(`skipped: ${name}: needs ${missing.join(', ')}`);
  return skipping(test);
}

/** uvu swallows what a `before` hook throws; say it, since the tests behind it then never run. */
function speaking<Context>(test: Test<Context>, name: string): Test<Context> {
  const before = test.before;
  const spoken = (hook: Callback<Context>) =>
    before(async (context) => {
      try {
        await hook(context);
      } catch (error) {
        console.error(`\nthe before hook of ${name} failed:`, error);
        throw error;
      }
    });
  return Object.assign(test, { before: Object.assign(spoken, { each: before.each }) });
}

/** Counts every test as skipped, and drops the hooks: what they would start is not there. */
function skipping<Context>(test: Test<Context>): Test<Context> {
  const skip = (name?: string, callback?: Callback<Context>) => test.skip(name, callback);
  const drop = () => Object.assign(() => {}, { each: () => {} });
  return Object.assign(skip, test, { only: skip, before: drop(), after: drop() });
}
