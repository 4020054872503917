/**
 * On each page of the site that the preview shows, and on no other: loads the page again when its file changed, and says what is broken over
 * it. In a frame of the desk the desk tells it; a page in a window of its own listens by itself.
 */
export const FOLLOW = `// By script, since a page's own policy lets no style attribute in.
for (const note of document.querySelectorAll('[data-preview-note]'))
  note.style.cssText = 'position:fixed;inset:auto 0 0 0;z-index:2147483647;margin:0;padding:.5rem 1rem;background:#7a1f00;color:#fff;font:600 .9rem/1.4 system-ui,sans-serif;text-align:center';
(function (me) {
  var file = decodeURI(me.getAttribute('data-file')), desk = me.getAttribute('data-desk'), over;
  function isText(path) { return /\\.html$/.test(path); }
  function changed(files) {
    if (file === '' || files.indexOf(file) >= 0 || !files.every(isText)) location.reload();
  }
  function trouble(what) {
    if (over) over.remove();
    over = undefined;
    if (!what) return;
    over = document.createElement('div');
    var root = over.attachShadow({ mode: 'open' }), box = document.createElement('div');
    box.setAttribute('role', 'alert');
    box.style.cssText = 'position:fixed;z-index:2147483647;inset:auto 0 0 0;max-height:60vh;overflow:auto;padding:1rem 1.25rem;' +
      'background:#7a1f14;color:#fff;font:15px/1.5 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere';
    box.textContent = what.text + (what.hint ? '\\n\\n' + what.hint : '');
    root.appendChild(box);
    document.documentElement.appendChild(over);
  }
  if (window.top !== window) {
    addEventListener('message', function (event) {
      if (event.origin !== desk || !event.data) return;
      if (event.data.changed) changed(event.data.changed.files);
      if (event.data.play) location.reload();
    });
    return;
  }
  var news = new EventSource('/_holdfast/preview/events?draft=' + me.getAttribute('data-draft'));
  news.addEventListener('changed', function (event) { changed(JSON.parse(event.data).files); });
  news.addEventListener('trouble', function (event) { trouble(JSON.parse(event.data)); });
  news.addEventListener('play', function () { location.reload(); });
})(document.currentScript);
`;
