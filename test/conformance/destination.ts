import { type Need, suite } from '../support/suite.ts';
import type { Subject } from './case.ts';
import { keeps } from './keeps.ts';
import { shows } from './shows.ts';
import { transfers } from './transfers.ts';

export interface Driver {
  readonly name: string;
  readonly atomic: boolean;
  readonly needs?: readonly Need[];
}

/** What the port promises, held against one driver; `make` gives a fresh destination for each promise. */
export function destinationSuite({ name, atomic, needs = [] }: Driver, make: () => Promise<Subject>): void {
  const test = suite(`a destination: ${name}`, { needs });
  const kind = atomic ? 'where it switches at once' : 'where each put shows';
  for (const [promise, show, only = kind] of [...shows, ...transfers, ...keeps]) {
    if (only !== kind) continue;
    test(promise, async () => {
      const subject = await make();
      try {
        await show(subject);
      } finally {
        await subject.close();
      }
    });
  }
  test.run();
}
