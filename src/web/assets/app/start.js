// Starts everything.

syncClock();
tick();
showSound();

drawToasts();

// A guest's page that shows nothing live opens no stream.
const listens = isLive || me;

if (listens) {
  connect();
  setInterval(watchWay, 1000);
  addEventListener("pagehide", disconnect);
  addEventListener("online", syncClock);
  document.addEventListener("visibilitychange", () => {
    stream.way?.seen(!document.hidden);
    if (!document.hidden) wake();
  });
}
addEventListener("pageshow", ({ persisted }) => persisted && ifAnotherPerson(() => (listens ? wake() : syncClock())));
