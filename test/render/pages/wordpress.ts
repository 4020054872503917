/** The origin address that the pages below are full of. */
export const ORIGIN = 'http://10.0.0.5:8081';

const ESCAPED = ORIGIN.replaceAll('/', '\\/');
const ENCODED = encodeURIComponent(ORIGIN);

/** A post as a block theme of WordPress writes it: head full of interfaces, inline styles, settings in JSON, a thread of comments. */
export function wordpressPost(comments = 3): string {
  return `<!DOCTYPE html>
<html lang="en-US">
<head>
	<meta charset="UTF-8" />
	<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta name='robots' content='max-image-preview:large' />
<title>Launch announcement &#8211; Example</title>
<link rel='dns-prefetch' href='//s.w.org' />
<link rel="alternate" type="application/rss+xml" title="Example &raquo; Feed" href="${ORIGIN}/feed/" />
<link rel="alternate" type="application/rss+xml" title="Comments" href="${ORIGIN}/launch/feed/" />
<script>
window._wpemojiSettings = {"baseUrl":"https:\\/\\/s.w.org\\/images\\/core\\/emoji\\/14.0.0\\/72x72\\/","source":{"concatemoji":"${ESCAPED}\\/wp-includes\\/js\\/wp-emoji-release.min.js?ver=6.1.1"}};
</script>
<style id='wp-block-image-inline-css'>
.wp-block-cover{background-image:url("${ORIGIN}/wp-content/uploads/cover.jpg")}
</style>
<link rel='stylesheet' id='style-css' href='${ORIGIN}/wp-content/themes/t/style.css?ver=1.0' media='all' />
<link rel="https://api.w.org/" href="${ORIGIN}/wp-json/" /><link rel="alternate" type="application/json" href="${ORIGIN}/wp-json/wp/v2/posts/211" /><link rel="EditURI" type="application/rsd+xml" title="RSD" href="${ORIGIN}/xmlrpc.php?rsd" />
<link rel="wlwmanifest" type="application/wlwmanifest+xml" href="${ORIGIN}/wp-includes/wlwmanifest.xml" />
<meta name="generator" content="WordPress 6.1.1" />
<link rel="canonical" href="${ORIGIN}/launch/" />
<link rel='shortlink' href='${ORIGIN}/?p=211' />
<link rel="pingback" href="${ORIGIN}/xmlrpc.php">
<link rel="alternate" type="application/json+oembed" href="${ORIGIN}/wp-json/oembed/1.0/embed?url=${ENCODED}%2Flaunch%2F" />
<link rel="alternate" type="text/xml+oembed" href="${ORIGIN}/wp-json/oembed/1.0/embed?url=${ENCODED}%2Flaunch%2F&#038;format=xml" />
<script type="speculationrules">
{"prefetch":[{"source":"document","where":{"and":[{"href_matches":"\\/*"},{"not":{"href_matches":["\\/wp-*.php","\\/*\\\\?(.+)"]}}]},"eagerness":"conservative"}]}
</script>
<script>var wpApiSettings = {"root":"${ESCAPED}\\/wp-json\\/","nonce":"7a1b2c3d4e","versionString":"wp\\/v2\\/"};</script>
</head>
<body class="post-template-default single single-post">
<figure class="wp-block-image"><img src="${ORIGIN}/wp-content/uploads/a.jpg" srcset="${ORIGIN}/wp-content/uploads/a-300x200.jpg 300w, ${ORIGIN}/wp-content/uploads/a.jpg 1024w" sizes="100vw" alt="" /></figure>
<p>See <a href="${ORIGIN}/?p=12#more">the plan</a>, <a href="/?p=999">the other plan</a> and <a href="https://elsewhere.example/?p=12">another site</a>.</p>
<a href="https://share.example/?u=${ENCODED}%2Flaunch%2F">Share</a>
<ol class="comment-list">
${Array.from({ length: comments }, (_, index) => comment(index + 1)).join('\n')}
</ol>
<div id="respond" class="comment-respond">
<h3>Leave a Reply <small><a rel="nofollow" id="cancel-comment-reply-link" href="/launch/#respond" style="display:none;">Cancel reply</a></small></h3>
<form action="${ORIGIN}/wp-comments-post.php" method="post" id="commentform"><textarea id="comment" name="comment"></textarea>
<input type='hidden' name='comment_post_ID' value='211' id='comment_post_ID' /><input type="hidden" id="ak_nonce" name="ak_nonce" value="0123456789" /></form>
</div>
<script src='${ORIGIN}/wp-includes/js/comment-reply.min.js?ver=6.1.1' id='comment-reply-js'></script>
</body>
</html>
`;
}

function comment(id: number): string {
  return `<li id="comment-${id}" class="comment even thread-even depth-1">
<article id="div-comment-${id}"><img alt='' src='https://secure.gravatar.com/avatar/${id}?s=32' srcset='https://secure.gravatar.com/avatar/${id}?s=64 2x' height='32' width='32' loading='lazy'/>
<a href="${ORIGIN}/launch/#comment-${id}"><time datetime="2027-01-0${(id % 9) + 1}T10:00:00+00:00">January</time></a>
<p>Comment number ${id}: caf\u00e9, \u65e5\u672c.</p>
<div class="reply"><a rel='nofollow' class='comment-reply-link' href='${ORIGIN}/launch/?replytocom=${id}#respond' data-commentid="${id}" data-postid="211" data-belowelement="div-comment-${id}" data-respondelement="respond" aria-label='Reply to A'>Reply</a></div>
</article></li>`;
}
