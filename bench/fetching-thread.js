// Plain JavaScript: a worker thread has no compiler for anything else.
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import fetch from 'node-fetch';

const { urls, atOnce, client } = workerData;

const CLIENTS = {
  'node-fetch': async (url, agent) => {
    const answer = await fetch(url, { agent });
    await answer.arrayBuffer();
    return answer.status;
  },
  'node:http': async (url, agent) => {
    const [answer] = await once(get(url, { agent }), 'response');
    answer.resume();
    await once(answer, 'end');
    return answer.statusCode;
  },
};

async function fetchAll() {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const source = urls[Symbol.iterator]();
  const reader = async () => {
    for (let next = source.next(); !next.done; next = source.next()) {
      const status = await CLIENTS[client](next.value, agent);
      if (status !== 200) throw new Error(`${next.value} answered ${status}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, reader));
  agent.destroy();
}

parentPort.once('message', async () => {
  await fetchAll();
  parentPort.postMessage('done');
});
parentPort.postMessage('ready');
