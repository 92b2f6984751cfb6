// A house in which something of everything happened, and every page of it: for those that look at each.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "./house.mjs";
import { sale } from "./sales.mjs";

const PAYMENT = "Bank transfer to IBAN DE12 5001 0517 0648 4898 90, or cash and cards at the desk until midnight.\n\nPlease pay in a week.\n";
const PICKUP = "Sunday 10:00 to 12:00 in the school gym, entrance on the harbour side.\n\nBring your invoice.\n";
const LONG = "Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüsselbrett 아주긴제목의오래된청자찻사발";

/** Pictures as a seller takes them: a thing on a table, one a colour. */
export async function photos(browser, colours) {
  const page = await browser.newPage({ viewport: { width: 480, height: 360 } });
  const taken = [];
  for (const colour of colours) {
    await page.setContent(`<body style="margin:0;background:linear-gradient(${colour}55 60%,${colour}99 60%)">
      <div style="position:absolute;left:138px;top:54px;width:204px;height:204px;border-radius:50% 50% 42% 42%;
      background:radial-gradient(circle at 35% 30%,#fff8,${colour} 55%,#0009);box-shadow:0 36px 24px -12px #0007"></div>`);
    taken.push(await page.screenshot({ type: "jpeg" }));
  }
  await page.close();
  return taken;
}

/** One as a phone held upright takes it: a bust, its head in the upper third. */
export async function portrait(browser) {
  const page = await browser.newPage({ viewport: { width: 900, height: 1200 } });
  await page.setContent(`<body style="margin:0;height:1200px;overflow:hidden;background:linear-gradient(#a3b8d0,#d8c2a0)">
    <div style="position:absolute;left:320px;top:150px;width:260px;height:330px;border-radius:50%;background:#cfa27c"></div>
    <div style="position:absolute;left:190px;top:500px;width:520px;height:900px;border-radius:40%;background:#3f6a98"></div>`);
  const taken = await page.screenshot({ type: "jpeg" });
  await page.close();
  return taken;
}

/** Lists with pictures, as a program does. */
export async function listWithPictures(house, pictures, terms) {
  const form = new FormData();
  for (const [name, value] of Object.entries({ closes_in_s: 7200, opening: 10_000, ...terms })) form.append(name, value);
  for (const picture of pictures) form.append("picture", new Blob([picture]), "photo.jpg");
  const headers = { authorization: `Bearer ${house.tokens.Ann}` };
  const answer = await fetch(`${house.base}/api/v1/listings`, { method: "POST", headers, body: form });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

/**
 * Fills the house. Every page as `{name, who, path, act}`: `who` looks (null: a guest), and `act` leads on from `path` to a page
 * that has no address of its own.
 */
export async function livedIn(house, browser) {
  house.auction("house", "set", "name", "Harbour School Charity Night");
  house.auction("house", "set", "premium_bps", "1000");
  house.auction("house", "set", "commission_bps", "500");
  // Cleo buys on credit.
  house.auction("account", "limit", "cleo@example.org", "10000000");
  house.auction("account", "debit", "cleo@example.org", "10000000", "--why", "Paid out at the desk");
  const [green, red, brown, blue] = await photos(browser, ["#7fa58a", "#b0483c", "#8a6238", "#3f6a98"]);
  const ended = await listWithPictures(house, [brown], { title: "Walnut radio, 1958", category: "Curiosities", closes_in_s: 10 });
  // At once, for it ends soon.
  await house.bid("Bob", ended.id, 10_000);
  await house.bid("Cleo", ended.id, 24_000, "For the reading corner");
  const unsold = await house.list({ title: "Box of 40 comic books", category: "Books", closes_in_s: 5 });
  const cancelled = await house.list({ title: "A cracked jug", category: "For the home", closes_in_s: 600 });
  const bowl = await listWithPictures(house, [green, red, brown, blue], {
    title: "Celadon tea bowl, crackled glaze", category: "For the home", reserve: 90_000,
    description: "Goryeo style, twentieth century.\nA hair line at the foot; it holds water.",
    soft_close: JSON.stringify({ window_s: 60, extension_s: 60, cap_s: 1800 }),
  });
  const fresh = await listWithPictures(house, [blue], { title: "Folding bicycle", category: "Outdoors", buy_now: 900_000 });
  const dear = await listWithPictures(house, [brown], { title: "Grand piano", opening: 50_000_000 });
  const long = await house.list({ title: LONG, description: `${"wide ".repeat(60)}\n${"x".repeat(300)}`, closes_in_s: 86_400 * 3 });
  await listWithPictures(house, [red], { title: "차 한 잔과 이야기가 있는 저녁", category: "나들이", description: "네 사람의 저녁 식사.", closes_in_s: 5400 });
  const bust = await listWithPictures(house, [await portrait(browser)], { title: "Bust of a founder", category: "Art", closes_in_s: 86_400 * 2 });
  const bare = await house.list({ title: "Atlas of the world, 1904", category: "Books and maps", closes_in_s: 86_400 * 2 });
  await house.bid("Bob", long.id, 10_000, "m".repeat(200));
  await house.bid("Cleo", long.id, 11_000, "안녕하세요, 잘 부탁드립니다");
  const rounds = ["It would look well on the shelf at home", "", "할머니 것과 똑같네요", "", "One more", ""];
  for (const [i, message] of rounds.entries()) await house.bid(i % 2 ? "Cleo" : "Bob", bowl.id, 12_000 + i * 4_000, message);
  house.auction("listing", "cancel", String(cancelled.id), "--why", "It fell off the table. 떨어져서 깨졌습니다.");
  for (const { id } of [ended, unsold]) {
    await until("it is settled", async () => (await house.call("GET", `/api/v1/listings/${id}`)).outcome);
  }
  const titles = ["Brass desk lamp", "Oak stool", LONG, "차 한 잔과 이야기가 있는 저녁"];
  const lots = await sale(house, "summer", { titles, name: "Summer evening", sections: ["Home", "나들이"], opens_in_s: 3600, closes_in_s: 7200, more: ["--description", "wide ".repeat(60), "--pickup", "In the hall"] });
  const waiting = await sale(house, "spring", { titles, name: "Spring evening", closes_in_s: 7200 });
  await house.bid("Bob", waiting[0], 12_000);
  await house.bid("Cleo", waiting[1], 12_000);
  await house.bid("Bob", waiting[1], 18_000);
  house.auction("sale", "postpone", "spring", "--by", "10m", "--why", "The bus is late. 버스가 늦습니다.");
  house.auction("sale", "pause", "spring", "--why", "Fire alarm. 화재 경보");
  const paid = (...more) => house.auction("account", "credit", "cleo@example.org", "100", ...more);
  const { payment } = paid("--method", "card", "--reference", "x".repeat(80));
  house.auction("bill", "void", String(payment), "--why", "The card was declined. 카드 승인 거절");
  paid("--method", "cash");
  for (const [page, text] of [["payment", PAYMENT], ["pickup", PICKUP]]) {
    const file = join(house.folder, `${page}.md`);
    writeFileSync(file, text);
    house.auction("house", "page", page, file);
  }
  const invoice = (await house.call("GET", `/api/v1/listings/${ended.id}/settlement`)).id;
  const at = (name, who, path, act) => ({ name, who, path, act });
  return [
    at("home", null, "/"),
    at("home-all", null, "/?state=all&sort=newest"),
    at("home-found", null, "/?q=bowl"),
    at("home-bidder", "Bob", "/?state=all"),
    at("home-category", null, "/?category=For+the+home"),
    at("home-nothing-found", null, "/?q=nothing-like-this"),
    at("home-watched-none", null, "/?show=watched"),
    at("listing-guest", null, `/listings/${bowl.id}`),
    at("listing-unsold", null, `/listings/${unsold.id}`),
    at("listing-cancelled", null, `/listings/${cancelled.id}`),
    at("listing-upright", null, `/listings/${bust.id}`),
    at("listing-without-picture", null, `/listings/${bare.id}`),
    at("sheet", null, `/listings/${bowl.id}/sheet`),
    at("proof", null, `/listings/${bowl.id}/proof`),
    at("join", null, "/join"),
    at("join-refused", null, "/join", submitted("form[action='/join']", { name: "Dora", email: "bob@example.org", password: "correct horse" })),
    at("login", null, "/login"),
    at("login-refused", null, "/login", submitted("form[action='/login']", { email: "bob@example.org", password: "not this one" })),
    at("login-number", null, "/login?number=17&sale=spring"),
    at("login-number-refused", null, "/login?sale=spring", submitted("form[aria-labelledby=by-number]", { number: "17", pin: "000000" })),
    at("board", null, "/board"),
    at("board-moment", null, "/board", hammer(bowl.id)),
    at("sale-board", null, "/sales/summer/board"),
    at("sale-board-paused", null, "/sales/spring/board"),
    at("forgotten", null, "/forgotten"),
    at("sales", null, "/sales"),
    at("sale", null, "/sales/summer"),
    at("lot-missing", null, "/sales/summer?lot=Z99"),
    at("lot-upcoming", null, `/listings/${lots[1]}`),
    at("lot-paused", "Cleo", `/listings/${waiting[1]}`),
    at("sale-paused", "Bob", "/sales/spring"),
    at("sale-mine", "Bob", "/sales/spring?mine=1"),
    at("help", null, "/help"),
    at("help-settings", null, "/help/settings"),
    at("missing", null, "/no-such-page"),
    at("home-mine", "Bob", "/?show=mine"),
    at("listing-outbid", "Bob", `/listings/${bowl.id}`),
    at("listing-no-funds", "Bob", `/listings/${dear.id}`),
    at("listing-onlooker", "Bob", `/listings/${fresh.id}`),
    at("bid-confirm", "Bob", `/listings/${bowl.id}`, submitted("form[data-bid]", { max: "80,000", message: "At last" })),
    at("bid-refused", "Bob", `/listings/${bowl.id}`, async (page) => {
      await submitted("form[data-bid]", { max: "a lot", message: "Too low" })(page);
    }),
    at("buy-confirm", "Bob", `/listings/${fresh.id}`, submitted("form[data-buy]", {})),
    at("listing-leading", "Cleo", `/listings/${bowl.id}`),
    at("listing-long", "Cleo", `/listings/${long.id}`),
    at("listing-won", "Cleo", `/listings/${ended.id}`),
    at("account", "Cleo", "/account"),
    ...["pay", "bidding", "selling", "money", "settings"].map((tab) => at(`account-${tab}`, "Cleo", `/account?tab=${tab}`)),
    at("account-outbid", "Bob", "/account?tab=bidding"),
    at("account-pay-none", "Ann", "/account?tab=pay"),
    at("payment", null, "/payment"),
    at("profile", "Cleo", "/account/profile"),
    at("sessions", "Cleo", "/account/sessions"),
    at("password", "Cleo", "/account/password"),
    at("tokens", "Cleo", "/account/tokens"),
    at("close", "Cleo", "/account/close"),
    at("close-refused", "Cleo", "/account/close", submitted("form[action='/account/close']", { password: "correct horse" })),
    at("invoice", "Cleo", `/account/won/${invoice}`),
    at("bills", "Cleo", "/account/bills"),
    at("bill", "Cleo", "/account/bills/outside_sales"),
    at("listing-seller", "Ann", `/listings/${fresh.id}`),
    at("listing-sold", "Ann", `/listings/${ended.id}`),
    at("cancel-confirm", "Ann", `/listings/${fresh.id}`, submitted(".seller-tools", {})),
    at("account-seller", "Ann", "/account?tab=selling"),
    at("new", "Ann", "/listings/new"),
    at("new-preview", "Ann", "/listings/new", drafted("preview", { title: "Map of the harbour, 1904", opening: "25,000" }, [red, green])),
    at("new-refused", "Ann", "/listings/new", drafted("list", { title: "Map of the harbour, 1904", opening: "a lot", reserve: "1" }, [red, green])),
    // The last of Ann's: its pictures never arrive. It grows by what the person has just added.
    { ...at("new-sending", "Ann", "/listings/new", underWay([red, green, brown])), grows: true },
  ];
}

/** As a sale that has just been made is told to a board. */
function hammer(listing) {
  const detail = { listing, number: "A1", title: "Celadon tea bowl, crackled glaze", outcome: "sold", winner: "No. 17", hammer: "₩32,000" };
  return (page) => page.evaluate((told) => document.dispatchEvent(new CustomEvent("hammer", { detail: told })), detail);
}

/** As a browser without scripts sends a form. */
function submitted(form, typed) {
  return async (page) => {
    if (typed.message) await page.click(`${form} .field-message summary`);
    for (const [name, value] of Object.entries(typed)) await page.fill(`${form} [name=${name}]`, value);
    await Promise.all([page.waitForEvent("load"), page.evaluate((at) => document.querySelector(at).submit(), form)]);
  };
}

/** Pictures on their way, one of which is none, and a form that waits for them. */
function underWay(pictures) {
  return async (page) => {
    await page.evaluate(() => sessionStorage.clear());
    await page.reload();
    let n = 0;
    await page.route("**/listings/new/pictures", (route) => (n++ ? null : route.continue()));
    const file = (buffer, name) => ({ name, mimeType: "image/jpeg", buffer });
    await page.setInputFiles("[name=picture]", pictures.map((buffer, i) => file(buffer, `${i}.jpg`)));
    await page.waitForSelector("[data-tile][data-state=sent]");
    await page.fill("#opening", "25000");
    await page.fill("#title", "Map of the harbour, 1904");
    await page.click("#new-listing .go [value=list]");
    await page.waitForSelector("[data-wait] button");
  };
}

function drafted(step, typed, pictures) {
  return async (page) => {
    await page.evaluate(() => document.querySelector("#new-listing details").setAttribute("open", ""));
    for (const [name, value] of Object.entries(typed)) await page.fill(`#new-listing [name=${name}]`, value);
    await page.setInputFiles("[name=picture]", pictures.map((buffer, i) => ({ name: `${i}.jpg`, mimeType: "image/jpeg", buffer })));
    // It goes once the pictures are there.
    await Promise.all([page.waitForEvent("load"), page.evaluate((step) => {
      const form = document.querySelector("#new-listing");
      form.noValidate = true;
      form.requestSubmit(form.querySelector(`.go [value=${step}]`));
    }, step)]);
    await page.waitForSelector("[data-tile] [data-remove]");
  };
}
