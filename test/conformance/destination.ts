import { suite } from '../support/suite.ts';
import type { Subject } from './case.ts';
import { keeps } from './keeps.ts';
import { shows } from './shows.ts';
import { transfers } from './transfers.ts';

/** What the port promises, held against one driver; `make` gives a fresh destination for each promise. */
export function destinationSuite(driver: string, make: () => Promise<Subject>): void {
  const test = suite(`a destination: ${driver}`);
  for (const [promise, show] of [...shows, ...transfers, ...keeps]) {
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
