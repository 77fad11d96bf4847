// SPDX-License-Identifier: Apache-2.0
// What Lighthouse says of the first-view pages on its mobile profile (a slow phone on slow 4G), in
// Debian's Chromium. There is no peer: the figures are held to the aims alone. The page is plain
// HTTP on the loopback, which Chromium takes for secure, so nothing is said of TLS.
import { join } from "node:path";

import { build, say } from "./stage.mjs";

const CHROMIUM = process.env.MEDINA_CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update"];
const CATEGORIES = ["performance", "accessibility", "best-practices"];

// What is open to all, and what only the owner of the accounts sees.
const pages = ({ captured }) => [["/ar/"], ["/en/"], ["/ar/water-electricity"],
    [`/ar/payments/${captured}`, "owner"], [`/ar/payments/${captured}/receipt`, "owner"]];

// A browser that has seen nothing, with those cookies.
async function withBrowser(cookies, use) {
    const { launch } = await import("chrome-launcher");
    const { chromium } = await import("playwright-core");
    const chrome = await launch({ chromePath: CHROMIUM, chromeFlags: FLAGS });
    try {
        const browser = await chromium.connectOverCDP(`http://127.0.0.1:${chrome.port}`);
        await browser.contexts()[0].addCookies(cookies);
        await browser.close(); // only the connection
        return await use(chrome.port);
    } finally {
        chrome.kill();
    }
}

async function look(url, port) {
    const { default: lighthouse } = await import("lighthouse");
    const { lhr } = await lighthouse(url,
        { port, onlyCategories: CATEGORIES, formFactor: "mobile", disableStorageReset: true, logLevel: "error" });
    if (lhr.finalDisplayedUrl !== url) throw new Error(`${url} led to ${lhr.finalDisplayedUrl}`);
    const scores = Object.fromEntries(CATEGORIES.map((name) => [name, Math.round(lhr.categories[name].score * 100)]));
    return { scores, lcp: lhr.audits["largest-contentful-paint"].numericValue / 1000 };
}

async function lookAtAll() {
    process.env.MEDINA_BIN ??= join(build, "bin");
    const { livedIn } = await import("../e2e/tour.mjs");
    const { closeBrowser } = await import("../e2e/browser.mjs");
    const ending = [], seen = [];
    const world = await livedIn({ after: (end) => ending.push(end) });
    await closeBrowser();
    try {
        for (const [path, who] of pages(world.tour)) {
            const page = await withBrowser(who ? world.tour.cookies : [], (port) => look(world.url + path, port));
            seen.push(page);
            say(`${path.replace(/[0-9a-z]{20,}/, "…")}: ${CATEGORIES.map((name) => `${name} ${page.scores[name]}`).join(", ")}, LCP ${page.lcp.toFixed(2)} s`);
        }
    } finally {
        for (const end of ending) await end();
    }
    return seen;
}

let looking;
const all = () => (looking ??= lookAtAll()); // once for all figures

/** The lowest of the pages' scores. */
export async function frontScore(category) {
    return { value: Math.min(...(await all()).map(({ scores }) => scores[category])) };
}

/** The slowest of the pages' largest contentful paints, in seconds. */
export async function frontLcp() {
    return { value: Math.max(...(await all()).map(({ lcp }) => lcp)) };
}
