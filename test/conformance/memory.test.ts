import { destinationSuite } from './destination.ts';
import { createMemoryDestination, type Memory, variantIn } from './memory.ts';

destinationSuite({ name: 'memory', atomic: true }, async () => {
  const memory: Memory = { blobs: new Map(), releases: new Map(), control: undefined, live: undefined };
  return {
    destination: createMemoryDestination(memory),
    encodings: ['gzip', 'br'],
    variant: async (path, encoding) => variantIn(memory, path, encoding),
    inventory: async () =>
      JSON.stringify([[...memory.blobs.keys()], [...memory.releases.keys()], memory.control, memory.live?.id]),
    close: async () => undefined,
  };
});
