// SPDX-License-Identifier: Apache-2.0
// ./dev bench [NAME]: each figure against a peer in the same run, in turns, as the median of the
// rounds' ratios. Prints a line a figure and writes build/bench.json:
// name -> {"value", "unit", "aim", "met"}.
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync, existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { makeKey, signBytes } from "../tools/minisign.mjs";

const top = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const build = join(top, "build/release");
const folder = mkdtempSync(join(tmpdir(), "medina-bench-"));
const rounds = Number(process.env.MEDINA_BENCH_ROUNDS ?? 5);
const seconds = Number(process.env.MEDINA_BENCH_SECONDS ?? 5);
const children = [];
const agencyKey = makeKey();

function freePort() {
    return new Promise((done) => {
        const server = createServer().listen(0, "127.0.0.1", () => {
            const { port } = server.address();
            server.close(() => done(port));
        });
    });
}

function start(program, args, options = {}) {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"], ...options });
    children.push(child);
    return child;
}

function line(child, part) {
    return new Promise((done, fail) => {
        const late = setTimeout(() => fail(new Error(`no "${part}" within 20 s`)), 20000);
        child.stdout.on("data", (text) => {
            if (String(text).includes(part)) { clearTimeout(late); done(String(text)); }
        });
        child.on("exit", () => fail(new Error(`ended before "${part}"`)));
    });
}

async function answers(url) {
    for (let i = 0; i < 200; i++) {
        try { const reply = await fetch(url); return { status: reply.status, text: await reply.text() }; }
        catch { await new Promise((done) => setTimeout(done, 50)); }
    }
    throw new Error(`${url} does not answer`);
}

function wrk(url, args = []) {
    const [options, script] = args.length ? [args.slice(0, 2), ["--", ...args.slice(2)]] : [[], []];
    const out = execFileSync("wrk", ["-t2", "-c64", `-d${seconds}s`, ...options, url, ...script], { encoding: "utf8" });
    if (/Non-2xx|Socket errors/.test(out)) throw new Error(`errors under load:\n${out}`);
    return Number(/Requests\/sec:\s+([\d.]+)/.exec(out)[1]);
}

function median(values) {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
}

async function host() {
    const outside = await freePort();
    const data = join(folder, `host-${outside}`);
    const sandbox = start(join(build, "bin/medina-sandbox"), ["--port", String(outside), "--data", `${data}-sandbox`]);
    await line(sandbox, "listens on");
    writeFileSync(`${data}.json`, JSON.stringify({
        listen: { port: 0 }, paths: { data }, money: { wallet: true }, sms: { url: `http://127.0.0.1:${outside}/sms` },
        agencies: { bench: { keys: [agencyKey.public] } },
    }));
    const child = start(join(build, "bin/medinad"), ["--config", `${data}.json`]);
    const url = /http:\S+/.exec(await line(child, "listens on"))[0];
    const medina = (...args) => execFileSync(join(build, "bin/medina"), ["--socket", join(data, "medinad.sock"), ...args], { encoding: "utf8" });
    const plugin = join(build, "plugins/bench.so");
    writeFileSync(`${data}.minisig`, signBytes(readFileSync(plugin), agencyKey));
    medina("plugin", "load", plugin, "--signature", `${data}.minisig`);
    return { url, medina, sandbox: `http://127.0.0.1:${outside}` };
}

const kilobyte = "/v1/bench/kilobyte?account=2001234567&months=12";

// What the gateway answers from the plugin, against a peer that answers the same bytes.
async function against(peer) {
    const { url } = await host();
    const { text } = await answers(url + kilobyte);
    const port = await freePort();
    await peer(port, text);
    const other = `http://127.0.0.1:${port}`;
    if ((await answers(other + kilobyte)).text !== text) throw new Error("the peer answers other bytes");
    wrk(url + kilobyte); // warm both
    wrk(other + kilobyte);
    const ratios = [];
    for (let i = 0; i < rounds; i++) {
        const ours = wrk(url + kilobyte), theirs = wrk(other + kilobyte);
        ratios.push(ours / theirs);
        process.stderr.write(`  ${Math.round(ours)} against ${Math.round(theirs)} requests/s\n`);
    }
    return median(ratios);
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

function counter(medina, name) {
    return Number(new RegExp(`^${name} (\\d+)`, "m").exec(medina("metrics"))?.[1] ?? NaN);
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
            while (counter(city.medina, "medina_outbox_waiting") > 0)
                await new Promise((done) => setTimeout(done, 20));
            const ours = paid / ((Date.now() - began) / 1000), theirs = database.tps();
            process.stderr.write(`  ${Math.round(ours)} payments/s (${Math.round(rate)} before the events drained) against ${Math.round(theirs)} transactions/s\n`);
            if (i > 0) ratios.push(ours / theirs); // the first round warms both
        }
        return median(ratios);
    } finally {
        database.stop();
    }
}

const figures = {
    gateway_vs_nginx: { aim: 0.8, measure: () => against(nginx) },
    gateway_vs_fastify: { aim: 2, measure: () => against(fastify) },
    payments_vs_pgbench: { aim: 2, measure: payments },
};

function stopAll() {
    for (const child of children.splice(0))
        if (child.exitCode === null) child.kill("SIGTERM");
}

const wanted = process.argv.slice(2);
for (const name of wanted)
    if (!figures[name]) {
        process.stderr.write(`dev bench: there is no figure "${name}"; there are ${Object.keys(figures).join(", ")}\n`);
        process.exit(2);
    }
const file = join(top, "build/bench.json");
const results = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
let failed = false;
for (const [name, { aim, measure }] of Object.entries(figures)) {
    if (wanted.length && !wanted.includes(name)) continue;
    try {
        const value = Number((await measure()).toFixed(2));
        results[name] = { value, unit: "ratio", aim, met: value >= aim };
        process.stdout.write(`${name} ${value} ratio, aim ${aim}: ${value >= aim ? "met" : "not met"}\n`);
    } catch (error) {
        failed = true;
        process.stderr.write(`${name}: ${error.message}\n`);
    }
    stopAll();
    await new Promise((done) => setTimeout(done, 1000));
}
writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
rmSync(folder, { recursive: true, force: true });
process.exit(failed ? 1 : 0);
