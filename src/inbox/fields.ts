import { isUtf8 } from 'node:buffer';

/** What a form sent, in its order; a name may come twice. */
export type Fields = readonly (readonly [name: string, value: string])[];

/** What the bytes of a form's values are: UTF-8, or in whatever charset its page is, where one byte of it stands for one character here. */
export type Letters = 'utf-8' | 'bytes';

/** How a form came: its fields, or why they cannot be read. */
export type ReadForm =
  | { readonly fields: Fields; readonly letters: Letters }
  | { readonly unreadable: 'type' | 'body' | 'file' };

const URLENCODED = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;
const MULTIPART = /^multipart\/form-data\s*;/i;

/** Reads a form's body by its content type; a file in it is refused. */
export async function readForm(body: Buffer, contentType: string): Promise<ReadForm> {
  if (URLENCODED.test(contentType)) return readUrlencoded(body);
  if (!MULTIPART.test(contentType)) return { unreadable: 'type' };
  const response = new Response(new Uint8Array(body), { headers: { 'content-type': contentType } });
  const form = await response.formData().catch(() => undefined);
  if (form === undefined) return { unreadable: 'body' };
  const fields: [string, string][] = [];
  for (const [name, value] of form) {
    if (typeof value !== 'string') return { unreadable: 'file' };
    fields.push([name, value]);
  }
  return { fields, letters: 'utf-8' };
}

/** A browser sends the letters of a page's own charset: taken for UTF-8, those of an older forum would all be lost on the way to it. */
function readUrlencoded(body: Buffer): ReadForm {
  const written = body.toString('latin1');
  if (isUtf8(Buffer.from(unescaped(written), 'latin1')))
    return { fields: [...new URLSearchParams(body.toString('utf8'))], letters: 'utf-8' };
  const pairs = written.split('&').filter((pair) => pair !== '');
  const fields = pairs.map((pair) => {
    const [name = '', ...value] = pair.replaceAll('+', ' ').split('=');
    return [unescaped(name), unescaped(value.join('='))] as const;
  });
  return { fields, letters: 'bytes' };
}

const unescaped = (text: string): string =>
  text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** The last value of that name, as PHP and most others take it; '' where there is none. */
export function fieldOf(fields: Fields, name: string | undefined): string {
  return fields.findLast(([field]) => field === name)?.[1] ?? '';
}

/** A body of `application/x-www-form-urlencoded`. */
export function encodeForm(fields: Fields, letters: Letters): Buffer {
  if (letters === 'bytes') return Buffer.from(fields.map((pair) => pair.map(escaped).join('=')).join('&'), 'latin1');
  const form = new URLSearchParams();
  for (const [name, value] of fields) form.append(name, value);
  return Buffer.from(form.toString());
}

const escaped = (text: string): string =>
  text
    .replace(/[^\w*. -]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
    .replaceAll(' ', '+');
