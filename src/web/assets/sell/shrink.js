// Pictures are shrunk before they travel: the house shows no larger ones, and a phone may send slowly.

/** Side in pixels and quality of each attempt; the first that is light enough travels. */
const ATTEMPTS = [[2000, 0.82], [2000, 0.7], [1600, 0.74], [1600, 0.6], [1280, 0.6], [1024, 0.5], [800, 0.4]];
/** Three such pictures take 15 seconds at 750 kbit a second. */
const LIGHT_BYTES = 420_000;
const PREVIEW_PX = 480;

/** The bitmap, upright, on white: what is clear in it would become black in a JPEG. */
function drawn(bitmap, side) {
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const size = (length) => Math.max(1, Math.round(length * scale));
  const canvas = make("canvas", { width: size(bitmap.width), height: size(bitmap.height) });
  const paper = canvas.getContext("2d");
  paper.imageSmoothingQuality = "high";
  paper.fillStyle = "#fff";
  paper.fillRect(0, 0, canvas.width, canvas.height);
  paper.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}

async function light(bitmap) {
  let blob = null;
  for (const [side, quality] of ATTEMPTS) {
    blob = await new Promise((done) => drawn(bitmap, side).toBlob(done, "image/jpeg", quality));
    if (!blob || blob.size <= LIGHT_BYTES) break;
  }
  return blob;
}

/**
 * What travels for a file, after `show` has got a small canvas of it. The file itself travels where it is light already, where it
 * may move (GIF), and where this browser cannot read it: the house then says what is wrong.
 */
async function shrunk(file, show) {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  if (!bitmap) return file;
  show(drawn(bitmap, PREVIEW_PX));
  const isSmall = file.size <= LIGHT_BYTES && Math.max(bitmap.width, bitmap.height) <= ATTEMPTS[0][0];
  const blob = isSmall || file.type === "image/gif" ? file : await light(bitmap).catch(() => null);
  bitmap.close();
  return blob ?? file;
}
