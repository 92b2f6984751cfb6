// Publishing waits for pictures that are still on their way, and goes on by itself; it can be called off.

const wait = one("[data-wait]");
/** The button that was pressed while pictures were on their way. */
let pressed = null;
let leftAt = 0;
/** A second press within this time is taken for a slip. */
const SLIP_MS = 10_000;

function showWait(said, mayStop) {
  wait.hidden = !said;
  setText(one("p", wait), said);
  one("button", wait).hidden = !mayStop;
}

function stopWaiting() {
  pressed = null;
  showWait("", false);
}

/** Whoever waits is told how many pictures are left; the last one lets the form go. */
function goOn() {
  if (!pressed) return;
  if (tiles.some(isOf("failed"))) return pointAtFailed();
  const n = tiles.filter((tile) => tile.state !== "sent").length;
  if (n) return showWait(words(pressed.value === "preview" ? "wait_preview" : "wait_list", { n }), true);
  const button = pressed;
  stopWaiting();
  draft.requestSubmit(button);
}

function pointAtFailed() {
  stopWaiting();
  askToFix();
  const failed = tiles.find(isOf("failed"));
  announce("fix_pictures");
  (failed.again.hidden ? one("[data-remove]", failed.tools) : failed.again).focus();
}

draft.addEventListener("submit", (event) => {
  const button = event.submitter ?? one(".go [value=list]", draft);
  if (Date.now() - leftAt < SLIP_MS) return event.preventDefault();
  if (tiles.some((tile) => tile.state !== "sent")) {
    event.preventDefault();
    pressed = button;
    return goOn();
  }
  leftAt = Date.now();
  showWait(words("publishing"), false);
  save(true);
});
one("button", wait).addEventListener("click", () => {
  const button = pressed;
  stopWaiting();
  button?.focus();
});
// Back from another page, by the browser's button.
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  leftAt = 0;
  showWait("", false);
});

takeOver();
restore();
label();
faultsOfDraft();
if (given.fresh) checkChoices();
one("[data-picture-hint]").textContent = words("need_picture");
field_of_pictures.dataset.ready = "";
if (!given.fresh) save();
// The server's refusal: the first field at fault is where to go on.
one("[aria-invalid=true]", draft)?.focus();
