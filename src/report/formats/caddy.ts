import { type Line, type LogFormat, partTarget, told } from '../request.ts';

/** One JSON object a line, as Caddy's `log` directive writes it: the request in an object of its own, the time in seconds since 1970. */
export const caddyFormat: LogFormat = {
  name: 'Caddy JSON',
  reader: () => (line) => (line.startsWith('{') ? read(line) : undefined),
};

function read(line: string): Line {
  const fields = parsed(line);
  const request = objectOf(fields['request']);
  const { ts, status, size } = fields;
  const uri = request['uri'];
  const at = new Date(typeof ts === 'number' ? Math.round(ts * 1000) : Number.NaN).getTime();
  if (Number.isNaN(at) || typeof status !== 'number' || typeof uri !== 'string')
    // Its error log is written in the same way, about other things.
    return typeof ts === 'number' && typeof fields['msg'] === 'string' ? 'remark' : undefined;
  const { Referer: referrers } = objectOf(request['headers']);
  return {
    at,
    status,
    ...partTarget(uri),
    address: textOf(request['client_ip']) || textOf(request['remote_ip']),
    method: textOf(request['method']),
    bytes: Number(size) || 0,
    referrer: textOf(Array.isArray(referrers) ? referrers[0] : undefined),
    kind: '',
  };
}

function parsed(line: string): Readonly<Record<string, unknown>> {
  try {
    return objectOf(JSON.parse(line));
  } catch {
    return {};
  }
}

const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

const textOf = (value: unknown): string => (typeof value === 'string' ? told(value) : '');
