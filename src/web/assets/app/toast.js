// The items on which this person was outbid, told on every page but the boards: a notice for each, with the way to bid
// again, and their number in the title. The page says which there are, and the stream what happens to them since. This
// browser keeps which of them were dismissed, and which were said aloud already.

const MAX_TOASTS = 3;
const TITLE_CHARS = 40;
// Named by the path: another house may share the host.
const TOASTS = `auction_toasts${base}`;
const toasts = one("[data-toasts]");
const ownListing = Number(listingPage?.dataset.listing);

/** By listing, each with its `title` and `price`; the newest last. */
const outbid = new Map(page.outbid.map(({ listing, ...on }) => [listing, on]).reverse());

/** Returns what this browser keeps for this person: by listing, the event after which it was dismissed or told. */
function keptToasts() {
  try {
    const of = JSON.parse(kept(TOASTS));
    if (of.me === me) return of;
  } catch {
    // Nothing is kept that could be read.
  }
  return { me, gone: {}, told: {} };
}

function keepToasts(change) {
  const of = keptToasts();
  change(of);
  keep(TOASTS, JSON.stringify(of));
  return of;
}

/** Forgets what was kept of items on which the person is outbid no more, and everything of another person. */
function tidyToasts() {
  if (!me) {
    if (kept(TOASTS) !== null) localStorage.removeItem(TOASTS);
    return;
  }
  if (kept(TOASTS) === null) return;
  keepToasts(({ gone, told }) => {
    for (const marks of [gone, told]) {
      for (const [listing, after] of Object.entries(marks)) {
        if (!outbid.has(Number(listing)) && after <= page.cursor) delete marks[listing];
      }
    }
  });
}

/** The event `outbid`, which is told to this person alone. */
function nowOutbidOn({ listing, title: name, price, minimum }) {
  // Bought at once: nobody can bid again.
  if (minimum === null) return;
  outbid.delete(listing);
  outbid.set(listing, { title: name, price });
  forgetToast(listing);
  if (!showsAll) stream.way?.ask();
  if (!board && !document.hidden && listing !== ownListing) ring("bad");
  drawToasts();
}

/** Another tab may have dismissed this very notice before this tab heard of it. */
function forgetToast(listing) {
  keepToasts(({ gone, told }) => {
    if (gone[listing] < stream.last) delete gone[listing];
    delete told[listing];
  });
}

/** The event `bid`: the price has moved, or this person leads again. */
function outbidMoved(bid) {
  if (!outbid.has(bid.listing)) return;
  if (bid.leader_id === page.me) return noLongerOutbid(bid.listing);
  outbid.get(bid.listing).price = bid.price;
  drawToasts();
}

function noLongerOutbid(listing) {
  if (!outbid.delete(listing)) return;
  forgetToast(listing);
  drawToasts();
}

function dismiss(listing) {
  keepToasts(({ gone }) => (gone[listing] = stream.last));
  drawToasts();
}

/** Shows the notices of the newest items, how many more there are, and the title. */
function drawToasts() {
  showTitle();
  if (board) return;
  const { told } = keptToasts();
  const due = undismissed();
  const shown = due.slice(0, MAX_TOASTS);
  const before = document.activeElement;
  const hadFocus = toasts.contains(before);
  const gone = all("[data-toast]", toasts).filter((toast) => !shown.includes(Number(toast.dataset.toast)));
  // On each page a person comes to, a notice stands again; it is said aloud once.
  const isNews = shown.some((listing) => !(listing in told));
  toasts.setAttribute("aria-live", isNews ? "polite" : "off");
  for (const listing of [...shown].reverse()) drawToast(listing, gone);
  gone.forEach((toast) => toast.remove());
  drawMoreToasts(due.length - shown.length);
  if (isNews) keepToasts((of) => shown.forEach((listing) => (of.told[listing] = stream.last)));
  if (hadFocus && !toasts.contains(document.activeElement)) (one("button", toasts) ?? one("#main")).focus({ preventScroll: true });
}

/** Returns the listings to be told, the newest first. The page of an item tells of that one itself. */
function undismissed() {
  const { gone } = keptToasts();
  return [...outbid.keys()].filter((listing) => listing !== ownListing && !(listing in gone)).reverse();
}

/** A new notice takes the place of one that goes, or comes after the others: none of those that stay moves. */
function drawToast(listing, gone) {
  const { title: name, price } = outbid.get(listing);
  let toast = one(`[data-toast="${listing}"]`, toasts);
  if (!toast) {
    toast = makeToast(listing, name.length > TITLE_CHARS ? `${name.slice(0, TITLE_CHARS)}…` : name);
    const place = gone.shift();
    place ? place.replaceWith(toast) : toasts.insertBefore(toast, one(".toast-more", toasts));
  }
  const said = one("[data-toast-price]", toast);
  if (said.firstChild.nodeValue !== money(price)) said.firstChild.nodeValue = money(price);
}

function makeToast(listing, name) {
  const make = (tag, given) => Object.assign(document.createElement(tag), given);
  const toast = make("p", { className: "toast" });
  toast.dataset.toast = listing;
  const link = make("a", { href: `${base}/listings/${listing}` });
  // Its title and its price are elements of their own.
  for (const part of words("toast").split(/(%title|%price)/)) {
    if (part === "%title") link.append(make("strong", { textContent: name }));
    else if (part === "%price") {
      const price = make("span", { className: "toast-price", textContent: " " });
      price.dataset.toastPrice = "";
      link.append(price);
    } else link.append(part);
  }
  link.append(" — ", make("b", { textContent: words("toast_bid") }));
  const close = make("button", { type: "button", className: "plain", textContent: "×" });
  close.setAttribute("aria-label", words("toast_dismiss", { title: name }));
  close.addEventListener("click", () => dismiss(listing));
  toast.append(link, close);
  return toast;
}

function drawMoreToasts(n) {
  let more = one(".toast-more", toasts);
  if (!n) return more?.remove();
  if (!more) {
    more = Object.assign(document.createElement("p"), { className: "toast-more" });
    more.append(Object.assign(document.createElement("a"), { href: `${base}/account` }));
    toasts.append(more);
  }
  setText(one("a", more), words("toast_more", { n }));
}

/** The title says on how many items this person is outbid, or what the alert of the page says. */
function showTitle() {
  if (board) return;
  const n = undismissed().length + (alarmed.isOutbid ? 1 : 0);
  const first = n ? words("toast_title", { n }) : alarmed.text;
  document.title = first ? `${first} · ${title}` : title;
}

/** A notice covers nothing that has the focus: the page moves away from under it, or else it steps aside. */
function uncover({ target }) {
  if (!toasts.childElementCount || target.closest("dialog")) return;
  const covers = () => {
    const at = target.getBoundingClientRect();
    return [...toasts.children].some((toast) => {
      const over = toast.getBoundingClientRect();
      return over.left < at.right && at.left < over.right && over.top < at.bottom && at.top < over.bottom;
    });
  };
  toasts.classList.remove("aside");
  if (toasts.contains(target)) return;
  if (covers()) target.scrollIntoView({ block: "center", behavior: "instant" });
  toasts.classList.toggle("aside", covers());
}

tidyToasts();
addEventListener("storage", ({ key }) => (key === TOASTS || key === null) && drawToasts());
document.addEventListener("focusin", uncover);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || one("dialog[open]")) return;
  const toast = document.activeElement.closest("[data-toast]") ?? one("[data-toast]", toasts);
  if (toast) dismiss(Number(toast.dataset.toast));
});
