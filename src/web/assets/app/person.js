// One person per browser: logging in or out in one tab applies to all of them.

// Named by the path: another house may share the host.
const ME = `auction_me${base}`;
const me = String(page.me ?? "");

/** Hides the page and reloads it if another person has logged in; otherwise calls `then`. */
function ifAnotherPerson(then) {
  if ((kept(ME) ?? me) === me) return then?.();
  document.documentElement.hidden = true;
  location.replace(base + page.here);
}

// A page from the back/forward cache may belong to someone who has logged out since.
if (performance.getEntriesByType("navigation")[0]?.type === "back_forward") ifAnotherPerson(() => keep(ME, me));
else keep(ME, me);
addEventListener("storage", ({ key }) => key === ME && ifAnotherPerson());

// What was typed into the form to list an item goes with whoever logs out; a session that runs out keeps it for their return.
document.addEventListener("submit", ({ target }) => {
  if (!target.matches("[action$=logout]")) return;
  try {
    sessionStorage.removeItem(`draft ${base}/listings/new`);
  } catch {
    // There is none.
  }
});
