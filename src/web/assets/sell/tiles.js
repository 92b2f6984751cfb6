// Pictures as tiles in their order, the first one the cover. Each has buttons to move and remove it; a pointer may drag it.

const list = one("[data-tiles]");
/** In the order of the listing: `{item, state, name, file, blob, said}`; state is shrinking, waiting, sending, sent or failed. */
const tiles = [];
const isOf = (...states) => ({ state }) => states.includes(state);

function tool(tile, sign, name, act) {
  const button = make("button", { type: "button", textContent: sign }, { [`data-${name}`]: "" });
  button.addEventListener("click", () => act(tile, button));
  return button;
}

/** Makes a tile around what it shows, at the end of the list. */
function addTile(tile, shown) {
  tile.item = make("li", { className: "upload", draggable: true }, { "data-tile": "" });
  tile.tools = make("div", { className: "upload-tools" });
  tile.tools.append(tool(tile, "←", "earlier", moveBy(-1)), tool(tile, "→", "later", moveBy(1)), tool(tile, "×", "remove", remove));
  tile.progress = make("progress", { max: 100, value: 0, hidden: true });
  tile.note = make("p", { className: "upload-note" });
  tile.again = make("button", { type: "button", className: "upload-again", hidden: true, textContent: words("again") });
  tile.again.addEventListener("click", () => retry(tile));
  tile.item.append(shown, make("span", { className: "upload-cover", textContent: words("cover") }), tile.progress, tile.note, tile.again, tile.tools);
  tile.shown = shown;
  tiles.push(tile);
  list.append(tile.item);
}

/** Replaces what a tile shows. */
function showIn(tile, shown) {
  tile.shown.replaceWith(shown);
  tile.shown = shown;
  label();
}

/** Gives each tile its number, its name for the form, and its buttons their words. */
function label() {
  tiles.forEach((tile, at) => {
    const n = at + 1;
    const nth = words("nth", { n });
    tile.shown.matches("img") ? (tile.shown.alt = nth) : tile.shown.setAttribute("aria-label", nth);
    tile.progress.setAttribute("aria-label", words("sending", { n }));
    for (const name of ["earlier", "later", "remove"]) {
      one(`[data-${name}]`, tile.tools).setAttribute("aria-label", words(name, { n }));
    }
    // Not `disabled`, which would take the focus away.
    one("[data-earlier]", tile.tools).setAttribute("aria-disabled", at === 0);
    one("[data-later]", tile.tools).setAttribute("aria-disabled", n === tiles.length);
    tile.item.dataset.state = tile.state;
    tile.progress.hidden = tile.state !== "sending";
    tile.again.hidden = tile.state !== "failed" || !tile.blob || tile.isFinal;
    setText(tile.note, { shrinking: words("shrinking"), waiting: words("waiting"), failed: words("failed") }[tile.state] ?? tile.said ?? "");
  });
  list.querySelectorAll("[name=picture_kept]").forEach((input) => input.remove());
  for (const { item, name } of tiles.filter(isOf("sent"))) {
    item.append(make("input", { type: "hidden", name: "picture_kept", value: name }));
  }
}

/** Whether more were chosen than there is room for. */
let isOver = false;

/** Says below the tiles what is wrong with each, and that there were too many. */
function showPictureFaults() {
  const failed = tiles.filter(isOf("failed")).map(({ file, said }) => `${file.name}: ${said}`);
  mark(draft.elements.picture, [...(isOver ? [words("need_picture")] : []), ...failed].join(" "));
}

function announce(name, n) {
  setText(one("[data-picture-said]"), words(name, { n }));
}

const moveBy = (step) => (tile, button) => {
  const from = tiles.indexOf(tile);
  const to = from + step;
  if (to < 0 || to >= tiles.length) return;
  tiles.splice(to, 0, ...tiles.splice(from, 1));
  list.insertBefore(tile.item, tiles[to + 1]?.item ?? null);
  changed();
  button.focus();
  announce("moved", to + 1);
};

/** Takes a tile away; the focus goes to its neighbour. */
function remove(tile) {
  const at = tiles.indexOf(tile);
  drop(tile);
  const next = tiles[Math.min(at, tiles.length - 1)];
  (next ? one("[data-remove]", next.tools) : draft.elements.picture).focus();
  announce("removed", at + 1);
}

function drop(tile) {
  tile.isGone = true;
  isOver = false;
  tile.request?.abort();
  if (tiles.includes(tile)) tiles.splice(tiles.indexOf(tile), 1);
  tile.item.remove();
  changed();
}

let dragged = null;
list.addEventListener("dragstart", ({ target }) => (dragged = tiles.find(({ item }) => item === target.closest("li"))));
list.addEventListener("dragover", (event) => {
  const over = tiles.find(({ item }) => item === event.target.closest("li"));
  if (!dragged || !over) return;
  event.preventDefault();
  if (over === dragged) return;
  tiles.splice(tiles.indexOf(over), 0, ...tiles.splice(tiles.indexOf(dragged), 1));
  tiles.forEach(({ item }) => list.append(item));
});
list.addEventListener("dragend", () => {
  dragged = null;
  changed();
});

function imageOf(name) {
  return make("img", { src: new URL(`../pictures/${name}-thumb.jpg`, draft.action).href });
}

/** The pictures that came with the page. */
function takeOver() {
  for (const item of all("[data-tile]", list)) {
    addTile({ state: "sent", name: one("[name=picture_kept]", item).value }, one("img", item));
    item.remove();
  }
}
