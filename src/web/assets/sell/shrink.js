// Pictures are shrunk before they travel: the house shows no larger ones, and a phone may send slowly.

/** Side in pixels and quality of each attempt; the first that is light enough travels. */
const ATTEMPTS = [[2000, 0.82], [2000, 0.7], [1600, 0.74], [1600, 0.6], [1280, 0.6], [1024, 0.5], [800, 0.4]];
const MOST_PX = 2000;
/** Three such pictures take ten seconds at 750 kbit a second. */
const LIGHT_BYTES = 300_000;
const PREVIEW_PX = 480;

/** A bitmap or a canvas, made smaller, on white: what is clear in it would become black in a JPEG. */
function drawn(source, side) {
  const scale = Math.min(1, side / Math.max(source.width, source.height));
  const size = (length) => Math.max(1, Math.round(length * scale));
  const canvas = make("canvas", { width: size(source.width), height: size(source.height) });
  const paper = canvas.getContext("2d");
  paper.imageSmoothingQuality = "high";
  paper.fillStyle = "#fff";
  paper.fillRect(0, 0, canvas.width, canvas.height);
  paper.drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** The canvas as a JPEG that is light enough; none where the browser makes none. */
async function light(canvas) {
  let blob = null;
  for (const [side, quality] of ATTEMPTS) {
    if (Math.max(canvas.width, canvas.height) > side) canvas = drawn(canvas, side);
    blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
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
  const isSmall = file.size <= LIGHT_BYTES && Math.max(bitmap.width, bitmap.height) <= MOST_PX;
  const canvas = drawn(bitmap, MOST_PX);
  // The memory of a whole photo is given back at once.
  bitmap.close();
  show(drawn(canvas, PREVIEW_PX));
  if (isSmall || file.type === "image/gif") return file;
  return (await light(canvas).catch(() => null)) ?? file;
}
