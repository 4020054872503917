import type { Journal } from './journal.ts';
import { type Asked, html, type Reply, redirect } from './reply.ts';
import { linkOf, type Site } from './site.ts';

/** WordPress lets one address comment once in this time, where the flood check is on. */
const FLOOD_MS = 15_000;

/** Takes POSTs of the comment form, as /wp-comments-post.php does. `flood` switches the check on. */
export function createCommentForm(site: Site, flood: boolean): (asked: Asked) => Reply {
  const last = new Map<string, number>();
  return (asked) => {
    if (asked.method !== 'POST') return html('', 405, { Allow: 'POST' });
    const field = (name: string) => asked.form.get(name)?.trim() ?? '';
    const post = site.journal.byId(Number(field('comment_post_ID')));
    if (post?.status !== 'publish') return html(''); // as WordPress: no word, and 200
    if (!post.commentsOpen) return refusal('Comments are closed for this entry.', 403);
    if (field('author') === '' || !field('email').includes('@'))
      return refusal('Please fill in your name and a valid e-mail address.', 200);
    const text = field('comment').replaceAll('\r\n', '\n');
    if (text === '') return refusal('Please type your comment text.', 200);
    if (isDouble(site.journal, post.id, { author: field('author'), text }))
      return refusal('It looks as though you have already said that.', 409);
    if (flood && site.now() - (last.get(asked.from) ?? Number.NEGATIVE_INFINITY) < FLOOD_MS)
      return refusal('You are posting comments too quickly. Slow down.', 429);
    last.set(asked.from, site.now());
    const parent = site.journal.commentsOf(post.id).find((one) => one.id === Number(field('comment_parent')))?.id ?? 0;
    const comment = site.journal.comment(post.id, {
      author: field('author'),
      email: field('email'),
      url: webAddress(field('url')),
      text,
      parent,
    });
    return redirect(`${linkOf(site, post)}#comment-${comment.id}`, 302);
  };
}

function isDouble(journal: Journal, post: number, said: { author: string; text: string }): boolean {
  return journal.commentsOf(post).some((one) => one.author === said.author && one.text === said.text);
}

function webAddress(text: string): string {
  return /^https?:\/\//.test(text) && URL.canParse(text) ? text : '';
}

function refusal(words: string, status: number): Reply {
  const body = `<!DOCTYPE html>
<html lang="en-GB"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Comment not taken</title>
<style>body { font: 1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 4rem auto; padding: 0 1.25rem }</style></head>
<body id="error-page"><p><strong>Error:</strong> ${words}</p><p><a href="javascript:history.back()">« Back</a></p></body></html>
`;
  return html(body, status);
}
