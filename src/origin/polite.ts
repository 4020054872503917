import PQueue from 'p-queue';
import { systemClock } from '../model/clock.ts';
import { HoldfastError } from '../model/errors.ts';
import { createAbortWatch } from './abort-watch.ts';
import type { Answer, LookRequest } from './answer.ts';
import { type Asker, createAsker } from './asker.ts';
import { type Breakers, createBreaker } from './breaker.ts';
import { Errand } from './errand.ts';
import { createLessons, type Lessons } from './lessons.ts';
import { createPace, type Pace } from './pace.ts';
import type { Origin, OriginOptions } from './port.ts';
import { createWithin } from './redirects.ts';

/** Redirects followed within one look; browsers allow more, sites need fewer. */
const MAX_REDIRECTS = 5;

/** The client itself; `createOrigin` in client.ts opens it at the first look. */
export class PoliteOrigin implements Origin {
  readonly #base: string;
  readonly #within: (url: string) => string | undefined;
  readonly #watch = createAbortWatch();
  readonly #running = new Map<string, Errand>();
  /** Requests at the origin; a redirect may lead one look to the page of another. */
  readonly #inFlight = new Map<string, Promise<unknown>>();
  readonly #queue: PQueue;
  readonly #pace: Pace;
  readonly #breakers: Breakers;
  readonly #lessons: Lessons;
  readonly #asker: Asker;
  #closed: HoldfastError | undefined;
  /** Of the runs before this one. */
  #before = { requests: 0, waited: 0 };

  constructor({ config, siteUrl, version, clock = systemClock, usual, lookup }: OriginOptions) {
    const { origin, host } = new URL(config.url);
    this.#base = origin;
    this.#within = createWithin(config, siteUrl);
    this.#queue = new PQueue({ concurrency: config.concurrency });
    this.#pace = createPace(config, clock, (value) => {
      this.#queue.concurrency = value;
    });
    this.#breakers = {
      pages: createBreaker(host, (error) => this.#stop(error, (errand) => !errand.asking)),
      asides: createBreaker(host, (error) => this.#stop(error, ({ asking, request }) => !asking && isAside(request))),
    };
    const userAgent = `Holdfast/${version} (+${new URL(siteUrl).origin})`;
    this.#lessons = createLessons({ clock, pace: this.#pace, breakers: this.#breakers, usual });
    this.#asker = createAsker({ config, userAgent, clock, lookup, lessons: this.#lessons });
  }

  newRun(): void {
    this.#breakers.pages.close();
    this.#breakers.asides.close();
    const { requests, waited } = this.#asker;
    this.#before = { requests, waited };
  }

  spare(isSpared: boolean): void {
    this.#pace.spare(isSpared);
  }

  get requests(): number {
    return this.#asker.requests - this.#before.requests;
  }

  get waited(): number {
    return this.#asker.waited - this.#before.waited;
  }

  get ease(): number {
    return this.#pace.part;
  }

  get away(): boolean {
    return this.#breakers.pages.error !== undefined;
  }

  get usual(): number | undefined {
    return this.#lessons.usual;
  }

  get isSlow(): boolean {
    return this.#lessons.isSlow;
  }

  async look(request: LookRequest): Promise<Answer> {
    const url = this.#urlOf(request);
    for (;;) {
      request.signal.throwIfAborted();
      const running = this.#running.get(url);
      if (running === undefined) return this.#begin(url, request);
      const shared = await this.#join(running, request);
      if (shared !== undefined) return shared;
    }
  }

  async close(): Promise<void> {
    this.#closed ??= new HoldfastError('interrupted', 'the connection to the origin was closed');
    this.#stop(this.#closed, () => true);
    this.#asker.close();
  }

  #urlOf({ address, query }: LookRequest): string {
    if (!address.startsWith('/')) throw new HoldfastError('address-hostile', `${address} is not a path of the site`);
    return `${this.#base}${address}${query === undefined || query === '' ? '' : `?${query}`}`;
  }

  #stop(reason: unknown, which: (errand: Errand) => boolean): void {
    for (const errand of [...this.#running.values()]) if (which(errand)) errand.stop(reason);
  }

  async #begin(url: string, request: LookRequest): Promise<Answer> {
    const { pages, asides } = this.#breakers;
    const refusal = this.#closed ?? pages.error ?? (isAside(request) ? asides.error : undefined);
    if (refusal !== undefined) throw refusal;
    const errand = new Errand(request);
    this.#running.set(url, errand);
    const unwatch = this.#watch(request.signal, (reason) => errand.stop(reason));
    this.#run(url, errand).then(
      (answer) => errand.settle(answer),
      (error) => errand.stop(error),
    );
    try {
      return await errand.answer;
    } finally {
      unwatch();
      this.#running.delete(url);
    }
  }

  /** Waits for a look at the same address; undefined where its end is no answer to this one. */
  async #join(running: Errand, request: LookRequest): Promise<Answer | undefined> {
    let unwatch = () => {};
    const aborted = new Promise<never>((_resolve, reject) => {
      unwatch = this.#watch(request.signal, reject);
    });
    try {
      const answer = await Promise.race([running.answer, aborted]);
      return running.answers(request) ? answer : undefined;
    } catch (error) {
      const othersTrouble = running.request.signal.aborted || !running.answers(request);
      if (request.signal.aborted || !othersTrouble) throw error;
      return undefined;
    } finally {
      unwatch();
    }
  }

  async #run(first: string, errand: Errand): Promise<Answer> {
    const seen = new Set([first]);
    let answer = await this.#ask(first, errand);
    while (errand.request.follow === true && answer.kind === 'redirect') {
      const next = this.#within(answer.to);
      const path = first.slice(this.#base.length);
      if (next === undefined) throw refusedRedirect(path, `it leaves the site, to ${new URL(answer.to).host}`);
      if (seen.has(next)) throw refusedRedirect(path, 'it goes in a circle');
      if (seen.size > MAX_REDIRECTS) throw refusedRedirect(path, `it is one of more than ${MAX_REDIRECTS}`);
      seen.add(next);
      answer = await this.#ask(next, errand);
    }
    return answer;
  }

  /** One request in its turn. */
  #ask(url: string, errand: Errand): Promise<Answer> {
    return this.#queue.add(async () => {
      const turn = errand.over ? undefined : this.#pace.turn(() => interruptible(errand));
      if (turn !== undefined) await turn;
      for (let other = this.#inFlight.get(url); other !== undefined; other = this.#inFlight.get(url)) {
        await other.catch(() => {});
      }
      // Stopped meanwhile: nobody waits for what this returns or throws.
      if (errand.over) throw new HoldfastError('interrupted', 'the look was stopped');
      return this.#askNow(url, errand);
    });
  }

  async #askNow(url: string, errand: Errand): Promise<Answer> {
    errand.asking = true;
    try {
      const asked = this.#asker.ask(url, errand.request, (fail) => {
        errand.interrupt = fail;
      });
      this.#inFlight.set(url, asked);
      return await asked;
    } finally {
      this.#inFlight.delete(url);
      errand.asking = false;
      errand.interrupt = undefined;
    }
  }
}

const isAside = ({ aside = false }: LookRequest): boolean => aside;

function interruptible(errand: Errand): AbortSignal {
  const controller = new AbortController();
  errand.interrupt = (reason) => controller.abort(reason);
  return controller.signal;
}

function refusedRedirect(path: string, why: string): HoldfastError {
  return new HoldfastError('origin-redirects', `GET ${path}: a redirect was not followed: ${why}`);
}
