// Starts everything.

syncClock();
tick();
showSound();

const isLive = listingPage || board || ["home", "account", "sale"].some((kind) => document.body.classList.contains(kind));

if (isLive) {
  connect();
  setInterval(watchWay, 1000);
  addEventListener("pagehide", disconnect);
  addEventListener("online", syncClock);
  document.addEventListener("visibilitychange", () => {
    stream.way?.seen(!document.hidden);
    if (!document.hidden) wake();
  });
}
addEventListener("pageshow", ({ persisted }) => persisted && ifAnotherPerson(() => (isLive ? wake() : syncClock())));
