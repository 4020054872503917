import { assertHeaders } from './headers.ts';
import type { Origin, OriginOptions } from './port.ts';

export type { ResolvedAddress, ResolveName } from './addresses-allowed.ts';
export type { Accept, Answer, AnswerHeaders, LookRequest } from './answer.ts';
export type { Origin, OriginOptions } from './port.ts';

/** Opens the client; no connection is made yet. Throws `config-invalid` where a configured header is not allowed. */
export function createOrigin(options: OriginOptions): Origin {
  assertHeaders(options.config);
  let client: Origin | undefined;
  let opening: Promise<Origin> | undefined;
  let isClosed = false;
  let isSpared = false;
  // A run in which no lane is due asks nothing, and does without what asking takes: a tenth of its time.
  const open = async (): Promise<Origin> => {
    const { PoliteOrigin } = await import('./polite.ts');
    client = new PoliteOrigin(options);
    client.spare(isSpared);
    if (isClosed) await client.close();
    return client;
  };
  return {
    look: (request) => {
      if (client !== undefined) return client.look(request);
      opening ??= open();
      return opening.then((opened) => opened.look(request));
    },
    newRun: () => client?.newRun(),
    spare: (on) => {
      isSpared = on;
      client?.spare(on);
    },
    get requests() {
      return client?.requests ?? 0;
    },
    get waited() {
      return client?.waited ?? 0;
    },
    get ease() {
      return client?.ease ?? 1;
    },
    get away() {
      return client?.away ?? false;
    },
    get usual() {
      return client === undefined ? options.usual : client.usual;
    },
    get isSlow() {
      return client?.isSlow ?? false;
    },
    close: async () => {
      isClosed = true;
      await client?.close();
    },
  };
}
