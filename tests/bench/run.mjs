// SPDX-License-Identifier: Apache-2.0
// ./dev bench [NAME …]: each figure, or those of a group, against a peer in the same run, in turns, as the median of the
// rounds' ratios. Prints a line a figure and writes build/bench.json:
// name -> {"value", "unit", "aim", "met"}.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { runnerMemory, runnerStart, throughputOfMany } from "./cost.mjs";
import { frontLcp, frontScore } from "./front.mjs";
import { fullAgainstEmpty, hotAgainstSpread, latency, ledger, payments } from "./money.mjs";
import { answers, finish, folder, freePort, host, KILOBYTE, median, pause, rounds, say, start, stopAll, top, wrk } from "./stage.mjs";
import { swapErrors, swapTime, upgradeErrors } from "./swap.mjs";
import { homePages, search } from "./web.mjs";

// What the gateway answers from the plugin, against a peer that answers the same bytes.
async function against(peer) {
    const { url } = await host();
    const { text } = await answers(url + KILOBYTE);
    const port = await freePort();
    await peer(port, text);
    const other = `http://127.0.0.1:${port}`;
    if ((await answers(other + KILOBYTE)).text !== text) throw new Error("the peer answers other bytes");
    wrk(url + KILOBYTE); // warm both
    wrk(other + KILOBYTE);
    const ratios = [];
    for (let i = 0; i < rounds; i++) {
        const ours = wrk(url + KILOBYTE), theirs = wrk(other + KILOBYTE);
        ratios.push(ours / theirs);
        say(`${Math.round(ours)} against ${Math.round(theirs)} requests/s`);
    }
    return { value: median(ratios) };
}

function nginx(port, text) {
    const home = join(folder, "nginx");
    mkdirSync(home);
    const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${home}/${name};`).join(" ");
    writeFileSync(join(home, "nginx.conf"), `daemon off; worker_processes auto; pid ${home}/pid; error_log ${home}/error.log;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000000; ${paths}
  server { listen 127.0.0.1:${port} reuseport;
    location / { default_type application/json; add_header cache-control no-store; return 200 '${text}'; } } }\n`);
    start("nginx", ["-e", join(home, "error.log"), "-c", join(home, "nginx.conf")]);
}

function fastify(port, text) {
    start("node", [join(top, "tests/bench/fastify.mjs"), String(port), text]);
}

// aim: at least that, or, for what is to be small, at most.
const figures = {
    gateway_vs_nginx: { group: "gateway", aim: 1, measure: () => against(nginx) },
    gateway_vs_fastify: { group: "gateway", aim: 2, measure: () => against(fastify) },
    payments_vs_pgbench: { group: "payments", aim: 4, measure: payments },
    payments_full_vs_empty: { group: "payments", aim: 0.9, measure: fullAgainstEmpty },
    payments_hot_vs_spread: { group: "payments", aim: 0.9, measure: hotAgainstSpread },
    payment_p99_ms: { group: "payments", unit: "ms", measure: latency },
    ledger_vs_pgbench: { group: "ledger", aim: 10, measure: ledger },
    runner_start_ms: { group: "cost", unit: "ms", most: 10, measure: runnerStart },
    runner_pss_mb: { group: "cost", unit: "MB", most: 2, measure: runnerMemory },
    throughput_116_vs_1: { group: "cost", aim: 0.95, measure: throughputOfMany },
    front_performance: { group: "front", unit: "of 100", aim: 100, measure: () => frontScore("performance") },
    front_accessibility: { group: "front", unit: "of 100", aim: 100, measure: () => frontScore("accessibility") },
    front_best_practices: { group: "front", unit: "of 100", aim: 100, measure: () => frontScore("best-practices") },
    front_lcp_s: { group: "front", unit: "s", most: 1.4, measure: frontLcp },
    search_p99_ms: { group: "web", unit: "ms", most: 5, measure: search },
    pages_per_second: { group: "web", unit: "pages/s", aim: 10000, measure: homePages },
    swap_errors: { group: "swap", unit: "requests", most: 0, measure: swapErrors },
    swap_ms: { group: "swap", unit: "ms", measure: swapTime },
    upgrade_errors: { group: "swap", unit: "requests", most: 0, measure: upgradeErrors },
};

// What a figure is held to, and whether it is: in words, and for the file.
function judge({ aim, most }, value) {
    if (aim !== undefined) return { aim, met: value >= aim };
    return most === undefined ? {} : { aim: most, met: value <= most };
}

const wanted = process.argv.slice(2);
const isWanted = (name) => !wanted.length || wanted.includes(name) || wanted.includes(figures[name].group);
for (const name of wanted)
    if (!Object.entries(figures).some(([figure, { group }]) => name === figure || name === group)) {
        const groups = new Set(Object.values(figures).map(({ group }) => group));
        process.stderr.write(`dev bench: there is no figure "${name}"; there are ${[...Object.keys(figures), ...groups].join(", ")}\n`);
        process.exit(2);
    }
const file = join(top, "build/bench.json");
const results = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
let failed = false;
for (const [name, figure] of Object.entries(figures)) {
    if (!isWanted(name)) continue;
    try {
        const measured = await figure.measure();
        for (const key of Object.keys(measured)) measured[key] = Number(measured[key].toFixed(2));
        const { aim, met } = judge(figure, measured.value), unit = figure.unit ?? "ratio";
        results[name] = { ...measured, unit, aim, met };
        const verdict = aim === undefined ? "" : `, aim ${aim}: ${met ? "met" : "not met"}`;
        process.stdout.write(`${name} ${measured.value} ${unit}${verdict}\n`);
    } catch (error) {
        failed = true;
        process.stderr.write(`${name}: ${error.message}\n`);
    }
    await stopAll();
    await pause(1000);
}
writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
finish();
process.exit(failed ? 1 : 0);
