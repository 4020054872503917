// Shows a visitor's own comments that the inbox received and the page does not have yet; only this browser knows of them.
(function (script) {
  var WORDS = 'Your comment is waiting for moderation. Only you see it here until then.';
  var DAYS = 7;
  var form = [].find.call(document.forms, function (one) {
    var action = one.getAttribute('action');
    return action && new URL(action, location.href).pathname === script.getAttribute('data-form');
  });
  if (!form) return;
  if (script.hasAttribute('data-filled')) time(form, Date.now());
  try {
    var all = JSON.parse(localStorage.getItem('holdfast-comments') || '[]');
    var left = all.filter(function (one) {
      return Date.now() - one.at < DAYS * 86400000 && !(one.page === location.pathname && isThere(one));
    });
    if (left.length !== all.length) localStorage.setItem('holdfast-comments', JSON.stringify(left));
    left.forEach(function (one) {
      if (one.page === location.pathname) show(one);
    });
  } catch (error) {
    // No storage, nothing to show.
  }
  function time(form, opened) {
    form.addEventListener('submit', function () {
      var field = document.createElement('input');
      field.type = 'hidden';
      field.name = 'holdfast-filled';
      field.value = String(Date.now() - opened);
      form.appendChild(field);
    });
  }
  // Letters and digits alone: quotation marks, dashes and line ends are changed on the way to a page.
  function bare(text) {
    return text.replace(/[^\p{L}\p{N}]+/gu, '').toLowerCase() || text.replace(/\s+/g, '');
  }
  // In one comment of the thread, by the same author: a short text may stand anywhere.
  function isThere(one) {
    var text = bare(one.text), author = bare(one.author);
    return [].some.call(document.querySelectorAll('li, article, [class*=comment]'), function (place) {
      if (place.contains(form) || form.contains(place)) return false;
      var said = bare(place.textContent);
      return said.length < text.length + author.length + 300 && said.includes(text) && said.includes(author);
    });
  }
  function show(one) {
    var box = document.createElement('div');
    box.className = 'comment holdfast-waiting';
    box.style.cssText = 'margin:0 0 1.5em;padding:0 0 0 1em;border-left:3px solid;opacity:.8;overflow-wrap:anywhere';
    add(box, 'strong', one.author);
    one.text.split(/\n+/).forEach(function (line) {
      if (line.trim()) add(box, 'p', line);
    });
    add(add(box, 'p', ''), 'em', WORDS);
    var place = document.getElementById('respond') || form;
    if (!place.contains(form)) place = form;
    place.parentNode.insertBefore(box, place);
  }
  function add(to, name, text) {
    var element = to.appendChild(document.createElement(name));
    element.textContent = text;
    return element;
  }
})(document.currentScript);
