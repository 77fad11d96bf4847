// SPDX-License-Identifier: Apache-2.0
// ./dev bench [NAME …]: each figure, or those of a group, against a peer in the same run, in turns, as the median of the
// rounds' ratios. Prints a line a figure and writes build/bench.json:
// name -> {"value", "unit", "aim", "met"}.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { runnerMemory, runnerStart, throughputOfMany } from "./cost.mjs";
import { answers, finish, folder, freePort, host, KILOBYTE, median, pause, rounds, say, seconds, start, stopAll, top, wrk } from "./stage.mjs";
import { swapErrors, swapTime, upgradeErrors } from "./swap.mjs";

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

async function signIn({ url, sandbox }) {
    const post = async (path, body) => (await fetch(url + path, {
        method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
    })).json();
    const { challenge } = await post("/v1/sign-in/code", { phone: "0501234567" });
    const { messages } = await (await fetch(`${sandbox}/sms.json`)).json();
    const { token } = await post("/v1/sign-in", { challenge, code: /\d{6}/.exec(messages[0].text)[0] });
    const { account } = await (await fetch(`${url}/v1/session`, { headers: { authorization: `Bearer ${token}` } })).json();
    return { token, account };
}

const asPostgres = process.getuid() === 0 ? ["runuser", "-u", "postgres", "--"] : [];

function postgres() {
    const versions = existsSync("/usr/lib/postgresql") ? execFileSync("ls", ["/usr/lib/postgresql"], { encoding: "utf8" }).trim().split("\n") : [];
    if (!versions.length) throw new Error("PostgreSQL is not installed");
    const bin = `/usr/lib/postgresql/${versions.at(-1)}/bin`;
    const home = join(folder, "postgres");
    mkdirSync(home);
    execFileSync("chmod", ["755", folder]);
    if (asPostgres.length) execFileSync("chown", ["postgres", home]);
    const run = (name, args) => {
        const [program, ...rest] = [...asPostgres, join(bin, name), ...args];
        return execFileSync(program, rest, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    };
    run("initdb", ["-D", join(home, "data"), "-A", "trust", "--no-sync"]);
    run("pg_ctl", ["-D", join(home, "data"), "-w", "-l", join(home, "log"), "-o", `-k ${home} -c listen_addresses=''`, "start"]);
    run("createdb", ["-h", home, "bench"]);
    run("pgbench", ["-h", home, "-i", "-q", "-s", "50", "bench"]);
    return {
        stop: () => run("pg_ctl", ["-D", join(home, "data"), "-m", "immediate", "stop"]),
        tps: () => Number(/tps = ([\d.]+)/.exec(run("pgbench", ["-h", home, "-M", "prepared", "-c", "16", "-j", "2", "-T", String(seconds * 2), "bench"]))[1]),
    };
}

function counter(city, name) {
    return Number(new RegExp(`^${name} (\\d+)`, "m").exec(city.medina("metrics"))?.[1] ?? NaN);
}

// Payments through the whole API: the clock runs until the last event was taken by the plugin too.
async function payments() {
    const city = await host();
    const { token, account } = await signIn(city);
    city.medina("wallet", "credit", account, "100000000000", "bench");
    const database = postgres();
    try {
        const ratios = [];
        for (let i = 0; i <= rounds; i++) {
            const run = randomBytes(4).toString("hex");
            const began = Date.now();
            const rate = wrk(city.url, ["-s", join(top, "tests/bench/payments.lua"), token, run]);
            const paid = rate * seconds;
            while (counter(city, "medina_outbox_waiting") > 0)
                await pause(20);
            const ours = paid / ((Date.now() - began) / 1000), theirs = database.tps();
            say(`${Math.round(ours)} payments/s (${Math.round(rate)} before the events drained) against ${Math.round(theirs)} transactions/s`);
            if (i > 0) ratios.push(ours / theirs); // the first round warms both
        }
        return { value: median(ratios) };
    } finally {
        database.stop();
    }
}

// aim: at least that, or, for what is to be small, at most.
const figures = {
    gateway_vs_nginx: { group: "gateway", aim: 1, measure: () => against(nginx) },
    gateway_vs_fastify: { group: "gateway", aim: 2, measure: () => against(fastify) },
    payments_vs_pgbench: { group: "payments", aim: 2, measure: payments },
    runner_start_ms: { group: "cost", unit: "ms", most: 10, measure: runnerStart },
    runner_pss_mb: { group: "cost", unit: "MB", most: 2, measure: runnerMemory },
    throughput_116_vs_1: { group: "cost", aim: 0.95, measure: throughputOfMany },
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
