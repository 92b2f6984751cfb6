// What the page says aloud, rings and shows as an alert.

const voice = { next: null, busy: false };

/** Announces `text` to screen readers, at most once in three seconds; newer texts replace those that wait. */
function say(text) {
  voice.next = text;
  if (voice.busy || !text) return;
  voice.busy = true;
  setText(one("[data-say]"), voice.next);
  voice.next = null;
  setTimeout(() => {
    voice.busy = false;
    if (voice.next) say(voice.next);
  }, 3000);
}

function speakLeft(seconds) {
  if ([600, 300, 60, 30, 10].includes(seconds)) say(words("say_left", { left: span(seconds) }));
}

/* ---- sound and vibration, once they are turned on ---- */

const SOUND = "auction_sound";
const sound = { on: kept(SOUND) === "on", context: null };
const TUNES = { bad: [440, 330], good: [523, 659, 784], note: [660] };

/** Browsers allow sound only after the person has touched the page. */
function tuneUp() {
  if (!sound.on || !globalThis.AudioContext) return;
  sound.context ??= new AudioContext();
  sound.context.resume().catch(() => {});
}

function ring(kind) {
  if (!sound.on) return;
  navigator.vibrate?.(kind === "bad" ? [150, 80, 150] : 120);
  if (sound.context?.state !== "running") return;
  TUNES[kind].forEach((hz, i) => {
    const [tone, loudness] = [sound.context.createOscillator(), sound.context.createGain()];
    const at = sound.context.currentTime + i * 0.18;
    tone.frequency.value = hz;
    loudness.gain.setValueAtTime(0.2, at);
    loudness.gain.exponentialRampToValueAtTime(0.001, at + 0.17);
    tone.connect(loudness).connect(sound.context.destination);
    tone.start(at);
    tone.stop(at + 0.18);
  });
}

function showSound() {
  const button = one("[data-sound]");
  if (!button) return;
  button.classList.remove("gone");
  button.setAttribute("aria-pressed", sound.on);
}

function switchSound() {
  sound.on = !sound.on;
  keep(SOUND, sound.on ? "on" : "off");
  showSound();
  tuneUp();
  ring("note");
}

/** What the page's own alert says; whether it is that this person was outbid on the item of the page. */
const alarmed = { text: "", isOutbid: Boolean(one("[data-turn-said].outbid")) };

function alarm(text, kind) {
  const box = one("[data-alert]");
  if (!box) return;
  box.className = `alert ${kind}`;
  if (text) ring(kind);
  setText(box, text);
  Object.assign(alarmed, { text, isOutbid: kind === "bad" });
  showTitle();
}

/** Corrects the alert that this person was outbid, where it is shown, without ringing again. */
function correctAlarm(text) {
  if (!alarmed.isOutbid || !alarmed.text) return;
  alarmed.text = text;
  setText(one("[data-alert]"), text);
}

document.addEventListener("click", ({ target }) => target.closest("[data-sound]") && switchSound());
document.addEventListener("pointerdown", tuneUp);
