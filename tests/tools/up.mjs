// SPDX-License-Identifier: Apache-2.0
// ./dev up: the sandbox and the host beside each other, the sample plugins loaded, until Ctrl-C.
// What they hold lies in build/run and is found again the next time.
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { agencyOf, makeKey, signBytes } from "./minisign.mjs";

const top = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const build = join(top, "build/release");
const run = join(top, "build/run");
const port = Number(process.env.MEDINA_PORT ?? 8080);
const sandboxPort = port + 1;
const wait = 20000;

function fail(message) {
    process.stderr.write(`dev: ${message}\n`);
    stop(1);
}

const children = [];
let heir = 0; // the host that took over from ours by medina upgrade: no child of this process
let stopping = false;

function stop(code) {
    stopping = true;
    process.exitCode = code;
    for (const child of children)
        if (child.exitCode === null) child.kill("SIGTERM");
    if (heir && alive(heir)) process.kill(heir, "SIGTERM");
}

function alive(pid) {
    try {
        process.kill(pid, 0);
        return true;
    } catch {
        return false;
    }
}

// After an upgrade the city is up as long as the new host is, and the one after that.
function followHeir() {
    const status = medina("--json", "status");
    heir = status.status === 0 ? JSON.parse(status.stdout).pid : 0;
    if (!heir) return false;
    const watch = setInterval(() => {
        if (alive(heir)) return;
        clearInterval(watch);
        if (!stopping && !followHeir()) stop(1);
    }, 500);
    return true;
}

// Starts a program and resolves when it has printed the line that says it is ready.
function start(name, args, environment, ready) {
    return new Promise((done) => {
        const child = spawn(join(build, "bin", name), args, {
            env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "pipe"],
        });
        children.push(child);
        const late = setTimeout(() => fail(`${name} did not start within ${wait / 1000} s`), wait);
        let errors = "";
        child.stdout.on("data", (text) => {
            if (String(text).includes(ready)) { clearTimeout(late); done(child); }
        });
        child.stderr.on("data", (text) => {
            errors = (errors + text).slice(-2000);
            process.stderr.write(text);
        });
        child.on("exit", (code) => {
            clearTimeout(late);
            if (!stopping && name === "medinad" && code === 0 && followHeir()) return;
            // Its own last line says more than its exit code.
            if (!stopping && errors) stop(1);
            else if (!stopping) fail(`${name} ended with exit code ${code}`);
        });
        child.on("error", (error) => fail(`${name}: ${error.message}`));
    });
}

function secrets() {
    const file = join(run, "secrets.json");
    if (!existsSync(file))
        writeFileSync(file, JSON.stringify({ key: `sk_test_${randomBytes(18).toString("hex")}`,
            webhook: `whsec_${randomBytes(24).toString("hex")}` }), { mode: 0o600 });
    return JSON.parse(readFileSync(file, "utf8"));
}

// A developer's key for each agency whose plugin is started here: what an agency would keep secret.
const agencies = ["coast-utility", "city-health", "city-traffic", "dune-fuel"];

// Whom the bank would pay; nobody's accounts.
const accounts = {
    "coast-utility": { legal_name: "Coast Water and Electricity", iban: "AE460090000000123456789",
        instances: ["water-electricity", "toll"] },
};

function keys() {
    const file = join(run, "agencies.json");
    const kept = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
    const fresh = agencies.filter((name) => !kept[name]);
    for (const name of fresh) kept[name] = makeKey().secret;
    if (fresh.length) writeFileSync(file, JSON.stringify(kept), { mode: 0o600 });
    return Object.fromEntries(Object.entries(kept).map(([name, secret]) => [name, makeKey(secret)]));
}

function signed(file) {
    const bytes = readFileSync(file);
    const path = join(run, `${basename(file)}.minisig`);
    writeFileSync(path, signBytes(bytes, agencyKeys[agencyOf(bytes)], { comment: "a developer's build" }));
    return path;
}

function medina(...args) {
    return spawnSync(join(build, "bin/medina"), ["--socket", join(run, "data/medinad.sock"), ...args],
        { encoding: "utf8", timeout: 60000 });
}

function load(file, instance, configuration) {
    const loaded = JSON.parse(medina("--json", "plugin", "list").stdout).plugins;
    const there = loaded.filter((version) => version.instance === instance && version.active);
    if (there.some((version) => version.state !== "quarantined")) return;
    const path = join(build, "plugins", file);
    const args = ["plugin", "load", path, "--as", instance, "--signature", signed(path)];
    if (configuration) {
        const settings = join(run, `${instance}.json`);
        writeFileSync(settings, JSON.stringify(configuration));
        args.push("--config", settings);
    }
    const result = medina(...args);
    if (result.status !== 0) fail(`${instance} was not loaded: ${result.stderr}`);
}

process.on("SIGINT", () => stop(0));
process.on("SIGTERM", () => stop(0));

mkdirSync(run, { recursive: true, mode: 0o700 });
const { key, webhook } = secrets();
const agencyKeys = keys();
const host = `http://127.0.0.1:${port}`;
// Another name than the host's: cookies know no ports.
const outside = `http://localhost:${sandboxPort}`;
writeFileSync(join(run, "medina.json"), JSON.stringify({
    listen: { port, metrics_port: port + 2 },
    paths: { data: join(run, "data"), web: join(build, "web") },
    city: { public_url: host, demonstration: true, help_phone: "+97140000000", help_email: "help@city.example" },
    developer: { components: true },
    plugins: { allow_unsigned: true }, // a developer's own, by plugin load FILE --allow-unsigned
    sign_in: { sends_per_number: 1000, sends_per_address: 1000 },
    sms: { url: `http://127.0.0.1:${sandboxPort}/sms` },
    provider: { url: `http://127.0.0.1:${sandboxPort}`, page_origin: outside, key, webhook_secret: webhook },
    settlement: { debtor_name: "City Treasury", debtor_iban: "AE070331234567890123456" },
    agencies: Object.fromEntries(Object.entries(agencyKeys).map(([name, { public: line }]) =>
        [name, { keys: [line], ...accounts[name] }])),
}, null, 2), { mode: 0o600 });

await start("medina-sandbox", ["--port", String(sandboxPort), "--data", join(run, "sandbox"),
    "--public-url", outside, "--webhook", `${host}/v1/provider/card/events`],
    { SANDBOX_PROVIDER_KEY: key, SANDBOX_WEBHOOK_SECRET: webhook }, "listens on");
await start("medinad", ["--config", join(run, "medina.json")], {}, "listens on");
load("bills.so", "water-electricity", {
    kind: "postpaid", backend_url: `http://127.0.0.1:${sandboxPort}/utility`, category: "utilities",
    agency: { en: "Coast Water and Electricity", ar: "هيئة الساحل للماء والكهرباء" },
    title: { en: "Water and electricity", ar: "الماء والكهرباء" },
    summary: { en: "See your bills, what they are made of, and pay them.", ar: "اطّلع على فواتيرك وتفاصيلها وادفعها." },
    keywords: { en: ["bill", "pay", "electricity", "water", "power"], ar: ["فاتورة", "دفع", "كهرباء", "ماء"] },
});
load("bills.so", "toll", {
    kind: "prepaid", backend_url: `http://127.0.0.1:${sandboxPort}/toll`, category: "transport",
    agency: { en: "Gate Toll", ar: "بوابة التعرفة" },
    title: { en: "Road toll", ar: "تعرفة الطرق" },
    summary: { en: "See the balance of a toll account and top it up.", ar: "اطّلع على رصيد حساب التعرفة واشحنه." },
    keywords: { en: ["toll", "gate", "top up", "balance"], ar: ["تعرفة", "بوابة", "شحن", "رصيد"] },
});
load("pharmacies.so", "pharmacies");
load("fuel.so", "fuel", { backend_url: `http://127.0.0.1:${sandboxPort}/fuel` });
load("fines.so", "fines", {
    backend_url: `http://127.0.0.1:${sandboxPort}/traffic`,
    agency: { en: "Coast Traffic Department", ar: "إدارة مرور الساحل" },
});
process.stdout.write(`\nThe city's services   ${host}
Sign in with          050 123 4567 (it holds account 2001234567 at the utility; account 3007654321 at the toll; traffic file 10234567, plate Dubai A 12345; the test card is 4242 4242 4242 4242)
A pump                ${host}/en/fuel/pump?code=MRN-03 (drive as you like: sdk/sandbox/fuel.h)
Text messages         ${outside}/sms\n`);
