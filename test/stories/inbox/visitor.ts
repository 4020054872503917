import { request } from 'node:http';

/** What one visitor was answered. */
export interface Sent {
  readonly text: string;
  readonly status: number;
  readonly location: string;
  readonly body: string;
  readonly receipt: string | undefined;
}

export interface Comment {
  /** Its number, from which its author's address follows. */
  readonly nth: number;
  readonly post: number;
  readonly text: string;
}

/** Posts WordPress's form to the site at that port on loopback, by default straight to it and else through what listens at `through`, each time from another loopback address; a connection that breaks is status 599. */
export function sendComment(port: number, { nth, post, text }: Comment, through = port): Promise<Sent> {
  const site = `http://127.0.0.1:${port}`;
  const form = new URLSearchParams({
    author: 'Reader',
    email: `reader-${nth}@private.example`,
    comment: text,
    comment_post_ID: String(post),
    comment_parent: '0',
  }).toString();
  const headers = {
    host: new URL(site).host,
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': Buffer.byteLength(form),
    origin: site,
    referer: `${site}/a/`,
  };
  const localAddress = `127.1.${Math.floor(nth / 250)}.${1 + (nth % 250)}`;
  const options = {
    host: '127.0.0.1',
    port: through,
    localAddress,
    method: 'POST',
    path: '/wp-comments-post.php',
    headers,
    agent: false,
  };
  return new Promise((resolve) => {
    const broken = () => resolve({ text, status: 599, location: '', body: '<h1>broken</h1>', receipt: undefined });
    const asking = request(options, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        body += part;
      });
      answer.once('error', broken);
      answer.once('end', () => {
        const receipt = /&quot;receipt&quot;:&quot;([0-9a-f]{32})/.exec(body)?.[1];
        resolve({ text, status: answer.statusCode ?? 0, location: answer.headers.location ?? '', body, receipt });
      });
    });
    asking.once('error', broken);
    asking.end(form);
  });
}
