// SPDX-License-Identifier: Apache-2.0
// What the benchmarks share: hosts of the release build in a folder of their own, the operator's
// socket, wrk, and the end of everything that was started.
import { execFileSync, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { agencyOf, makeKey, signBytes } from "../tools/minisign.mjs";

export const top = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
export const build = join(top, "build/release");
export const folder = mkdtempSync(join(tmpdir(), "medina-bench-"));
export const rounds = Number(process.env.MEDINA_BENCH_ROUNDS ?? 5);
export const seconds = Number(process.env.MEDINA_BENCH_SECONDS ?? 5);
export const KILOBYTE = "/v1/bench/kilobyte?account=2001234567&months=12";

const children = [];
const keys = Object.fromEntries(["bench", "city-welcome"].map((agency) => [agency, makeKey()]));
const START_MS = 20000;

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));
export const say = (text) => process.stderr.write(`  ${text}\n`);

export function median(values) {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
}

/** Asks again until the answer is truthy. */
export async function until(what, probe, ms = 60000) {
    for (const end = Date.now() + ms; ; await pause(10)) {
        const found = await probe();
        if (found) return found;
        if (Date.now() > end) throw new Error(`waited ${ms} ms in vain: ${what}`);
    }
}

export function freePort() {
    return new Promise((done) => {
        const server = createServer().listen(0, "127.0.0.1", () => {
            const { port } = server.address();
            server.close(() => done(port));
        });
    });
}

// ---- processes ----

export function start(program, args, options = {}) {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"], ...options });
    children.push(child);
    return child;
}

export function line(child, part) {
    return new Promise((done, fail) => {
        const late = setTimeout(() => fail(new Error(`no "${part}" within ${START_MS} ms`)), START_MS);
        child.stdout.on("data", (text) => {
            if (String(text).includes(part)) { clearTimeout(late); done(String(text)); }
        });
        child.on("exit", () => fail(new Error(`ended before "${part}"`)));
    });
}

/** Ends whatever was started, hosts that took over from ours too, and waits for it. */
export async function stopAll() {
    for (const child of children.splice(0)) {
        const gone = new Promise((done) => child.once("exit", done));
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill("SIGTERM");
        await gone;
    }
    await until("every host ends", () => {
        const left = processesOf(folder);
        for (const pid of left) try { process.kill(pid, "SIGTERM"); } catch { /* it has just ended */ }
        return left.length === 0;
    });
}

/** The numbers of the processes of ours with that word in their command line. */
export function processesOf(word) {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
        try {
            const args = readFileSync(`/proc/${pid}/cmdline`, "utf8");
            return args.startsWith(build) && args.includes(word);
        } catch {
            return false;
        }
    });
}

/** What a host holds on to: children, descriptors, files of its own, memory files. */
export function holdings(city) {
    const children = readFileSync(`/proc/${city.pid}/task/${city.pid}/children`, "utf8").trim();
    return {
        descriptors: readdirSync(`/proc/${city.pid}/fd`).length,
        children: children ? children.split(" ").length : 0,
        files: readdirSync(city.data).length,
    };
}

export function finish() {
    if (!process.env.MEDINA_KEEP) rmSync(folder, { recursive: true, force: true });
}

// ---- load ----

export async function answers(url) {
    for (let i = 0; i < 200; i++) {
        try { const reply = await fetch(url); return { status: reply.status, text: await reply.text() }; }
        catch { await pause(50); }
    }
    throw new Error(`${url} does not answer`);
}

/** Requests/s of wrk over that time; none may fail. args: a script and what it is given. */
export function wrk(url, args = [], time = seconds) {
    const [options, script] = args.length ? [args.slice(0, 2), ["--", ...args.slice(2)]] : [[], []];
    const out = execFileSync("wrk", ["-t2", "-c64", `-d${time}s`, ...options, url, ...script], { encoding: "utf8" });
    const { errors, rate } = readWrk(out);
    if (errors) throw new Error(`errors under load:\n${out}`);
    return rate;
}

/** What wrk has printed: requests, how many of them failed, requests/s. */
export function readWrk(out) {
    const number = (pattern) => Number(pattern.exec(out)?.[1] ?? 0);
    const sockets = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(out);
    const broken = sockets ? sockets.slice(1).reduce((sum, count) => sum + Number(count), 0) : 0;
    return {
        requests: number(/(\d+) requests in/),
        errors: broken + number(/Non-2xx or 3xx responses: (\d+)/),
        rate: number(/Requests\/sec:\s+([\d.]+)/),
        out,
    };
}

/** wrk that goes on until stop(), which answers like readWrk. */
export function load(url) {
    const child = start("wrk", ["-t2", "-c64", "-d3600s", url]);
    let out = "";
    child.stdout.on("data", (text) => (out += text));
    const closed = new Promise((done) => child.once("close", done));
    return {
        async stop() {
            child.kill("SIGINT"); // it prints what it has
            await closed;
            return readWrk(out);
        },
    };
}

// ---- hosts ----

/** One request on the operator's socket: the parsed answer. */
export function operator(socketPath, method, path, body) {
    return new Promise((done, fail) => {
        const headers = body ? { "content-type": "application/octet-stream", "content-length": body.length } : {};
        const asked = http.request({ socketPath, method, path, headers }, (reply) => {
            let text = "";
            reply.setEncoding("utf8").on("data", (piece) => (text += piece));
            reply.once("end", () => {
                if (reply.statusCode >= 300) fail(new Error(`${method} ${path}: ${text}`));
                else done(JSON.parse(text));
            });
        });
        asked.once("error", fail);
        asked.end(body);
    });
}

/** A plugin file with that version in its manifest, and its signature: {bytes, signature}. */
export function release(name, version = "1.0.0") {
    const bytes = Buffer.from(readFileSync(join(build, "plugins", `${name}.so`)));
    const mine = '"version": "1.0.0"', its = `"version": "${version}"`;
    if (its.length !== mine.length || bytes.indexOf(mine) < 0) throw new Error(`${name} is not at 1.0.0`);
    bytes.write(its, bytes.indexOf(mine));
    return { bytes, signature: signBytes(bytes, keys[agencyOf(bytes)]) };
}

class City {
    constructor(data, sandbox) {
        Object.assign(this, { data, sandbox });
        this.socket = join(data, "medinad.sock");
    }

    async start() {
        const log = openSync(`${this.data}.log`, "a"); // in the bench's folder: MEDINA_KEEP=1 keeps it
        this.child = start(join(build, "bin/medinad"), ["--config", `${this.data}.json`], { stdio: ["ignore", "pipe", log] });
        closeSync(log);
        this.url = /http:\S+/.exec(await line(this.child, "listens on"))[0];
        this.pid = this.child.pid;
        return this;
    }

    /** Ends the host, lets between(its database) do what it does, and starts it on the same data. */
    async restart(between) {
        const gone = new Promise((done) => this.child.once("exit", done));
        this.child.kill("SIGTERM");
        await gone;
        await between(join(this.data, "medina.db"));
        return this.start();
    }

    ask(method, path, body) {
        return operator(this.socket, method, path, body);
    }

    medina(...args) {
        return execFileSync(join(build, "bin/medina"), ["--socket", this.socket, ...args], { encoding: "utf8" });
    }

    load({ bytes, signature }, instance) {
        const query = new URLSearchParams({ ...(instance && { instance }), signature });
        return this.ask("POST", `/plugins?${query}`, bytes);
    }

    use(instance, version) {
        const query = new URLSearchParams({ version, reason: "benchmark" });
        return this.ask("POST", `/plugins/${instance}/use?${query}`);
    }

    async versions(instance) {
        const { plugins } = await this.ask("GET", "/plugins");
        return plugins.filter((one) => one.instance === instance);
    }
}

/** A city without plugins, for whoever wants others than "bench". config: sections on top. */
export async function bareHost(config = {}) {
    const outside = await freePort();
    const data = join(folder, `host-${outside}`);
    const sandbox = start(join(build, "bin/medina-sandbox"), ["--port", String(outside), "--data", `${data}-sandbox`]);
    await line(sandbox, "listens on");
    const agencies = Object.fromEntries(Object.entries(keys).map(([agency, key]) => [agency, { keys: [key.public] }]));
    const defaults = {
        listen: { port: 0 }, paths: { data }, money: { wallet: true }, sms: { url: `http://127.0.0.1:${outside}/sms` }, agencies,
    };
    writeFileSync(`${data}.json`, JSON.stringify({ ...defaults, ...config }));
    return new City(data, `http://127.0.0.1:${outside}`).start();
}

/** The same with the plugin "bench". */
export async function host(config) {
    const city = await bareHost(config);
    await city.load(release("bench"));
    return city;
}
