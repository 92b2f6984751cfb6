// A push service and the browsers behind it: decrypts each push with http_ece, checks the house's signature with Node's own
// cryptography, and remembers both. Ends when its standard input does.

import { createECDH, createPublicKey, randomBytes, verify } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";

const ece = createRequire(new URL("../browser/package.json", import.meta.url))("http_ece");
const browsers = new Map();
const received = [];
let status = 201;
let location;

/** A browser that may be subscribed, as its Push API would write it. */
function open() {
  const keys = createECDH("prime256v1");
  const [p256dh, auth] = [keys.generateKeys("base64url"), randomBytes(16)];
  const path = `/push/${randomBytes(12).toString("base64url")}`;
  browsers.set(path, { keys, auth });
  const endpoint = `http://127.0.0.1:${server.address().port}${path}`;
  return { endpoint, keys: { p256dh, auth: auth.toString("base64url") } };
}

/** The claims of a token that is signed by the key beside it. */
function claims(authorization) {
  const [, token, key] = /^vapid t=([^,]+), ?k=(\S+)$/.exec(authorization ?? "") ?? [];
  if (!token) return null;
  const point = Buffer.from(key, "base64url");
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString("base64url"));
  const publicKey = createPublicKey({ key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" });
  const [head, body, signature] = token.split(".");
  const signed = { key: publicKey, dsaEncoding: "ieee-p1363" };
  const isGood = verify("sha256", Buffer.from(`${head}.${body}`), signed, Buffer.from(signature, "base64url"));
  const read = (part) => JSON.parse(Buffer.from(part, "base64url"));
  return { isGood, key, head: read(head), ...read(body) };
}

function take(path, headers, body) {
  const browser = browsers.get(path);
  const params = { version: "aes128gcm", privateKey: browser?.keys, authSecret: browser?.auth.toString("base64url") };
  const payload = browser && JSON.parse(ece.decrypt(body, params));
  received.push({ path, headers, n_bytes: body.length, payload, vapid: claims(headers.authorization) });
}

const control = {
  "POST /browsers": open,
  "GET /received": () => received,
  "POST /answer": (asked) => ({ status, location } = JSON.parse(asked)),
};

const server = createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  const controlled = control[`${request.method} ${request.url}`];
  if (controlled) return response.end(JSON.stringify(controlled(body) ?? {}));
  try {
    take(request.url, request.headers, body);
    response.writeHead(status, location && { location });
  } catch (error) {
    received.push({ path: request.url, error: String(error) });
    response.writeHead(500);
  }
  response.end();
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.on("end", () => process.exit()).resume();
