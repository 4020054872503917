import type { ServerResponse } from 'node:http';
import { html, type Reply, redirect } from './reply.ts';
import { loginPage } from './routes.ts';
import type { Site } from './site.ts';

/**
 * How the demo can be broken. A number is the status of an otherwise plain error page. `hang` never answers, `refused` drops the
 * connection, `slow` keeps everybody waiting for a good answer, `drip` sends the page a few bytes at a time, `truncated` half of it, `database` a database error with status 200, `login` a
 * redirect to the login page, `maintenance` what WordPress says while it updates itself.
 */
export type Breakage =
  | number
  | 'hang'
  | 'refused'
  | 'slow'
  | 'drip'
  | 'truncated'
  | 'database'
  | 'login'
  | 'maintenance';

/** So small and so often that neither an idle limit nor patience catches it: a page of 20 KB takes minutes. */
const DRIP_BYTES = 16;
const DRIP_MS = 200;
const RETRY_SECONDS = 600;
/** Far more than an answer takes here, and less than visitors wait for one. */
export const SLOW_MS = 1200;

/** What stands in place of the answer; undefined where the answer itself is sent, badly. */
export function brokenReply(site: Site, how: Breakage, url: URL): Reply | undefined {
  if (typeof how === 'number')
    return html(
      plainError(`${how}`, 'The server could not do what was asked.'),
      how,
      how === 429 || how === 503 ? retryLater() : {},
    );
  if (how === 'database') return html(plainError('Database Error', 'Error establishing a database connection'));
  if (how === 'maintenance')
    return html(
      plainError('Maintenance', 'Briefly unavailable for scheduled maintenance. Check back in a minute.'),
      503,
      retryLater(),
    );
  if (how !== 'login') return undefined;
  if (url.pathname === '/wp-login.php') return html(loginPage(site));
  return redirect(`${site.home}/wp-login.php?redirect_to=${encodeURIComponent(url.href)}&reauth=1`, 302);
}

/** Sends a good answer badly: dripping, or half of it. */
export function sendBadly(response: ServerResponse, how: 'drip' | 'truncated', bytes: Buffer): void {
  response.setHeader('Content-Length', bytes.length);
  if (how === 'truncated') {
    response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy());
    return;
  }
  let sent = 0;
  const timer = setInterval(() => {
    response.write(bytes.subarray(sent, sent + DRIP_BYTES));
    sent += DRIP_BYTES;
    if (sent >= bytes.length) response.end();
  }, DRIP_MS);
  response.once('close', () => clearInterval(timer));
  response.once('finish', () => clearInterval(timer));
}

function retryLater(): Reply['headers'] {
  return { 'Retry-After': String(RETRY_SECONDS) };
}

function plainError(title: string, words: string): string {
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">
<title>${title}</title><style>body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1.25rem; color: #444 }
h1 { border-bottom: 1px solid #ddd; font-size: 1.5rem } div { border: 1px solid #ccd0d4; padding: 1rem 2rem; background: #fff }</style></head>
<body id="error-page"><div class="wp-die-message"><h1>${words}</h1><p>If this goes on, please write to the people who keep this site.</p></div></body></html>
`;
}
