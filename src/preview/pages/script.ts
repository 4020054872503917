/** The desk's pages follow what is saved and what is played; without it they are pages that are loaded by hand. */
export const SCRIPT = `(function () {
  var trouble = document.getElementById('trouble'), last = document.getElementById('last'), address = document.getElementById('path');
  var switches = document.querySelector('.switches'), leaving = false;
  function all(selector) { return Array.prototype.slice.call(document.querySelectorAll(selector)); }
  function tell(news) { all('iframe').forEach(function (frame) { frame.contentWindow.postMessage(news, '*'); }); }
  function heard(kind, then) {
    news.addEventListener(kind, function (event) { if (!leaving) then(JSON.parse(event.data)); });
  }
  function cardOf(file) { return all('.card').filter(function (card) { return card.dataset.file === file; })[0]; }
  function line(text) {
    var made = document.createElement('p');
    made.textContent = text;
    return made;
  }
  function refreshed(file) {
    return fetch('/facts?file=' + encodeURIComponent(file)).then(function (answer) {
      var card = cardOf(file);
      // A page that is new, or gone, or an asset of any.
      if ((answer.status === 200) !== Boolean(card)) return location.reload();
      if (card) return answer.text().then(function (text) { card.querySelector('.facts').innerHTML = text; });
    });
  }
  var news = new EventSource('/events?draft=' + document.body.dataset.draft);
  heard('changed', function (what) {
    tell({ changed: what });
    if (document.querySelector('.card')) what.files.forEach(refreshed);
    else if (!document.querySelector('.stage')) location.reload();
  });
  heard('trouble', function (what) {
    trouble.replaceChildren();
    trouble.hidden = what === null;
    if (what) trouble.append(line(what.text), line(what.hint));
  });
  heard('play', function () { if (switches) location.reload(); });
  heard('answered', function (what) {
    if (!last) return;
    var status = document.createElement('b'), why = document.createElement('span');
    status.className = 'status';
    status.dataset.status = String(what.status)[0];
    status.textContent = what.status;
    why.textContent = ' ' + what.method + ' ' + what.path + ': ' + what.why;
    last.replaceChildren(status, why);
    if (what.method !== 'GET') return;
    switches.elements.back.value = '/look?path=' + encodeURIComponent(what.path);
    if (document.activeElement !== address) address.value = what.path;
  });
  if (!switches) return;
  document.body.classList.add('scripted');
  switches.addEventListener('submit', function () { leaving = true; });
  switches.addEventListener('change', function () { switches.requestSubmit(); });
})();
`;
