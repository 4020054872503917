// Keeps what was received in this browser alone, so that its page can show it to its author at once.
(function () {
  try {
    var comment = JSON.parse(document.getElementById('holdfast-receipt').getAttribute('data-comment'));
    var kept = JSON.parse(localStorage.getItem('holdfast-comments') || '[]').filter(function (other) {
      return other.receipt !== comment.receipt;
    });
    kept.push(comment);
    localStorage.setItem('holdfast-comments', JSON.stringify(kept.slice(-20)));
  } catch (error) {
    // Without storage nothing is lost but the look of it.
  }
})();
