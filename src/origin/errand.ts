import type { Answer, LookRequest } from './answer.ts';

/** One look from its call to its end. */
export class Errand {
  readonly request: LookRequest;
  readonly answer: Promise<Answer>;
  /** Ends what runs for this look just now: a wait or an exchange. */
  interrupt: ((reason: unknown) => void) | undefined;
  /** True while a request is at the origin; false while it waits for its turn. */
  asking = false;
  #over = false;
  #resolve: (answer: Answer) => void = () => {};
  #reject: (reason: unknown) => void = () => {};

  constructor(request: LookRequest) {
    this.request = request;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** True once the look has its answer, or has been stopped. */
  get over(): boolean {
    return this.#over;
  }

  settle(answer: Answer): void {
    this.#over = true;
    this.#resolve(answer);
  }

  /** Rejects the look at once, whatever runs for it. */
  stop(reason: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#reject(reason);
    this.interrupt?.(reason);
  }

  /** True where an answer to this look is one to `other` too. */
  answers(other: LookRequest): boolean {
    const { accept, follow, validators, sink } = this.request;
    return (
      accept === other.accept &&
      (follow ?? false) === (other.follow ?? false) &&
      (sink === undefined) === (other.sink === undefined) &&
      validators?.etag === other.validators?.etag &&
      validators?.lastModified === other.validators?.lastModified
    );
  }
}
