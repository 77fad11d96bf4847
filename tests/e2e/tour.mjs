// SPDX-License-Identifier: Apache-2.0
// A tour of every page of every journey, in a city that has been lived in: bills, fines, a tank
// being filled, payments that stand in each way. A new page is one line in STOPS.
//
// A stop is a path below the language, or a function that leads a visitor there by pressing and
// typing. who: somebody else than the owner of an account. status: of the page, when it is not 200.
import { MARIAM, owner, WATER, line } from './city.mjs';
import { newVisitor, webCity } from './browser.mjs';
import { FINES, loadFines, MARIAM_FILE, PLATE, query } from './fines.mjs';
import { PUMP, Station } from './fuel.mjs';
import { CARD } from './world.mjs';

const BILLS = `/${WATER}/bills?account=${MARIAM.bills}`;
const stranger = { who: 'stranger' };

/** Every agency there is; Mariam's accounts linked, and payments of hers in every state. */
export async function livedIn(t) {
  const many = { sends_per_number: 1_000, sends_per_address: 1_000_000 };
  const world = await webCity(t, { sign_in: many });
  await Promise.all([world.loadFuel(), loadFines(world)]);
  const { token, bills } = await owner(world);
  await world.linkAccount(token, FINES, MARIAM_FILE.file, MARIAM.phone);
  world.tour = { bill: bills[0].id, token };

  const captured = await world.startPayment([line(bills[0])], { token });
  await world.giveCard(captured, CARD.pays);
  const paid = await world.settled(captured.payment, { token });
  const given = await world.startPayment([line(bills[1])], { token });
  await world.post(`/v1/payments/${given.payment}/cancel`, {}, { token });
  const open = await world.startPayment([line(bills[2] ?? bills[1])], { token });
  Object.assign(world.tour, {
    next: (bills[2] ?? bills[1]).id, captured: paid.payment, given: given.payment, open: open.payment,
    number: paid.receipt, code: paid.receipt_code,
    fine: await anyFine(world, token), fill: await aFill(world, token),
  });
  world.tour.cookies = await signedIn(world);
  return world;
}

/** The cookies of a browser that Mariam is signed in with. */
async function signedIn(world) {
  const mariam = await newVisitor(world);
  await mariam.tab();
  await mariam.go('/sign-in?next=/account');
  await mariam.signsIn();
  await mariam.sees(mariam.words.account);
  const cookies = await mariam.context.cookies();
  await mariam.finish();
  return cookies;
}

async function anyFine(world, token) {
  const { json } = await world.get(`/v1/${FINES}/mine`, { token });
  const [item] = json.items ?? json.sections.flatMap(({ items }) => items ?? []);
  return item.id;
}

// The nozzle stays where it is and the pump waits for it, so that the page of the fill goes on being
// one that changes, and no page about that pump changes on the way.
async function aFill(world, token) {
  const station = Object.assign(new Station(), { world, token });
  await station.drives({ lift_ms: 3_600_000, start_within_ms: 3_600_000 });
  const { item } = await station.begins();
  return item.id;
}

const sends = (...fields) => async (visitor) => {
  for (const [label, text] of fields) await visitor.types(label, text);
  await visitor.page.locator('main form button:not([type=button])').last().click();
};

async function asksForACode(visitor) {
  await visitor.go('/sign-in');
  await sends([visitor.words.phone, MARIAM.phone])(visitor);
  await visitor.sees(visitor.words.enterCode);
}

async function sendsAnOldForm(visitor) {
  await visitor.go('/sign-in');
  await visitor.page.context().clearCookies({ name: '__Host-visit' });
  await sends([visitor.words.phone, MARIAM.phone])(visitor);
}

async function asksTooOften(visitor) {
  for (let i = 0; i < 12; i++) {
    const reply = await visitor.page.goto(`${visitor.world.url}/${visitor.language}/${FINES}/licence?licence=1`);
    if (reply.status() === 429) return;
  }
}

/** name -> {at: path, or a function of the city that makes it; open: instead of a path} */
export const STOPS = {
  follow: { at: ({ fill }) => `/fuel/follow?item=${fill}` },
  home: { at: '/', ...stranger },
  search: { at: '/search', ...stranger },
  'search-found': { at: '/search?q=a', ...stranger },
  'search-nothing': { at: '/search?q=zzzz', ...stranger },
  services: { at: '/services', ...stranger },
  category: { at: '/services/utilities', ...stranger },
  agencies: { at: '/agencies', ...stranger },
  status: { at: '/status', ...stranger },
  service: { at: `/${WATER}`, ...stranger },
  'service-pharmacies': { at: '/pharmacies', ...stranger },
  form: { at: `/${WATER}/bills`, ...stranger },
  'form-mistakes': { at: `/${WATER}/bills?account=12`, status: 422, ...stranger },
  'bills-stranger': { at: BILLS, ...stranger },
  places: { at: '/pharmacies/find?kind=pharmacy', ...stranger },
  'places-nothing': { at: '/pharmacies/find?kind=hospital&speciality=none', status: 422, ...stranger },
  stations: { at: '/fuel/stations', ...stranger },
  prices: { at: '/fuel/prices', ...stranger },
  pump: { at: `/fuel/pump?code=${PUMP}`, ...stranger },
  'fines-form': { at: `/${FINES}/plate`, ...stranger },
  'fines-plate': { at: `/${FINES}/plate?${query(PLATE)}`, ...stranger },
  'sign-in': { at: '/sign-in', ...stranger },
  'sign-in-mistake': {
    open: async (visitor) => { await visitor.go('/sign-in'); await sends([visitor.words.phone, '12'])(visitor); },
    status: 422, ...stranger,
  },
  code: { open: asksForACode, ...stranger },
  'code-wrong': {
    open: async (visitor) => { await asksForACode(visitor); await sends([visitor.words.code, '12'])(visitor); },
    status: 422, ...stranger,
  },
  verify: { at: '/verify', ...stranger },
  'verify-found': { at: ({ number, code }) => `/verify?number=${number}&code=${code}`, ...stranger },
  'verify-unknown': { at: ({ number }) => `/verify?number=${number}&code=2222222222`, status: 404, ...stranger },
  offline: { at: '/offline', ...stranger },
  help: { at: '/help', ...stranger },
  accessibility: { at: '/accessibility', ...stranger },
  'not-here': { at: '/nothing-here', status: 404, ...stranger },
  'too-often': { open: asksTooOften, status: 429, ...stranger },
  'old-form': { open: sendsAnOldForm, status: 403, ...stranger },

  'home-due': { at: '/' },
  account: { at: '/account' },
  links: { at: '/account/links' },
  payments: { at: '/account/payments' },
  wallet: { at: '/account/wallet' },
  cards: { at: '/account/cards' },
  automatic: { at: '/account/automatic' },
  profile: { at: '/account/profile' },
  number: { at: '/account/number' },
  devices: { at: '/account/devices' },
  delete: { at: '/account/delete' },
  activity: { at: '/activity' },
  'activity-found': { at: '/activity?q=sign' },
  inbox: { at: '/inbox' },
  'service-linked': { at: `/${WATER}` },
  'link-form': { at: `/${WATER}/link` },
  bills: { at: BILLS },
  bill: {
    open: async (visitor) => { await visitor.go(BILLS); await visitor.follows(visitor.words.bill); await visitor.sees(visitor.words.bill); },
  },
  fines: { at: `/${FINES}/mine` },
  fine: { at: ({ fine }) => `/${FINES}/fine?number=${fine}` },
  dispute: { at: ({ fine }) => `/${FINES}/dispute?number=${fine}` },
  'fuel-form': { at: '/fuel/order?code=MRN-02' },
  'review-nothing': { at: '/pay' },
  review: { at: ({ next }) => `/pay?item=${encodeURIComponent(`instance=${WATER}&item=${next}`)}` },
  'review-paid': { at: ({ bill }) => `/pay?item=${encodeURIComponent(`instance=${WATER}&item=${bill}`)}` },
  'payment-done': { at: ({ captured }) => `/payments/${captured}` },
  'payment-given-up': { at: ({ given }) => `/payments/${given}` },
  'payment-open': { at: ({ open }) => `/payments/${open}` },
  receipt: { at: ({ captured }) => `/payments/${captured}/receipt` },
  down: {
    open: async (visitor) => {
      await visitor.world.fault('utility', 'down');
      await visitor.go(BILLS);
      await visitor.world.fault('utility', 'none');
    },
    status: 502, alone: true,
  },
};

/** Two visitors that see the same city: somebody new to it, and the owner of the accounts. */
export async function tourists(world, options) {
  const stranger = await newVisitor(world, options), mariam = await newVisitor(world, options);
  await mariam.context.addCookies(world.tour.cookies);
  await stranger.tab();
  await mariam.tab();
  return { stranger, owner: mariam };
}

/** Leads there; {visitor, page, reply}, the reply being that of the page that is shown. */
export async function visitStop(world, both, stop) {
  const visitor = both[stop.who ?? 'owner'];
  const { page } = visitor;
  let reply;
  const remember = (response) => {
    const request = response.request();
    if (request.isNavigationRequest() && response.frame() === page.mainFrame()) reply = response;
  };
  page.on('response', remember);
  try {
    if (stop.open) await stop.open(visitor);
    else await visitor.go(typeof stop.at === 'function' ? stop.at(world.tour) : stop.at);
    await page.waitForLoadState();
  } finally {
    page.off('response', remember);
  }
  return { visitor, page, reply };
}
