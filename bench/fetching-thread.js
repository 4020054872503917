// Plain JavaScript: a worker thread has no compiler for anything else.
import { Agent } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import fetch from 'node-fetch';

const { urls, atOnce } = workerData;

async function fetchAll() {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const source = urls[Symbol.iterator]();
  const reader = async () => {
    for (let next = source.next(); !next.done; next = source.next()) {
      const answer = await fetch(next.value, { agent });
      await answer.arrayBuffer();
      if (answer.status !== 200) throw new Error(`${next.value} answered ${answer.status}`);
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
