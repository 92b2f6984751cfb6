// Has the browser keep the service worker, once the page is there and nothing else is to be done: it shows pushes, and a
// sentence where there is no connection. Without TLS, and in some private windows, there is none.

function keepWorker() {
  navigator.serviceWorker.register(new URL("../sw.js", import.meta.url)).catch(() => {});
}

if (navigator.serviceWorker) {
  addEventListener("load", () => (globalThis.requestIdleCallback ?? setTimeout)(keepWorker));
}
