// Looks whether the site itself is back: a small file, never the page. Only while it is seen, ever less often, and each at its own time.
(function (every) {
  var LONGEST = 300, seconds = every, timer;
  function soon() {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(look, seconds * (500 + 1000 * Math.random()));
  }
  function look() {
    seconds = Math.min(seconds * 1.5, Math.max(every, LONGEST));
    soon();
    fetch('/_holdfast/origin.json', { cache: 'no-store', credentials: 'omit' })
      .then(function (answer) { return answer.ok ? answer.json() : {}; })
      .then(function (origin) { if (origin.state === 'up') location.reload(); })
      .catch(function () {});
  }
  document.addEventListener('visibilitychange', function () {
    seconds = every;
    soon();
  });
  var waiting = document.getElementById('waiting');
  if (waiting) waiting.hidden = false;
  soon();
})(Number(document.currentScript.getAttribute('data-refresh')));
