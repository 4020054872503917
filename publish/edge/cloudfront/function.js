import cf from 'cloudfront';

// Who answers what: the decision table, as far as a function before CloudFront's cache can say it. Patterns are held against the decoded path.
const RULES = JSON.parse('<<rules>>');
const ALWAYS = new RegExp(RULES.always);
const ASSET = new RegExp(RULES.assets, 'i');
const HOSTILE = new RegExp(RULES.hostile);
// A header of this name makes a request one of a kind to the cache: what the origin says to one visitor is kept for nobody.
const ONCE = 'x-holdfast-once';
// What a bucket may be told. All else goes: it might be signed for, or be an errand of its own to a bucket. The last four may not be touched.
const TOLD = /^(?:accept-encoding|if-.*|range|content-length|host|transfer-encoding|via)$/;
const store = cf.kvs();

async function handler(event) {
  const route = routeOf(event.request);
  const page = route.isPage ? await heldOn() : undefined;
  if (event.context.eventType === 'viewer-response') return answered(event, route, page);
  const request = event.request;
  if (route.origin !== undefined) {
    request.headers[ONCE] = { value: event.context.requestId };
    cf.selectRequestOriginById(route.origin);
    return request;
  }
  if (route.isRefused) return { statusCode: 405, statusDescription: 'Method Not Allowed', headers: { allow: { value: 'GET, HEAD' } } };
  request.uri = page === undefined ? route.file : '/_holdfast/holding/' + page + '.html';
  request.querystring = {};
  request.cookies = {};
  for (const name in request.headers) if (!TOLD.test(name)) delete request.headers[name];
  return request;
}

// The first that fits.
function routeOf(request) {
  const nothing = { file: '/_holdfast/nothing' };
  const path = decoded(request.uri);
  if (path === undefined || HOSTILE.test(path)) return nothing;
  const isAlways = ALWAYS.test(path);
  if (/\/\./.test(path) && !isAlways) return nothing;
  const reads = request.method === 'GET' || request.method === 'HEAD';
  // The list of releases and what was kept of them is nobody's but the publisher's.
  if (path.indexOf('/_holdfast/') === 0) return reads ? (path === '/_holdfast/origin.json' ? { file: path } : nothing) : { isRefused: true };
  if (request.method === 'POST' && RULES.comments.some((one) => new RegExp(one).test(path))) return { origin: RULES.inbox };
  if (RULES.dynamic.some((one) => new RegExp(one.path).test(path) && hasParameter(request, one.query))) return { origin: 'origin' };
  const isAsset = ASSET.test(path);
  if (!isAlways && !isAsset && isLoggedIn(request)) return { origin: 'origin', isPersonal: true };
  if (!reads) return { isRefused: true };
  return { file: fileFor(request.uri), isPage: !isAsset && !isAlways };
}

function hasParameter(request, names) {
  return names === undefined || names.some((name) => request.querystring[name] !== undefined);
}

function isLoggedIn(request) {
  if (request.headers.authorization !== undefined) return true;
  return RULES.logins.some((one) => Object.keys(request.cookies).some((name) => new RegExp(one).test(name)));
}

// What is no UTF-8 is the path of no file.
function decoded(uri) {
  if (/%(?![0-9a-f]{2})/i.test(uri)) return undefined;
  try {
    return decodeURIComponent(uri);
  } catch (error) {
    return decodeURIComponent(uri.replace(/%[89a-f][0-9a-f]/gi, '\ufffd'));
  }
}

// Both /a and /a/ are a/index.html. What ends in an extension with a letter in it is a file; /v1.2 is a page.
function fileFor(uri) {
  const name = uri.slice(uri.lastIndexOf('/') + 1);
  if (/\.[0-9a-z]*[a-z][0-9a-z]*$/i.test(name)) return uri;
  const index = /\/feed\/?$/.test(uri) ? 'index.xml' : /^\/wp-json(?:\/|$)/.test(uri) ? 'index.json' : 'index.html';
  return (name === '' ? uri : uri + '/') + index;
}

// The holding page that visitors are on: the key `hold` of the store.
async function heldOn() {
  try {
    const name = await store.get('hold');
    return RULES.pages.hasOwnProperty(name) ? name : RULES.holding;
  } catch (error) {
    return undefined;
  }
}

// Answers below 400 come by here, those of the cache too.
function answered(event, route, held) {
  const response = event.response;
  const headers = response.headers;
  if (route.origin !== undefined) {
    if (route.isPersonal || headers['cache-control'] === undefined) headers['cache-control'] = { value: 'no-store' };
    const to = headers.location === undefined ? '' : headers.location.value;
    if (to === RULES.origin || to.indexOf(RULES.origin + '/') === 0) headers.location.value = RULES.site + to.slice(RULES.origin.length);
    return response;
  }
  // What the bucket knows of a file that has moved: S3 itself says so only where it is asked as a web site.
  const moved = headers['x-amz-website-redirect-location'];
  if (moved !== undefined) {
    response.statusCode = 301;
    response.statusDescription = 'Moved Permanently';
    headers.location = { value: moved.value };
    return response;
  }
  const looked = /^\/_holdfast\/holding\/([a-z0-9-]+)\.html$/.exec(event.request.uri);
  const page = RULES.pages[looked === null ? held : looked[1]];
  if (page === undefined) return response;
  response.statusCode = page.status;
  response.statusDescription = page.says;
  headers['cache-control'] = { value: 'no-store' };
  headers['x-robots-tag'] = { value: 'noindex' };
  if (page.retryAfter !== null) headers['retry-after'] = { value: page.retryAfter };
  return response;
}
