// Looks whether the site itself is back: a small file, never the page. Only while it is seen, ever less often, and each at its own time.
(function (every) {
  var LONGEST = Math.max(every, 300), timer;
  var seconds = Math.min(Math.max(every, Number((history.state || {}).holdfastWait) || 0), LONGEST);
  function soon() {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(look, seconds * (500 + 1000 * Math.random()));
  }
  function look() {
    seconds = Math.min(seconds * 1.5, LONGEST);
    soon();
    fetch('/_holdfast/origin.json', { cache: 'no-store', credentials: 'omit' })
      .then(function (answer) { return answer.ok ? answer.json() : {}; })
      .then(function (origin) { if (origin.state === 'up') reload(); })
      .catch(function () {});
  }
  // What comes may be this page once more (a hold, a full cap): it then goes on as patient as this one, and does not begin anew.
  function reload() {
    try {
      history.replaceState(Object.assign({}, history.state, { holdfastWait: seconds }), '');
    } finally {
      location.reload();
    }
  }
  document.addEventListener('visibilitychange', function () {
    seconds = every;
    soon();
  });
  var waiting = document.getElementById('waiting');
  if (waiting) waiting.hidden = false;
  soon();
})(Number(document.currentScript.getAttribute('data-refresh')));
