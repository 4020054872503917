import type { Reply } from './reply.ts';
import type { Costed } from './routes.ts';

/** Renders one page at a time, whatever the number of visitors; each takes its cost in ms, or longer. */
export interface Worker {
  serve(render: () => Costed): Promise<Reply>;
}

/** A worker that takes its time, or one that does not. */
export function createWorker(slow: boolean): Worker {
  let last: Promise<unknown> = Promise.resolve();
  const one = async (render: () => Costed): Promise<Reply> => {
    const began = performance.now();
    const { reply, cost } = render();
    // The rest of the cost is waiting, as a small host waits for its database: the demo is slow without heating the machine.
    if (slow) await new Promise((resolve) => setTimeout(resolve, cost - (performance.now() - began)));
    return reply;
  };
  return {
    serve(render) {
      const turn = last.then(() => one(render));
      last = turn.catch(() => {});
      return turn;
    },
  };
}
