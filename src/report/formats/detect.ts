import type { LineReader, LogFormat } from '../request.ts';
import { caddyFormat } from './caddy.ts';
import { cloudfrontFormat } from './cloudfront.ts';
import { combinedFormat } from './combined.ts';
import { jsonFormat } from './json.ts';

const FORMATS: readonly LogFormat[] = [jsonFormat, caddyFormat, cloudfrontFormat, combinedFormat];

/** A reader that takes the format of the first line it can read, and keeps to it. */
export function detectingReader(): LineReader & { format(): string | undefined } {
  const readers = FORMATS.map((format) => ({ name: format.name, read: format.reader() }));
  let chosen: (typeof readers)[number] | undefined;
  const detect: LineReader = (line) => {
    for (const reader of readers) {
      const read = reader.read(line);
      if (read === undefined) continue;
      chosen = reader;
      return read;
    }
    return undefined;
  };
  return Object.assign((line: string) => (chosen === undefined ? detect(line) : chosen.read(line)), {
    format: () => chosen?.name,
  });
}
