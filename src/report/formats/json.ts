import { type Line, type LogFormat, partTarget, rememberingLast, told } from '../request.ts';

/** One JSON object a line, as `log_format holdfast` of publish/edge/nginx/holdfast.conf writes it. */
export const jsonFormat: LogFormat = {
  name: 'nginx JSON',
  reader() {
    const timeOf = rememberingLast(Date.parse);
    return (line) => (line.startsWith('{') ? read(line, timeOf) : undefined);
  },
};

function read(line: string, timeOf: (text: string) => number): Line {
  const fields = parsed(line);
  if (fields === undefined) return undefined;
  const at = timeOf(textOf(fields['time']));
  const status = Number(fields['status'] ?? Number.NaN);
  if (Number.isNaN(at) || !Number.isInteger(status) || typeof fields['uri'] !== 'string') return undefined;
  return {
    at,
    status,
    ...partTarget(fields['uri']),
    address: textOf(fields['remote_addr']),
    method: textOf(fields['method']),
    bytes: Number(fields['bytes']) || 0,
    referrer: textOf(fields['referer']),
    kind: textOf(fields['kind']),
  };
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? told(value) : '');
