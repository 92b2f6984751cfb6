// Starts what every page of the desk has.

// A tablet is shared: a page that the browser kept is asked for again, so that the server decides whether the pass holds.
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  document.documentElement.hidden = true;
  location.reload();
});

function showLine() {
  one("[data-offline]").hidden = navigator.onLine;
}

addEventListener("online", showLine);
addEventListener("offline", showLine);
showLine();
showPrinting();
if (document.activeElement) selectFocused({ target: document.activeElement });
sendKept();
