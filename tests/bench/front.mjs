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

async function look(url, cookies, port) {
    const { default: lighthouse } = await import("lighthouse");
    const extraHeaders = cookies ? { Cookie: cookies } : undefined;
    const { lhr } = await lighthouse(url,
        { port, onlyCategories: CATEGORIES, formFactor: "mobile", extraHeaders, logLevel: "error" });
    const scores = Object.fromEntries(CATEGORIES.map((name) => [name, Math.round(lhr.categories[name].score * 100)]));
    const failed = Object.values(lhr.audits)
        .filter(({ score, scoreDisplayMode }) => score !== null && score < 0.9 && /binary|numeric|metricSavings/.test(scoreDisplayMode))
        .map(({ id }) => id);
    return { url, scores, lcp: lhr.audits["largest-contentful-paint"].numericValue / 1000, failed };
}

async function lookAtAll() {
    process.env.MEDINA_BIN ??= join(build, "bin");
    const { launch } = await import("chrome-launcher");
    const { livedIn } = await import("../e2e/tour.mjs");
    const { closeBrowser } = await import("../e2e/browser.mjs");
    const ending = [], seen = [];
    const world = await livedIn({ after: (end) => ending.push(end) });
    await closeBrowser();
    const chrome = await launch({ chromePath: CHROMIUM, chromeFlags: FLAGS });
    try {
        const owner = world.tour.cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
        for (const [path, who] of pages(world.tour)) {
            const page = await look(world.url + path, who && owner, chrome.port);
            seen.push(page);
            say(`${path.replace(/[0-9a-z]{20,}/, "…")}: ${CATEGORIES.map((name) => `${name} ${page.scores[name]}`).join(", ")}, LCP ${page.lcp.toFixed(2)} s ${page.failed.join(" ")}`);
        }
    } finally {
        chrome.kill();
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
