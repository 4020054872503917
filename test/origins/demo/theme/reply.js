// Brings the comment form to the comment that is answered, without asking the server for the page again.
document.addEventListener('click', (event) => {
  const link = event.target instanceof Element ? event.target.closest('.comment-reply-link') : null;
  const form = document.getElementById('commentform');
  if (!link || !form) return;
  event.preventDefault();
  form.elements.comment_parent.value = link.dataset.commentid;
  link.closest('.comment-body').append(form);
  form.elements.comment.focus();
});
