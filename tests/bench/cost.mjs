// SPDX-License-Identifier: Apache-2.0
// What it costs to give each plugin a process and a box of its own.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

import { bareHost, host, KILOBYTE, median, release, rounds, say, until, wrk } from "./stage.mjs";

const STARTS = 50, IDLE = 20, INSTANCES = 116, SLICES = 3, SLICE_SECONDS = 2;

/** An empty program in new namespaces of the same kinds, by util-linux: milliseconds. */
function emptyBox() {
    const began = process.hrtime.bigint();
    execFileSync("unshare", ["--user", "--net", "--pid", "--ipc", "--uts", "--fork", "/bin/true"]);
    return Number(process.hrtime.bigint() - began) / 1e6;
}

/** From the spawn to the passed self-test, as the host takes the time. */
export async function runnerStart() {
    const city = await bareHost({ plugins: { cool_down_ms: 0 } });
    const versions = ["1.0.0", "1.1.0"];
    for (const version of versions) await city.load(release("hello", version));
    const times = [], empty = [];
    for (let i = 0; i < STARTS; i++) {
        await until("the version before has ended", async () =>
            (await city.versions("hello")).every(({ state }) => state === "active" || state === "stopped"));
        const { start_us } = await active(city, "hello", versions[i % 2]);
        times.push(start_us / 1000);
        empty.push(emptyBox());
    }
    say(`${median(times).toFixed(1)} ms from the spawn to WARM; an empty program by unshare(1) in the same namespaces ${median(empty).toFixed(1)} ms`);
    return { value: median(times), peer: median(empty) };
}

async function active(city, instance, version) {
    await city.use(instance, version);
    return (await city.versions(instance)).find((one) => one.version === version).runners[0];
}

/** Memory that a process holds, shared pages by their share: MB. */
function pss(pid) {
    const [, kilobytes] = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"));
    return Number(kilobytes) / 1024;
}

export async function runnerMemory() {
    const city = await bareHost();
    const hello = release("hello");
    for (let i = 1; i <= IDLE; i++) await city.load(hello, `hello-${i}`);
    const { plugins } = await city.ask("GET", "/plugins");
    const sizes = plugins.map(({ pid }) => pss(pid));
    say(`${IDLE} idle runners hold ${Math.min(...sizes).toFixed(2)} to ${Math.max(...sizes).toFixed(2)} MB each`);
    return { value: median(sizes) };
}

/** Two cities, one plugin asked in both; the other 115 processes of the second are there. */
export async function throughputOfMany() {
    const one = await host(), many = await host();
    const bench = release("bench");
    for (let i = 2; i <= INSTANCES; i++) await many.load(bench, `bench-${i}`);
    for (const city of [one, many]) wrk(city.url + KILOBYTE); // warm both
    // What else the machine does changes from second to second: many short turns, each round one of
    // both in an order of its own, cancel more of it than a few long ones.
    const ratios = [];
    for (let i = 0; i < rounds * SLICES; i++) {
        const order = i % 2 ? [one, many] : [many, one];
        const rates = new Map(order.map((city) => [city, wrk(city.url + KILOBYTE, [], SLICE_SECONDS)]));
        ratios.push(rates.get(many) / rates.get(one));
        say(`${Math.round(rates.get(many))} requests/s with ${INSTANCES} plugins, ${Math.round(rates.get(one))} with 1`);
    }
    return { value: median(ratios) };
}
