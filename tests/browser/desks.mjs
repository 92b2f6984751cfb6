// The desk of a sale for the tests: passes, guests with numbers, and a visitor who holds a pass.

import { Visitor } from "./visitor.mjs";

/** A browser that has opened the link of a new pass. */
export async function holdPass(browser, house, { name, sale, may, ...options }) {
  const { code } = house.auction("desk", "open", name, "--sale", sale, "--may", may);
  const visitor = await Visitor.come(browser, house, options);
  await visitor.page.goto(`${house.base}/desk/open?code=${code}`);
  await Promise.all([visitor.page.waitForURL((address) => address.pathname === "/desk"), visitor.page.click("form button[type=submit]")]);
  return visitor;
}

/** A program with a pass: `call(method, path, body)` below `/api/v1/desk/`. */
export async function programWithPass(house, name, sale, may) {
  const { code } = house.auction("desk", "open", name, "--sale", sale, "--may", may);
  const { token } = await house.call("POST", "/api/v1/desk/sessions", null, { code });
  let n = 0;
  return async (method, path, body) => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${token}`, "idempotency-key": `${encodeURIComponent(name)}-${++n}` };
    const answer = await fetch(`${house.base}/api/v1/desk/${path}`, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  };
}
