import type { Comment, Post } from './journal.ts';
import { commentHtml, escapeHtml } from './markup.ts';
import { linkOf, longDate, type Site } from './site.ts';

/** WordPress nests answers this deep; deeper ones stand beside the last. */
const DEPTH = 5;

/** The comments of a post, threaded, each rendered anew; the form after them where comments are open. */
export function commentsHtml(site: Site, post: Post, answered: number): string {
  const comments = site.journal.commentsOf(post.id);
  if (comments.length === 0 && !post.commentsOpen) return '';
  const answers = new Map<number, Comment[]>();
  for (const comment of comments) answers.set(comment.parent, [...(answers.get(comment.parent) ?? []), comment]);
  const list = levelHtml({ site, post, answers }, 0, 1);
  const count = comments.length === 1 ? 'One comment' : `${comments.length} comments`;
  return `<section class="comments" id="comments"><h2>${count}</h2>
<ol class="comment-list">
${list}</ol>
${post.commentsOpen ? formHtml(site, post, answered) : '<p class="small">Comments are closed.</p>'}</section>`;
}

interface Thread {
  readonly site: Site;
  readonly post: Post;
  /** Comments by the number of the one they answer; 0 for those that answer none. */
  readonly answers: ReadonlyMap<number, readonly Comment[]>;
}

function levelHtml(thread: Thread, parent: number, depth: number): string {
  const comments = thread.answers.get(parent) ?? [];
  const html = comments.map((comment) => {
    const below = levelHtml(thread, comment.id, depth + 1);
    const nested = below !== '' && depth < DEPTH ? `<ol class="children">\n${below}</ol>\n` : '';
    const beside = nested === '' ? below : '';
    return `<li class="comment depth-${depth}" id="comment-${comment.id}">\n${oneHtml(thread.site, thread.post, comment)}\n${nested}</li>\n${beside}`;
  });
  return html.join('');
}

function oneHtml(site: Site, post: Post, comment: Comment): string {
  const link = linkOf(site, post);
  const name =
    comment.url === ''
      ? escapeHtml(comment.author)
      : `<a href="${escapeHtml(comment.url)}" rel="external nofollow ugc">${escapeHtml(comment.author)}</a>`;
  const reply = `<a rel="nofollow" class="comment-reply-link" href="${link}?replytocom=${comment.id}#respond" data-commentid="${comment.id}">Answer</a>`;
  return `<div class="comment-body"><div class="comment-meta">
<img class="avatar" loading="lazy" src="${avatarOf(site, comment)}" width="40" height="40" alt="" />
<div><b>${name}</b><a class="small" href="${link}#comment-${comment.id}"><time datetime="${new Date(comment.date).toISOString()}">${longDate(comment.date)}</time></a></div></div>
${commentHtml(comment.text)}
${post.commentsOpen ? reply : ''}</div>`;
}

/** One of a few drawings; which one depends on the name. */
export function avatarOf(site: Site, comment: Comment): string {
  const drawings = ['limpet', 'anemone', 'starfish', 'crab', 'urchin', 'periwinkle'];
  const sum = [...comment.author].reduce((total, letter) => total + (letter.codePointAt(0) ?? 0), 0);
  return `${site.home}/wp-content/uploads/drawings/${drawings[sum % drawings.length]}.svg`;
}

function formHtml(site: Site, post: Post, answered: number): string {
  const to = site.journal.commentsOf(post.id).find((comment) => comment.id === answered);
  const title = to ? `Answer ${escapeHtml(to.author)}` : 'Say something';
  return `<div id="respond" class="comment-respond"><h2 id="reply-title">${title}</h2>
<form action="${site.home}/wp-comments-post.php" method="post" id="commentform" class="comment-form">
<p class="small">Your e-mail address is not shown to anybody.</p>
<label for="comment">Comment <textarea id="comment" name="comment" rows="5" maxlength="65525" required></textarea></label>
<div class="two"><label for="author">Name <input id="author" name="author" autocomplete="name" maxlength="245" required /></label>
<label for="email">E-mail <input id="email" name="email" type="email" autocomplete="email" maxlength="100" required /></label></div>
<input type="hidden" name="comment_post_ID" value="${post.id}" /><input type="hidden" name="comment_parent" value="${to?.id ?? 0}" />
<input class="button" name="submit" type="submit" value="Post comment" /></form></div>`;
}
