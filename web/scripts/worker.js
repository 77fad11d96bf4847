// SPDX-License-Identifier: Apache-2.0
// The service worker: assets from the cache (their names change with their content), pages always
// from the network, and a page of our own when there is none. No page with somebody's data is kept.
const ASSETS = __ASSETS__;
const OFFLINE = ["/en/offline", "/ar/offline"];
const CACHE = `medina-${ASSETS.join().length}-${ASSETS.join().replace(/[^0-9a-f]/g, "").slice(0, 48)}`;

self.addEventListener("install", (event) => {
    event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([...ASSETS, ...OFFLINE])));
    self.skipWaiting();
});

self.addEventListener("activate", (event) => {
    event.waitUntil(caches.keys().then((names) =>
        Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)))));
});

self.addEventListener("fetch", (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (url.origin !== location.origin || request.method !== "GET") return;
    if (url.pathname.startsWith("/assets/"))
        event.respondWith(caches.match(request).then((found) => found ?? fetch(request)));
    else if (request.mode === "navigate")
        event.respondWith(fetch(request).catch(() =>
            caches.match(url.pathname.startsWith("/ar") ? OFFLINE[1] : OFFLINE[0])));
});
