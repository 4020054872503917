/** Memory for bytes on their way, shared by all that is sent at once. */
export interface Room {
  /** Runs `work` once there is room for so many bytes; what asks for more than there ever is gets all of it. */
  within<T>(bytes: number, work: () => Promise<T>): Promise<T>;
}

/** A room of `size` bytes, given out in the order of asking. */
export function createRoom(size: number): Room {
  let free = size;
  const waiting: { readonly bytes: number; readonly start: () => void }[] = [];
  const admit = (): void => {
    for (let next = waiting[0]; next !== undefined && next.bytes <= free; next = waiting[0]) {
      waiting.shift();
      free -= next.bytes;
      next.start();
    }
  };
  return {
    async within(wanted, work) {
      const bytes = Math.min(wanted, size);
      await new Promise<void>((start) => {
        waiting.push({ bytes, start });
        admit();
      });
      try {
        return await work();
      } finally {
        free += bytes;
        admit();
      }
    },
  };
}
