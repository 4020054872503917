import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import fetch from 'node-fetch';
import type { Agents, TappedAgent } from './agents.ts';
import { cut, type Target, timedOut, tooLarge, transportFailure } from './failures.ts';
import { createWatchdog, type TimeLimits, type Watchdog } from './watchdog.ts';

/** One request to send. */
export interface Ask {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly target: Target;
  readonly limits: TimeLimits;
  /** Called for each request really sent: a stale socket makes it two. */
  onSent(): void;
}

/** The head of an answer. */
export interface Head {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Milliseconds from sending to the first byte. */
  readonly waited: number;
}

/**
 * One request and its answer. Call `open`, then at most one of `collect` and `chunks`; `fail` ends either at once.
 * All of them throw `origin-unreachable`, `origin-timeout` or `origin-cut`, or what `fail` was given.
 */
export class Exchange {
  readonly #ask: Ask;
  readonly #agents: Agents;
  readonly #watchdog: Watchdog;
  #request: ClientRequest | undefined;
  #message: IncomingMessage | undefined;
  #failure: unknown;
  #over = false;
  #reject: (reason: unknown) => void = () => {};

  constructor(ask: Ask, agents: Agents) {
    this.#ask = ask;
    this.#agents = agents;
    this.#watchdog = createWatchdog(ask.limits, (how) => this.fail(timedOut(ask.target, how)));
  }

  /** Sends the request; resolves when the headers are there. */
  open(): Promise<Head> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      this.#send(this.#agents.kept, resolve);
    });
  }

  /** Ends the exchange with `reason`, and its socket with it. */
  fail(reason: unknown): void {
    if (this.#over) return;
    this.#failure = reason;
    this.#reject(reason);
    this.#finish();
    this.#request?.destroy();
  }

  /** The raw body. Over `limit` bytes it throws `origin-too-large`, or keeps the first ones where `overflow` is 'keep'. */
  collect(limit: number, overflow: 'fail' | 'keep'): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const body = this.#startReading(reject);
      const parts: Buffer[] = [];
      let size = 0;
      body.on('data', (chunk: Buffer) => {
        this.#watchdog.touch();
        size += chunk.length;
        parts.push(chunk);
        if (size <= limit) return;
        if (overflow === 'fail') return this.fail(tooLarge(this.#ask.target, `the body is larger than ${limit} bytes`));
        resolve(Buffer.concat(parts, size).subarray(0, limit));
        this.abandon();
      });
      body.once('end', () => {
        if (!this.#whole(size)) return;
        const [first] = parts;
        resolve(parts.length === 1 && first !== undefined ? first : Buffer.concat(parts, size));
      });
    });
  }

  /** The raw body as it arrives; time that the reader takes is not counted as silence. */
  async *chunks(): AsyncGenerator<Buffer> {
    const body = this.#startReading(() => {});
    let size = 0;
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        size += chunk.length;
        this.#watchdog.hold();
        yield chunk;
        this.#watchdog.touch();
      }
      this.#whole(size);
    } catch (error) {
      this.#broken(error);
    } finally {
      this.abandon();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Gives up the rest of the body without failing; nothing where the body was read to its end. */
  abandon(): void {
    if (this.#over) return;
    if (this.#message?.complete !== true) this.#request?.destroy();
    else this.#message.resume();
    this.#finish();
  }

  #send(tapped: TappedAgent, resolve: (head: Head) => void): void {
    const { url, headers } = this.#ask;
    const sent = performance.now();
    this.#ask.onSent();
    let sending: Promise<unknown> | undefined;
    const request = tapped.tap(headers, (agent) => {
      sending = fetch(url, { agent, redirect: 'manual', compress: false });
    });
    if (request === undefined) return void sending?.catch(this.#broken);
    // It rejects with a paraphrase of what the request itself reports.
    sending?.catch(() => {});
    this.#request = request;
    // Node's answer is read as it is: node-fetch's costs a second copy of each header, a pipeline with an AbortController, and a
    // look at each chunk for an end that Node's parser finds by itself.
    request.removeAllListeners('response');
    request.removeAllListeners('socket');
    request.once('response', (message: IncomingMessage) => {
      this.#message = message;
      message.on('error', this.#broken);
      this.#watchdog.touch();
      resolve({ status: message.statusCode ?? 0, headers: message.headers, waited: performance.now() - sent });
    });
    request.on('error', (error) => {
      if (this.#over || request !== this.#request) return;
      const stale = request.reusedSocket && this.#message === undefined;
      if (stale) this.#send(this.#agents.fresh, resolve);
      else this.#broken(error);
    });
  }

  #startReading(reject: (reason: unknown) => void): IncomingMessage {
    this.#reject = reject;
    if (this.#failure !== undefined) reject(this.#failure);
    if (this.#message === undefined) throw new Error('the body is read before the headers came');
    return this.#message;
  }

  /** True where the body that ended is all of it; otherwise the exchange has failed. */
  #whole(size: number): boolean {
    if (this.#over) return this.#failure === undefined;
    const announced = this.#message?.headers['content-length'];
    const { target } = this.#ask;
    if (this.#message?.complete !== true) this.fail(cut(target, 'the connection ended before the body did'));
    else if (announced !== undefined && Number(announced) !== size) {
      this.fail(cut(target, `${size} bytes came of ${announced}`));
    } else this.#finish();
    return this.#failure === undefined;
  }

  readonly #broken = (error: unknown): void => {
    this.fail(transportFailure(error, this.#ask.target, this.#message !== undefined));
  };

  #finish(): void {
    this.#over = true;
    this.#watchdog.stop();
  }
}
