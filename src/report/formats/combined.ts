import { type Line, type LogFormat, partTarget, rememberingLast, told } from '../request.ts';

/**
 * The format that nginx, Apache and most others call combined (or common, which lacks the last two fields):
 * `address ident user [day/month/year:time zone] "request" status bytes "referrer" "agent"`.
 */
export const combinedFormat: LogFormat = {
  name: 'combined',
  reader() {
    const timeOf = rememberingLast(parseTime);
    return (line) => read(line, timeOf);
  },
};

/** `10/Oct/2000:13:55:36 -0700` */
const TIME_LENGTH = 26;

function read(line: string, timeOf: (text: string) => number): Line {
  const opens = timeOpens(line);
  if (opens < 0) return undefined;
  const at = timeOf(line.slice(opens + 2, opens + 2 + TIME_LENGTH));
  const asked = opens + TIME_LENGTH + 5;
  const ends = closingQuote(line, asked);
  const numbers = ends < 0 ? null : afterRequest(line, ends + 1);
  if (Number.isNaN(at) || numbers === null) return undefined;
  return {
    at,
    address: line.slice(0, line.indexOf(' ')),
    ...requestOf(unescaped(line.slice(asked, ends))),
    status: Number(numbers[1]),
    bytes: Number(numbers[2]) || 0,
    referrer: referrerAt(line, ends + 1 + numbers[0].length),
    kind: '',
  };
}

/** Where ` [time] "` begins; a user's name may hold spaces and brackets, but no quote that is not escaped. */
function timeOpens(line: string): number {
  for (let at = line.indexOf(' ['); at > 0; at = line.indexOf(' [', at + 1))
    if (line.startsWith('] "', at + 2 + TIME_LENGTH)) return at;
  return -1;
}

/** The first quote from `from` on that has an even number of backslashes before it; -1 where none has. */
function closingQuote(line: string, from: number): number {
  for (let at = line.indexOf('"', from); at >= 0; at = line.indexOf('"', at + 1)) {
    let slashes = 0;
    while (at - slashes > from && line[at - slashes - 1] === '\\') slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return -1;
}

const AFTER_REQUEST = / (\d{3}) (\d{1,15}|-)(?= |$)/y;

function afterRequest(line: string, at: number): RegExpExecArray | null {
  AFTER_REQUEST.lastIndex = at;
  return AFTER_REQUEST.exec(line);
}

function referrerAt(line: string, at: number): string {
  if (!line.startsWith(' "', at)) return '';
  const ends = closingQuote(line, at + 2);
  return ends < 0 ? '' : told(unescaped(line.slice(at + 2, ends)));
}

/** Three words; anything else (a TLS handshake on a plain port, nothing at all) is no request, and is counted as such. */
function requestOf(request: string): { method: string; path: string; query: string } {
  const [first, last] = [request.indexOf(' '), request.lastIndexOf(' ')];
  const method = request.slice(0, Math.max(first, 0));
  if (last <= first || !/^[A-Z-]{1,20}$/.test(method)) return { method: '', path: '', query: '' };
  return { method, ...partTarget(request.slice(first + 1, last)) };
}

/** nginx writes `\x22`, Apache `\"`; bytes beyond ASCII come one by one and are put together again as UTF-8. */
function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  const bytes = text.replace(/\\(?:x([0-9a-f]{2})|(.))/gi, (_, hex: string | undefined, plain: string) =>
    hex === undefined ? plain : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return /^[\0-\xff]*$/.test(bytes) ? Buffer.from(bytes, 'latin1').toString() : bytes;
}

const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

function parseTime(text: string): number {
  const [, day, month, year, time, zone] =
    /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d{4})$/.exec(text) ?? [];
  const index = MONTHS.indexOf(month ?? '?') / 3;
  if (zone === undefined || !Number.isInteger(index) || index < 0) return Number.NaN;
  const number = String(index + 1).padStart(2, '0');
  return Date.parse(`${year}-${number}-${day}T${time}${zone.slice(0, 3)}:${zone.slice(3)}`);
}
