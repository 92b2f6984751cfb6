// An unsent draft outlives a reload and a lost connection: in this tab, for this person, for half a day.

const KEY = `draft ${new URL(draft.action).pathname}`;
const KEPT_MS = 12 * 3_600_000;
const UNKEPT = ["picture", "picture_kept", "soft_close.ticked", "step"];

function save(sent = false) {
  const fields = [...new FormData(draft)].filter(([name]) => !UNKEPT.includes(name));
  const pictures = tiles.filter(isOf("sent")).map(({ name }) => name);
  const stored = { at: Date.now(), me: page.me, sent, fields, pictures };
  try {
    sessionStorage.setItem(KEY, JSON.stringify(stored));
  } catch {
    // Without storage, the draft lasts as long as the page.
  }
}

function forget() {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // There is none.
  }
}

function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}

/** A draft that was sent is done with, unless its sender came back by the browser's button. */
function mayRestore(was) {
  const isBack = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  return was && given.fresh && was.me === page.me && Date.now() - was.at < KEPT_MS && (!was.sent || isBack);
}

function restoreField(name, value) {
  const input = draft.elements[name];
  if (!input || (input.matches("select") && ![...input.options].some((option) => option.value === value))) return;
  if (input.type !== "checkbox") input.value = value;
}

function restore() {
  const was = stored();
  if (!mayRestore(was)) return given.fresh && forget();
  const isEmpty = !was.pictures.length && ["title", "opening", "description"].every((name) => !was.fields.some(([of, value]) => of === name && value));
  if (isEmpty) return;
  was.fields.forEach(([name, value]) => restoreField(name, value));
  draft.elements.soft_close.checked = was.fields.some(([name]) => name === "soft_close");
  for (const name of was.pictures.filter((name) => /^[0-9a-f]{32}$/.test(name)).slice(0, MAX_PICTURES)) {
    const tile = { state: "sent", name };
    addTile(tile, imageOf(name));
    // It waited for too long, and the house has forgotten it.
    tile.shown.addEventListener("error", () => drop(tile));
  }
  const note = one("[data-restored]");
  setText(one("span", note), words("restored"));
  note.hidden = false;
  one("button", note).addEventListener("click", () => {
    forget();
    location.assign(draft.action);
  });
}
