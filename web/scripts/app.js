// SPDX-License-Identifier: Apache-2.0
// What a page can do better with JavaScript; every page works without it.

// Near me: asks the browser only when tapped, fills the form's coordinate and sends it.
for (const button of document.querySelectorAll("[data-locate]")) {
    const { form } = button;
    if (!("geolocation" in navigator) || !form) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
        const failed = document.querySelector("[data-locate-failed]");
        button.disabled = true;
        navigator.geolocation.getCurrentPosition(
            ({ coords }) => {
                form.querySelector("[data-latitude]").value = coords.latitude.toFixed(5);
                form.querySelector("[data-longitude]").value = coords.longitude.toFixed(5);
                form.requestSubmit();
            },
            () => {
                button.disabled = false;
                if (failed) failed.hidden = false;
            },
            { maximumAge: 60000, timeout: 10000 },
        );
    });
}

// A filter applies when it is changed; empty fields stay out of the address.
for (const form of document.querySelectorAll("form[data-refine]")) {
    form.addEventListener("change", (event) => {
        if (event.target.matches("select, input[type=radio], input[type=checkbox]"))
            form.requestSubmit();
    });
    form.addEventListener("submit", () => {
        for (const field of form.elements)
            if (field.name && !field.value) field.disabled = true;
    });
}

// Pressing "pay" twice sends it once; coming back with the back button allows it again.
for (const form of document.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", (event) => {
        if (form.dataset.sent) event.preventDefault();
        form.dataset.sent = "yes";
    });
}
window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form")) {
        delete form.dataset.sent;
        for (const field of form.elements) if (form.hasAttribute("data-refine")) field.disabled = false;
    }
});

for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
}

// What is shared is the address at which anybody can check the receipt.
for (const button of document.querySelectorAll("[data-share]")) {
    if (!navigator.share) break;
    button.hidden = false;
    button.addEventListener("click", () =>
        navigator.share({ title: document.title, url: button.dataset.share }).catch(() => {}));
}

// ---- a page that changes while one looks ----

const REACHED = "a, button, input, select, summary";
const read = (html) => new DOMParser().parseFromString(html, "text/html");
const said = document.createElement("p"); // what has changed is read out
said.className = "hidden";
said.setAttribute("role", "status");

// Without what differs in every copy of the same page.
const content = (main) => main.innerHTML.replace(/(name="csrf" value="|data-made>)[^"<]*/g, "");

function show(html) {
    const next = read(html).querySelector("main"), now = document.querySelector("main");
    if (!next) return;
    if (content(next) === content(now)) {
        const made = now.querySelector("[data-made]");
        if (made) made.textContent = next.querySelector("[data-made]").textContent;
        return;
    }
    const held = now.contains(document.activeElement) && document.activeElement !== now &&
        document.activeElement.textContent;
    now.replaceChildren(...next.childNodes);
    if (next.dataset.check) now.dataset.check = next.dataset.check;
    else delete now.dataset.check;
    if (held !== false)
        ([...now.querySelectorAll(REACHED)].find((one) => one.textContent === held) ?? now).focus();
    said.textContent = now.querySelector("h1")?.textContent ?? "";
}

// The server sends the page's main part anew.
if (document.querySelector("[data-live]") && "EventSource" in window) {
    document.body.append(said);
    const source = new EventSource(`${location.pathname}/stream${location.search}`);
    source.addEventListener("message", ({ data }) => {
        show(data);
        if (!document.querySelector("[data-live]")) source.close();
    });
}

// It is looked for, as often as the page says.
function checkLater() {
    const { check } = document.querySelector("main").dataset;
    if (check) setTimeout(checkNow, check * 1000);
}

async function checkNow() {
    try {
        const reply = await fetch(location.href);
        if (reply.redirected) location.assign(reply.url);
        else if (reply.ok) show(await reply.text());
    } catch { /* no connection: asked again */ }
    checkLater();
}

if (document.querySelector("main[data-check]")) document.body.append(said);
checkLater();

// Mistakes are read out, and the first thing a keyboard reaches.
document.querySelector("[data-focus]")?.focus();

// A chosen amount and a typed one exclude each other.
for (const form of document.querySelectorAll(".pay-choice")) {
    const typed = form.elements.amount;
    form.addEventListener("change", (event) => {
        if (event.target.name === "choice") typed.value = "";
    });
    typed?.addEventListener("input", () => {
        for (const choice of form.querySelectorAll("[name=choice]")) choice.checked = false;
    });
}

// ---- without a connection (worker.js) ----

const workers = window.isSecureContext && navigator.serviceWorker;
if (workers) window.addEventListener("load", () => workers.register("/worker.js").catch(() => {}));

// What makes the page an app is fetched when it is touched, or seen for the second time.
function offerApp() {
    const link = document.createElement("link");
    link.rel = "manifest";
    link.href = `/${document.documentElement.lang}/app.webmanifest`;
    document.head.append(link);
}

if (workers?.controller) offerApp();
else window.addEventListener("pointerdown", offerApp, { once: true });

// The citizen chooses whether pages of their own are kept on this device.
const choice = document.querySelector("[data-keep-here]");
if (choice && workers) {
    const button = choice.querySelector("button"), state = choice.querySelector("[role=status]");
    const tell = async (wanted) => (await workers.ready).active.postMessage({ wanted });
    workers.addEventListener("message", ({ data: { keeps } }) => {
        choice.hidden = false;
        button.setAttribute("aria-pressed", keeps);
        state.textContent = keeps ? state.dataset.on : state.dataset.off;
    });
    button.addEventListener("click", () => tell(button.getAttribute("aria-pressed") !== "true"));
    tell();
}

// The list of what can still be read, newest first, each with the time it was made.
async function listKept(section) {
    const list = section.querySelector("ul"), seen = new Set();
    for (const name of (await caches.keys()).reverse())
        for (const request of (await (await caches.open(name)).keys()).reverse()) {
            const { pathname, search } = new URL(request.url);
            if (!pathname.startsWith(`/${document.documentElement.lang}/`) || seen.has(request.url) ||
                pathname.endsWith("/offline")) continue;
            seen.add(request.url);
            const page = read(await (await caches.match(request, { cacheName: name, ignoreVary: true })).text());
            const item = document.createElement("li"), link = document.createElement("a");
            const time = document.createElement("p");
            item.className = "item";
            time.className = "soft";
            link.href = pathname + search;
            link.textContent = page.querySelector("h1").textContent;
            time.textContent = page.querySelector("[data-kept]").dataset.kept;
            item.append(link, time);
            list.append(item);
        }
    section.hidden = !list.firstChild;
}

const kept = document.querySelector("[data-kept-pages]");
if (kept && "caches" in window) {
    listKept(kept);
    if (!location.pathname.endsWith("/offline")) document.querySelector("[data-again]").href = location.href;
}
