// A bid: confirmed in the dialog, sent, and answered.

/** Asks about a bid, with everything that it comes to. `quick` holds the fields of a paddle. */
function askThenBid(quick) {
  const bid = readBid(quick);
  if (!bid) return;
  const raises = leads();
  const most = bid.max ?? bid.amount;
  const isMost = most > bid.amount;
  const dialog = one("dialog[data-confirm]");
  const set = (name, text) => setText(one(`[data-confirm-${name}]`, dialog), text);
  setText(one("h2", dialog), words(raises ? "confirm_raise" : "confirm_bid"));
  set("amount", money(most));
  set("max", isMost && !raises ? words(awaitsReserve() ? "confirm_most_reserve" : "confirm_most", { amount: money(bid.amount) }) : "");
  set("hammer-label", words(isMost ? "confirm_hammer_most" : "label_hammer"));
  set("hammer", money(most));
  set("premium-label", words(isMost ? "confirm_premium_most" : "confirm_premium", { percent: percent() }));
  set("premium", money(premiumOn(most)));
  set("total-label", words(isMost ? "confirm_pay_most" : "confirm_pay"));
  set("total", money(withPremium(most)));
  set("go", words(raises ? "confirm_raise_go" : isMost ? "confirm_most_go" : "confirm_go", { amount: money(most), max: money(most) }));
  dialog.returnValue = "";
  dialog.dataset.most = affords(most) ? most : "";
  dialog.onclose = () => {
    if (dialog.returnValue === "confirm" && bidForm()) sendBid(bid, raises);
  };
  dialog.showModal();
}

/** The last accepted bid of this tab. */
const answered = { seq: null, n_bids: 0 };

async function sendBid(bid, raises) {
  pending(true);
  try {
    let answer = await postBid(bid);
    let body = await answer.json();
    // The price moved on the way, and the maximum that was confirmed still covers the least that is needed now.
    for (let again = 0; again < 3 && !raises && body.code === "bid_too_low" && body.minimum <= bid.max; again++) {
      bid.amount = body.minimum;
      answer = await postBid(bid);
      body = await answer.json();
    }
    answer.ok ? bidStands(bid, body, raises) : bidRefused(body);
  } catch {
    if (bidForm()) showErrors({ "": words("refused_broken") });
  } finally {
    pending(false);
  }
}

/** Retries with the same key when the network fails, so that the bid counts once however often it arrives. */
async function postBid(bid) {
  const key = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  for (let attempt = 1; ; attempt++) {
    try {
      return await fetch(`${base}/api/v1/listings/${listingPage.dataset.listing}/bids`, {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": key },
        body: JSON.stringify(bid),
        signal: AbortSignal.timeout(8000),
      });
    } catch (error) {
      if (attempt === 3) throw error;
      await new Promise((done) => setTimeout(done, 500 + Math.random() * 1000));
    }
  }
}

function pending(busy) {
  const form = bidForm();
  if (!form) return;
  form.setAttribute("aria-busy", busy);
  const button = one("button[type=submit]", form);
  setText(button, words(busy ? "sending" : leads() ? "raise" : "bid"));
  const isOpen = one("[data-state]", listingPage).dataset.state === "open";
  all("[data-turn] button", listingPage).forEach((b) => (b.disabled = busy || !isOpen));
}

function bidStands(bid, answer, raises) {
  const form = bidForm();
  answered.seq = answer.bid.seq;
  answered.n_bids = answer.listing?.n_bids ?? answer.bid.seq;
  if (answer.cursor > stream.last && answer.listing) setStanding(listingPage, answer.listing);
  showReceipt(answer.bid);
  if (!form) return;
  showErrors({});
  form.elements.max.removeAttribute("data-touched");
  form.elements.message.value = "";
  drawOffers();
  if (!answer.leading) {
    one("[data-turn-said]").className = "turn-said leads";
    return nowOutbid(answer.listing?.price, "outbid_at_once");
  }
  // If the stream is ahead of this answer, someone may have outbid it already: then the stream has said so. It may
  // also be ahead only because of this bid itself, with the funds held for it.
  if (answer.cursor >= stream.last || one("[data-turn-said].leads")) nowLeading(answer.bid.max ?? bid.max ?? bid.amount);
  say(raises ? words("raised", { max: money(bid.max) }) : words("accepted", { amount: money(answer.bid.amount) }));
}

function bidRefused(problem) {
  const form = bidForm();
  if (!form) return;
  if (problem.code === "unauthenticated") return location.assign(`${base}/login?next=${encodeURIComponent(page.here)}`);
  // A bid that came while this answer was on its way is on the page already: the sentence is of the price as it is now.
  const minimum = problem.minimum == null ? null : Math.max(problem.minimum, Number(one("[data-minimum]", listingPage).dataset.minimum));
  const figures = {
    minimum: minimum === null ? "" : money(minimum),
    available: problem.available == null ? "" : money(problem.available),
    at: problem.opens_at ? fullTime(Date.parse(problem.opens_at)) : "",
  };
  const sentence = words(`refused_${problem.reason ?? problem.code}`, figures) || problem.detail || problem.title || words("refused_broken");
  if (minimum !== null) {
    setFigure(listingPage, "minimum", minimum);
    form.elements.max.removeAttribute("data-touched");
    form.dataset.refusedAt = minimum;
    drawOffers();
  } else delete form.dataset.refusedAt;
  showErrors({ ...(problem.fields ?? {}), amount: problem.fields?.amount ?? sentence });
  if (["listing_closed", "terms_not_accepted"].includes(problem.code)) refreshSoon(".panel");
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  // A guest's form goes to the server, which leads through the log-in and back.
  if (!form.matches("form[data-bid], form[data-quick]") || !bidForm() || !me) return;
  event.preventDefault();
  askThenBid(form.matches("[data-quick]") ? form.elements : null);
});
