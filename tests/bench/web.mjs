// SPDX-License-Identifier: Apache-2.0
// What a citizen's question and page cost the host: search over a thousand services, and the home
// page with 116.
import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { build, median, rounds, say, seconds } from "./stage.mjs";

const SERVICES = 1000, SEARCH_ROUNDS = 5, HOME_SERVICES = 116;

const run = (name, ...args) => JSON.parse(execFileSync(join(build, "bin", name), args.map(String), { encoding: "utf8" }));

/** The slowest of a hundred queries in milliseconds; the ratio to SQLite's FTS5 over the same texts. */
export function search() {
    const all = Array.from({ length: rounds }, () => run("bench-search", SERVICES, SEARCH_ROUNDS));
    const one = (name) => median(all.map((result) => result[name]));
    say(`p50 ${one("p50_ms")} ms, p99 ${one("p99_ms")} ms; FTS5 p50 ${one("fts5_p50_ms")} ms, p99 ${one("fts5_p99_ms")} ms; ` +
        `${all[0].documents} documents made in ${one("build_ms")} ms, ${one("megabytes")} MB; ` +
        `answered ${one("found")} of the queries`);
    return { value: one("p99_ms"), peer: one("fts5_p99_ms"), ratio: median(all.map((result) => result.fts5_p99_ms / result.p99_ms)) };
}

/** Home pages a second on one core, before compression. */
export function homePages() {
    const all = Array.from({ length: rounds }, () => run("bench-pages", join(build, "web"), HOME_SERVICES, seconds));
    say(`${all[0].bytes} bytes a page with ${HOME_SERVICES} services; rounds ${all.map((one) => one.pages_per_second).join(", ")}`);
    return { value: median(all.map((one) => one.pages_per_second)) };
}
