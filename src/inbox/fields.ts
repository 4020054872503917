/** What a form sent, in its order; a name may come twice. */
export type Fields = readonly (readonly [name: string, value: string])[];

/** How a form came: its fields, or why they cannot be read. */
export type ReadForm = { readonly fields: Fields } | { readonly unreadable: 'type' | 'body' | 'file' };

const URLENCODED = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;
const MULTIPART = /^multipart\/form-data\s*;/i;

/** Reads a form's body by its content type; a file in it is refused. */
export async function readForm(body: Buffer, contentType: string): Promise<ReadForm> {
  if (URLENCODED.test(contentType)) return { fields: [...new URLSearchParams(body.toString('utf8'))] };
  if (!MULTIPART.test(contentType)) return { unreadable: 'type' };
  const response = new Response(new Uint8Array(body), { headers: { 'content-type': contentType } });
  const form = await response.formData().catch(() => undefined);
  if (form === undefined) return { unreadable: 'body' };
  const fields: [string, string][] = [];
  for (const [name, value] of form) {
    if (typeof value !== 'string') return { unreadable: 'file' };
    fields.push([name, value]);
  }
  return { fields };
}

/** The last value of that name, as PHP and most others take it; '' where there is none. */
export function fieldOf(fields: Fields, name: string | undefined): string {
  return fields.findLast(([field]) => field === name)?.[1] ?? '';
}

/** A body of `application/x-www-form-urlencoded`. */
export function encodeForm(fields: Fields): Buffer {
  const form = new URLSearchParams();
  for (const [name, value] of fields) form.append(name, value);
  return Buffer.from(form.toString());
}
