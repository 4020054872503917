// Finds the file behind a path: a CloudFront function for viewer requests (runtime cloudfront-js-2.0), needed where the
// origin is a bucket by its REST address. The template cloudfront.yaml has it in it.
// To change: `others`, folders whose index is no HTML, as this site has them.

var others = [
  { path: /\/feed\/?$/, index: 'index.xml' },
  { path: /^\/wp-json(\/|$)/, index: 'index.json' },
];

function handler(event) {
  var request = event.request;
  if (isOurs(request.uri)) return { statusCode: 404, statusDescription: 'Not Found' };
  request.uri = fileFor(request.uri);
  return request;
}

// The list of releases and what was kept of them is nobody's but the publisher's.
function isOurs(uri) {
  var path = decoded(uri);
  if (path !== '/_holdfast' && path.indexOf('/_holdfast/') !== 0) return false;
  return path !== '/_holdfast/pixel.gif' && path.indexOf('/_holdfast/holding/') !== 0;
}

function decoded(uri) {
  try {
    return decodeURIComponent(uri);
  } catch (error) {
    return uri;
  }
}

// Both /a and /a/ are a/index.html. What ends in an extension with a letter in it is a file; /v1.2 is a page.
function fileFor(uri) {
  var name = uri.slice(uri.lastIndexOf('/') + 1);
  if (/\.[0-9a-z]*[a-z][0-9a-z]*$/i.test(name)) return uri;
  var other = others.filter((one) => one.path.test(uri))[0];
  return (name === '' ? uri : uri + '/') + (other ? other.index : 'index.html');
}
