import { hash } from 'node:crypto';
import type { Address } from '../../model/address.ts';
import type { Captured } from '../../model/snapshot.ts';
import { addressOfThreadPage, type Thread, type ThreadPage } from '../../model/thread.ts';
import { charsetOf } from '../charset.ts';
import type { Grafted } from './graft.ts';
import type { GraftRules } from './scion.ts';
import type { ThreadTemplates } from './template.ts';

/** A thread that goes into the captured page of its address. */
export interface Graft {
  readonly thread: Thread;
  readonly rules: GraftRules;
  readonly templates: ThreadTemplates;
}

/** What is done to a captured page before it is edited; the result may stand at another address. */
export interface PageChange {
  readonly address: Address;
  /** Names all that the change depends on but the page's own bytes. */
  readonly key: string;
  apply(bytes: Buffer): Promise<Grafted>;
}

/** One change for each page of the thread: all have the captured page around them. Nothing of the thread is read before one is applied. */
export function* changesFor(page: Captured, { thread, rules, templates }: Graft): Generator<PageChange> {
  let opened: Promise<ReadonlyMap<number, ThreadPage>> | undefined;
  const open = () => {
    opened ??= thread.open().then((pages) => new Map(pages.map((one) => [one.number, one])));
    return opened;
  };
  const numbers = Object.keys(thread.keys).map(Number);
  const isUtf8 = /^utf-?8$/i.test(charsetOf(page.type) ?? '');
  const shared = hash('sha256', JSON.stringify([rules, templates.source]));
  for (const number of numbers) {
    // The post's own page shows the count; that there are pages beside it shows on those next to it.
    const around = [numbers.includes(number - 1), numbers.includes(number + 1), numbers.length > 1];
    const shows = number === 0 ? thread.count : 0;
    yield {
      address: addressOfThreadPage(thread.page, number),
      key: hash('sha256', JSON.stringify([shared, number, thread.keys[number], around, shows])).slice(0, 32),
      apply: async (bytes) => {
        const found = (await open()).get(number) ?? { number, placed: [] };
        const { graft } = await import('./graft.ts');
        const { page: address, count } = thread;
        return graft(bytes, { address, page: found, numbers, count, rules, templates, isUtf8 });
      },
    };
  }
}
