import { type Line, type LogFormat, rememberingLast, told } from '../request.ts';

/** CloudFront's standard log: fields between tabs, named by a `#Fields:` line, their values percent-encoded, some of them twice. */
export const cloudfrontFormat: LogFormat = {
  name: 'CloudFront',
  reader() {
    const timeOf = rememberingLast(Date.parse);
    let columns: ReadonlyMap<string, number> | undefined;
    return (line) => {
      if (line.startsWith('#Version:')) return 'remark';
      if (line.startsWith('#Fields:')) {
        columns = columnsOf(line);
        return 'remark';
      }
      return columns === undefined ? undefined : read(line.split('\t'), columns, timeOf);
    };
  },
};

const columnsOf = (line: string): ReadonlyMap<string, number> =>
  new Map(
    line
      .slice('#Fields:'.length)
      .trim()
      .split(/\s+/)
      .map((name, index) => [name, index]),
  );

function read(fields: readonly string[], columns: ReadonlyMap<string, number>, timeOf: (text: string) => number): Line {
  if (fields.length < columns.size) return undefined;
  const field = (name: string): string => told(fields[columns.get(name) ?? -1]);
  const at = timeOf(`${field('date')}T${field('time')}Z`);
  const status = Number(field('sc-status') || Number.NaN);
  if (Number.isNaN(at) || !Number.isInteger(status)) return undefined;
  return {
    at,
    status,
    address: field('c-ip'),
    method: field('cs-method'),
    path: decodedOnce(field('cs-uri-stem')),
    query: decodedOnce(field('cs-uri-query')),
    bytes: Number(field('sc-bytes')) || 0,
    referrer: decodedOnce(field('cs(Referer)')),
    kind: '',
  };
}

/** `%2520`, which CloudFront writes for a visitor's `%20`, is that again; what was encoded once stays. */
const decodedOnce = (value: string): string =>
  value.includes('%25') ? value.replace(/%25([0-9a-f]{2})/gi, '%$1') : value;
