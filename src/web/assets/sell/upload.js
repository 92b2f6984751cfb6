// Pictures travel as soon as they are chosen, each by its own request, so that the form itself is quick. What is lost on the
// way is sent again.

const AT_ONCE = 2;
/** The waits before each further try. */
const AGAIN_MS = [1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 30_000, 30_000];
/** A connection that moves nothing for so long is given up. */
const SILENCE_MS = 30_000;
const MOST_WAIT_S = 60;
const MOST_BYTES = 10 * 1024 * 1024;

/** After anything has changed: the tiles, the stored draft, and whoever waits for the last picture. */
function changed() {
  label();
  showPictureFaults();
  save();
  pump();
  goOn();
}

function choose(files) {
  const room = MAX_PICTURES - tiles.length;
  for (const file of [...files].slice(0, room)) {
    const tile = { state: "shrinking", file };
    addTile(tile, make("canvas", { width: 4, height: 3 }, { role: "img" }));
    preparing = preparing.then(() => prepare(tile));
  }
  isOver = files.length > room;
  changed();
}

/** One after the other: each takes the memory of a whole photo. */
let preparing = Promise.resolve();
async function prepare(tile) {
  if (tile.isGone) return;
  tile.blob = await shrunk(tile.file, (canvas) => {
    canvas.setAttribute("role", "img");
    showIn(tile, canvas);
  });
  if (tile.blob.size > MOST_BYTES) fail(tile, words("too_large"), true);
  else tile.state = "waiting";
  changed();
}

function pump() {
  for (const tile of tiles.filter(isOf("waiting"))) {
    if (tiles.filter(isOf("sending")).length >= AT_ONCE) return;
    tile.state = "sending";
    label();
    send(tile).then(changed);
  }
}

function post(tile) {
  return new Promise((answered) => {
    const request = (tile.request = new XMLHttpRequest());
    let watch = 0;
    const stirs = () => {
      clearTimeout(watch);
      watch = setTimeout(() => request.abort(), SILENCE_MS);
    };
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      stirs();
      tile.progress.value = (100 * loaded) / total;
    });
    request.addEventListener("loadend", () => {
      clearTimeout(watch);
      answered(request);
    });
    const form = new FormData();
    form.append("picture", tile.blob, "picture");
    request.open("POST", new URL("new/pictures", draft.action));
    stirs();
    request.send(form);
  });
}

async function send(tile) {
  for (const wait of [...AGAIN_MS, null]) {
    const { status, responseURL, responseText, ...request } = await answerTo(tile);
    if (tile.isGone) return;
    if (status === 201) return arrived(tile, JSON.parse(responseText).name);
    const isLost = status === 0 || status >= 500;
    const wait_s = Number(request.retryAfter ?? NaN);
    const mayWait = isLost || (status === 429 && wait_s <= MOST_WAIT_S);
    if (!mayWait) return refused(tile, status, responseURL, responseText);
    if (wait === null) break;
    tile.said = words("again_soon");
    label();
    await rest(wait_s ? wait_s * 1000 : wait);
    if (tile.isGone) return;
    tile.said = "";
    label();
  }
  fail(tile, words("failed"), false);
}

async function answerTo(tile) {
  tile.progress.value = 0;
  const request = await post(tile);
  const retryAfter = request.status ? request.getResponseHeader("Retry-After") : null;
  return { status: request.status, responseURL: request.responseURL, responseText: request.responseText, retryAfter };
}

/** Waits, but no longer than until the connection is back. */
function rest(ms) {
  return new Promise((done) => {
    setTimeout(done, ms);
    addEventListener("online", done, { once: true });
  });
}

function refused(tile, status, url, text) {
  // Who is logged out is led to another page.
  if (status === 401 || !url.endsWith("new/pictures")) return fail(tile, words("logged_out"), false);
  let said = "";
  try {
    ({ said } = JSON.parse(text));
  } catch {
    // An answer of something between here and the house.
  }
  fail(tile, said || words("failed"), status === 422 || status === 413);
}

/** A failure is final where another try cannot help. */
function fail(tile, said, isFinal) {
  Object.assign(tile, { state: "failed", said, isFinal });
}

function retry(tile) {
  Object.assign(tile, { state: "waiting", said: "" });
  changed();
  one("[data-remove]", tile.tools).focus();
}

function arrived(tile, name) {
  if (tiles.some((other) => other !== tile && other.name === name)) {
    drop(tile);
    announce("twice");
    return;
  }
  if (!tile.shown.width || tile.shown.width === 4) showIn(tile, imageOf(name));
  Object.assign(tile, { state: "sent", name, blob: null, said: "" });
  announce("sent", tiles.indexOf(tile) + 1);
}

draft.elements.picture.addEventListener("change", ({ target }) => {
  choose(target.files);
  // Otherwise the form would send them once more.
  target.value = "";
});

const field_of_pictures = one("[data-pictures]");
const hasFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files");
field_of_pictures.addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
field_of_pictures.addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  choose(event.dataTransfer.files);
});
