// A real OpenID Connect provider on a free port of this machine, with people of its own. Its log-in page takes any password.

import { once } from "node:events";
import { createServer } from "node:http";
import Provider from "oidc-provider";

/** By the name that they log in with. */
const PEOPLE = {
  bob: { name: "Bob Robertson", email: "bob.robertson@example.org", email_verified: true },
  ann: { name: "Ann of the club", email: "ann@example.org", email_verified: true },
  mallory: { name: "Mallory", email: "cleo@example.org", email_verified: false },
};

export const CLIENT = { id: "auction", secret: "hush: a secret/with signs" };

/** Opens a provider that sends people back to `back`; its issuer, and how to end it. */
export async function openProvider(back) {
  const server = createServer();
  server.listen(0, "localhost");
  await once(server, "listening");
  const issuer = `http://localhost:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [back], response_types: ["code"], grant_types: ["authorization_code"] }],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...PEOPLE[id] }) }),
    cookies: { keys: ["of this test alone"] },
  });
  server.on("request", provider.callback());
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { issuer, close };
}
