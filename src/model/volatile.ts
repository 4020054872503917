/** Names of form fields that hold such a token: WordPress, Rails, Django, Laravel, ASP.NET, Symfony, phpBB, Drupal, XenForo, MyBB, vBulletin. */
const FIELD =
  '(?:[\\w[\\]-]*nonce[\\w\\]-]*|authenticity_token|csrf[\\w-]*|_csrf[\\w-]*|_token|[\\w-]+\\[_token\\]|__RequestVerificationToken|form_token|form_build_id|creation_time|_xfToken|my_post_key|securitytoken)';

/**
 * Tokens that a site makes for one visitor or one hour: useless in a static page, and not meant for everybody.
 * Each is a global, case-insensitive pattern whose group `value` is the token (`indices.groups.value` says where).
 * They work on UTF-8 text and on Latin-1 text of any charset that keeps ASCII; no match reaches over 2,500 characters.
 */
export const NONCE_PATTERNS: readonly RegExp[] = [
  ...hiddenInputs(),
  ...tokenMetas(),
  // "nonce":"7a1b2c3d4e", "_wpnonce":'…', restNonce: "…", &quot;ajax_nonce&quot;:&quot;…&quot;: WordPress nonces have ten hex digits.
  /\b\w{0,60}nonce(?:["']|&quot;|&#0?3[49];)?\s*[:=]\s*(?:["']|&quot;|&#0?3[49];)(?<value>[0-9a-f]{10})(?![0-9a-z])/dgi,
  // wp.apiFetch.createNonceMiddleware( "7a1b2c3d4e" )
  /createNonceMiddleware\(\s*["'](?<value>[0-9a-f]{10})["']/dgi,
  // /wp-admin/admin-post.php?action=x&amp;_wpnonce=7a1b2c3d4e
  /[?&;]_(?:wp|ajax_)nonce=(?<value>[0-9a-f]{10})(?![0-9a-z])/dgi,
  // "csrfToken":"…", "csrf.token":"…", data-csrf="…", csrf_token = '…'
  /\bcsrf(?:[._-]?token)?["']?\s*[:=]\s*["'](?<value>[\w+/=.,-]{16,200})["']/dgi,
  // Session ids that PHP, phpBB and Java put in links for visitors without cookies.
  /[?&;](?:sid|PHPSESSID|jsessionid)=(?<value>[0-9a-z,-]{22,64})(?![0-9a-z])/dgi,
];

/** Text that occurs wherever one of `NONCE_PATTERNS` can match, so that a page without it need not be searched. */
export const NONCE_HINT =
  /nonce|csrf|_token|VerificationToken|_xfToken|securitytoken|creation_time|form_build_id|my_post_key|[?&;](?:sid|PHPSESSID|jsessionid)=/i;

function hiddenInputs(): RegExp[] {
  const name = `\\sname\\s*=\\s*["']?${FIELD}(?=["'\\s>])`;
  return eitherOrder('input', name, 'value');
}

function tokenMetas(): RegExp[] {
  return eitherOrder('meta', '\\sname\\s*=\\s*["\']?(?:csrf[\\w-]*|_csrf[\\w-]*)(?=["\'\\s>])', 'content');
}

/** A tag with an attribute that names it and one that holds the value, in either order. */
function eitherOrder(tag: string, named: string, attribute: string): RegExp[] {
  const gap = '[^<>]{0,600}?';
  const quoted = `\\s${attribute}\\s*=\\s*["'](?<value>[^"'<>]{1,600})["']`;
  return [
    new RegExp(`<${tag}\\b${gap}${named}${gap}${quoted}`, 'dgi'),
    new RegExp(`<${tag}\\b${gap}${quoted}${gap}${named}`, 'dgi'),
  ];
}
