// SPDX-License-Identifier: Apache-2.0
// The speed of money: payments through the whole API and transfers inside the host, against
// PostgreSQL and against themselves.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import { fill } from "./fill.mjs";
import { bareHost, build, folder, host, median, pause, release, rounds, say, seconds, top, wrk } from "./stage.mjs";

const PAYMENTS = Number(process.env.MEDINA_BENCH_PAYMENTS ?? 10_000_000);
const KEPT_FILE = process.env.MEDINA_BENCH_FILE;
const WALLETS = 64, INSTANCES = 8, SLICES = 2;
const SPREAD = { sign_in: { sends_per_address: 1_000_000 } };

// ---- PostgreSQL, as Debian sets it up ----

const asPostgres = process.getuid() === 0 ? ["runuser", "-u", "postgres", "--"] : [];

function postgres() {
    const versions = existsSync("/usr/lib/postgresql") ? execFileSync("ls", ["/usr/lib/postgresql"], { encoding: "utf8" }).trim().split("\n") : [];
    if (!versions.length) throw new Error("PostgreSQL is not installed");
    const bin = `/usr/lib/postgresql/${versions.at(-1)}/bin`;
    const home = join(folder, "postgres");
    rmSync(home, { recursive: true, force: true });
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
        tps: (time) => Number(/tps = ([\d.]+)/.exec(run("pgbench", ["-h", home, "-M", "prepared", "-c", "16", "-j", "2", "-T", String(time), "bench"]))[1]),
    };
}

// ---- citizens ----

async function signIn({ url, sandbox }, phone = "0501234567") {
    const post = async (path, body) => (await fetch(url + path, {
        method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
    })).json();
    const { challenge } = await post("/v1/sign-in/code", { phone });
    const { messages } = await (await fetch(`${sandbox}/sms.json`)).json();
    const sent = messages.find(({ to }) => to.endsWith(phone.slice(1)));
    const { token } = await post("/v1/sign-in", { challenge, code: /\d{6}/.exec(sent.text)[0] });
    const { account } = await (await fetch(`${url}/v1/session`, { headers: { authorization: `Bearer ${token}` } })).json();
    return { token, account };
}

/** The token of a citizen with more than enough in the wallet. */
async function payer(city, phone) {
    const { token, account } = await signIn(city, phone);
    city.medina("wallet", "credit", account, "100000000000", `bench-${account}`);
    return token;
}

function waiting(city) {
    return Number(/^medina_outbox_waiting (\d+)/m.exec(city.medina("metrics"))?.[1] ?? NaN);
}

/** Payments/s; the clock runs until the last event was taken by the plugin too. */
async function pay(city, tokens, instances = ["bench"], time = seconds) {
    const run = randomBytes(4).toString("hex");
    const began = Date.now();
    const rate = wrk(city.url, ["-s", join(top, "tests/bench/payments.lua"), run, instances.join(","), ...tokens], time);
    while (waiting(city) > 0) await pause(20);
    return (rate * time) / ((Date.now() - began) / 1000);
}

// ---- figures ----

async function beside(measure) {
    const database = postgres();
    try {
        return await measure((time) => database.tps(time));
    } finally {
        database.stop();
    }
}

/** The median of the rounds' ratios of two rates taken in turns; the first round warms both. */
async function ratioOf(names, ours, theirs, turns = rounds) {
    const ratios = [];
    for (let i = 0; i <= turns; i++) {
        const first = i % 2 ? await theirs() : undefined;
        const mine = await ours(), other = first ?? (await theirs());
        say(`${Math.round(mine)} ${names[0]}, ${Math.round(other)} ${names[1]}: ${(mine / other).toFixed(2)}`);
        if (i > 0) ratios.push(mine / other);
    }
    return { value: median(ratios) };
}

export async function payments() {
    const city = await host();
    const token = await payer(city);
    return beside((tps) => ratioOf(["payments/s", "transactions/s"], () => pay(city, [token]), () => tps(seconds * 2)));
}

/** Transfers/s inside the host, in a fresh file. */
function transfers(kind) {
    const path = join(folder, "ledger.db");
    for (const end of ["", "-wal", "-shm", "-turn"]) rmSync(path + end, { force: true });
    const out = execFileSync(join(build, "bin/bench-ledger"), [path, String(seconds), kind], { encoding: "utf8" });
    return Number(/([\d.]+) transfers\/s, whole/.exec(out)[1]);
}

export async function ledger() {
    return beside(async (tps) => {
        const measured = await ratioOf(["captures/s", "transactions/s"], () => transfers("capture"), () => tps(seconds));
        say(`${Math.round(transfers("transfer"))} transfers/s from wallet to wallet`);
        return measured;
    });
}

function fillOnce(path) {
    if (!KEPT_FILE || !existsSync(KEPT_FILE)) {
        say(`fills a file with ${PAYMENTS} payments`);
        fill(path, PAYMENTS);
        if (KEPT_FILE) copyFileSync(path, KEPT_FILE);
    } else {
        copyFileSync(KEPT_FILE, path);
    }
}

export async function fullAgainstEmpty() {
    const empty = await host(), full = await bareHost();
    await full.restart(fillOnce);
    await full.load(release("bench"));
    const tokens = [[await payer(full)], [await payer(empty)]];
    return ratioOf(["payments/s with the full file", "with the empty one"],
        () => pay(full, tokens[0]), () => pay(empty, tokens[1]), rounds * SLICES);
}

export async function hotAgainstSpread() {
    const city = await host(SPREAD);
    const instances = ["bench"];
    for (let i = 2; i <= INSTANCES; i++) {
        instances.push(`bench-${i}`);
        await city.load(release("bench"), `bench-${i}`);
    }
    const tokens = [];
    for (let i = 0; i < WALLETS; i++) tokens.push(await payer(city, `05012${String(34567 + i)}`));
    return ratioOf(["payments/s from one wallet to one agency", `from ${WALLETS} wallets to ${INSTANCES} agencies`],
        () => pay(city, tokens.slice(0, 1)), () => pay(city, tokens, instances), rounds * SLICES);
}

/** p99 at half of the rate that this very run found possible, each from when it was due. */
export async function latency() {
    const city = await host();
    const token = await payer(city), port = new URL(city.url).port;
    await pay(city, [token]);
    const times = [];
    for (let i = 0; i < rounds; i++) {
        const peak = await pay(city, [token]);
        const out = execFileSync(join(build, "bin/bench-pace"),
            [port, token, randomBytes(4).toString("hex"), String(peak / 2), String(seconds), "bench"], { encoding: "utf8" });
        const [, p50, p99] = /0 failed; p50 (\d+) p99 (\d+)/.exec(out);
        say(`${Math.round(peak)} payments/s at most; at half of it ${out.trim()}`);
        times.push({ p50: p50 / 1000, p99: p99 / 1000 });
    }
    return { value: median(times.map(({ p99 }) => p99)), p50: median(times.map(({ p50 }) => p50)) };
}
