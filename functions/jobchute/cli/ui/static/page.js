// Refreshing, so that it disturbs nobody: not while the tab is hidden, and no part that is being read or used.
// Without scripts the page shows the same facts; it is refreshed by loading it again.
"use strict";

function isInUse(part) {
  const selection = document.getSelection();
  const isSelected = selection && !selection.isCollapsed && part.contains(selection.anchorNode);
  return isSelected || part.contains(document.activeElement) || part.querySelector("details[open]") !== null;
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.id === "refresh" && document.hidden) event.preventDefault();
});

document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target, fragment } = event.detail;
  const isSameNews = target.id === "news" && fragment.textContent === target.textContent;
  if (isSameNews || isInUse(target)) event.detail.shouldSwap = false;
});

document.addEventListener("visibilitychange", () => {
  const refresh = document.getElementById("refresh");
  if (refresh && !document.hidden) htmx.trigger(refresh, "refresh");
});
