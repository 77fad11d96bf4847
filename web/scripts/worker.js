// SPDX-License-Identifier: Apache-2.0
// The service worker. Assets come from the cache (their names change with their content), pages from
// the network; without one, what was kept of them, each marked with the time it was made, or else a
// page that says so. What may be kept is the server's to say (medina-keep: public, personal), and a
// page of a payment never is. Pages of one's own are kept in a cache of their own, which exists only
// when the citizen has chosen so on this device, and goes with the session (medina-session: the
// second it ends, or none).
//
// Every version has one cache, of assets and of the pages that need them; the one before it stays,
// so that what is open and what was kept goes on working.
const ASSETS = __ASSETS__;
const CACHE = "city-__VERSION__";
const PERSONAL = "personal";
const MOST = 60; // pages kept of either kind
const LATEST = { ignoreVary: true };
const SHELL = ["/en/offline", "/ar/offline"];

let wipes = 0; // a page that was asked for before the latest is not kept after it

async function wipe() {
    wipes++;
    await caches.delete(PERSONAL);
}

self.addEventListener("install", (event) => {
    const pages = SHELL.map((page) => new Request(page, { credentials: "omit" }));
    event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([...ASSETS, ...pages])));
    self.skipWaiting();
});

self.addEventListener("activate", (event) => {
    event.waitUntil(caches.keys().then((names) => {
        const old = names.filter((name) => name !== CACHE && name !== PERSONAL).slice(0, -1);
        return Promise.all(old.map((name) => caches.delete(name)));
    }));
});

// The newest copy there is.
async function find(request) {
    for (const name of (await caches.keys()).reverse()) {
        const found = await (await caches.open(name)).match(request, LATEST);
        if (found) return found;
    }
    return null;
}

// Marked as what it is: the line with its time is part of the page, and hidden until now.
async function marked(kept) {
    const headers = new Headers(kept.headers);
    headers.delete("content-encoding");
    headers.delete("content-length");
    const text = (await kept.text()).replace(/( data-kept="[^"]*") hidden/, "$1");
    return new Response(text, { headers });
}

// A session that is over by the clock is over without a connection too.
async function endSession() {
    if (!await caches.has(PERSONAL)) return;
    const cache = await caches.open(PERSONAL);
    for (const request of await cache.keys()) {
        const until = (await cache.match(request, LATEST)).headers.get("medina-session");
        if (!(Number(until) * 1000 > Date.now())) {
            await wipe();
            return;
        }
    }
}

function isPayment(path) {
    const [, , place, , part] = path.split("/");
    return place === "pay" || (place === "payments" && part !== "receipt");
}

async function withoutNetwork({ url }) {
    const { pathname } = new URL(url);
    await endSession();
    const kept = isPayment(pathname) ? null : await find(url);
    if (kept) return marked(kept);
    return await find(pathname.startsWith("/ar") ? SHELL[1] : SHELL[0]) ?? Response.error();
}

async function put(name, url, response) {
    const cache = await caches.open(name);
    await cache.put(url, response);
    const pages = (await cache.keys()).map((one) => new URL(one.url).pathname + new URL(one.url).search)
        .filter((path) => !ASSETS.includes(path) && !SHELL.includes(path));
    await Promise.all(pages.slice(0, -MOST).map((path) => cache.delete(path, LATEST)));
}

async function keep(url, response, began) {
    const word = response.headers.get("medina-keep");
    if (word === "public") await put(CACHE, url, response);
    if (word !== "personal" || began !== wipes || !await caches.has(PERSONAL)) return;
    await put(PERSONAL, url, response);
    if (began !== wipes) await caches.delete(PERSONAL);
}

async function visit(event) {
    const began = wipes, { url } = event.request;
    let response;
    try {
        response = await fetch(event.request);
    } catch {
        return withoutNetwork(event.request);
    }
    const session = response.headers.get("medina-session");
    if (response.status === 401 || session === "none") await wipe();
    if (response.ok && !isPayment(new URL(url).pathname))
        event.waitUntil(keep(url, response.clone(), session === "none" ? wipes : began));
    return response;
}

async function asset(request) {
    const found = await find(request);
    if (found) return found;
    const response = await fetch(request);
    if (response.ok) await put(CACHE, request.url, response.clone());
    return response;
}

self.addEventListener("fetch", (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (url.origin !== location.origin || request.method !== "GET") return;
    if (url.pathname.startsWith("/assets/")) event.respondWith(asset(request));
    else if (request.mode === "navigate") event.respondWith(visit(event));
});

// The citizen's choice, and whether it is made.
self.addEventListener("message", (event) => {
    const { wanted } = event.data;
    event.waitUntil((async () => {
        if (wanted === true) await caches.open(PERSONAL);
        if (wanted === false) await wipe();
        event.source.postMessage({ keeps: await caches.has(PERSONAL) });
    })());
});
