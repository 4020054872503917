import * as z from 'zod';

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const NOT_A_DURATION = 'is not a duration: write a number and a unit (ms, s, m, h, d), such as "90s"';

const BYTES = /^(\d+(?:\.\d+)?)(B|KB|MB|GB)$/;
/** Decimal, as in the SI: 1 MB is 1,000,000 bytes. */
const BYTE_UNITS = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9 } as const;
const NOT_A_SIZE = 'is not a size: write a number and a unit (B, KB, MB, GB), such as "10MB"';

/** Ten years: beyond any interval that means something, and far from where dates overflow. */
const LONGEST = '3650d';

/** A string such as `90s`, `5m`, `1h`, more than nothing and at most `longest`; the parsed value is in milliseconds. */
export function duration(longest = LONGEST) {
  const most = measure(longest, DURATION, MILLISECONDS);
  return z
    .string({ error: NOT_A_DURATION })
    .regex(DURATION, { error: NOT_A_DURATION })
    .meta({ type: 'duration' })
    .transform((text) => measure(text, DURATION, MILLISECONDS))
    .refine((ms) => ms >= 1, { error: 'is too short: the least is 1ms' })
    .refine((ms) => ms <= most, { error: `is too long: the most is ${longest}` });
}

/** A string such as `500KB`, `10MB`, more than nothing; the parsed value is in bytes. */
export function bytes() {
  return z
    .string({ error: NOT_A_SIZE })
    .regex(BYTES, { error: NOT_A_SIZE })
    .meta({ type: 'size' })
    .transform((text) => measure(text, BYTES, BYTE_UNITS))
    .refine((size) => size >= 1 && Number.isSafeInteger(size), { error: 'is out of range: at least 1B' });
}

/** Milliseconds of a text such as `3h`; undefined for one that is none, or longer than `longest`. */
export function parseDuration(text: string, longest = LONGEST): number | undefined {
  return duration(longest).safeParse(text).data;
}

function measure(text: string, pattern: RegExp, units: Readonly<Record<string, number>>): number {
  const [, amount = '', unit = ''] = pattern.exec(text) ?? [];
  return Math.round(Number(amount) * (units[unit] ?? Number.NaN));
}
