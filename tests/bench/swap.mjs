// SPDX-License-Identifier: Apache-2.0
// What changing a plugin, or the host itself, costs those who are being served meanwhile.
import { readdirSync } from "node:fs";

import { holdings, host, KILOBYTE, load, median, pause, processesOf, release, say, until } from "./stage.mjs";

const SWAPS = Number(process.env.MEDINA_BENCH_SWAPS ?? 100);
const REQUESTS = Number(process.env.MEDINA_BENCH_REQUESTS ?? 1_000_000);
const UPGRADES = Number(process.env.MEDINA_BENCH_UPGRADES ?? 20);

const requestsOf = async (city) => (await city.ask("GET", "/status")).requests;

function assertSame(what, before, after) {
    if (JSON.stringify(before) !== JSON.stringify(after))
        throw new Error(`leaked by ${what}: ${JSON.stringify(before)} before, ${JSON.stringify(after)} after`);
}

const settled = (city) =>
    until("the version before has ended", async () => (await city.versions("bench")).every(({ state }) => state === "active" || state === "stopped"));

/** No cool-down: the version before ends at each swap, so each starts its processes anew. */
async function city(versions) {
    const city = await host({ plugins: { cool_down_ms: 0 } });
    for (const version of versions) await city.load(release("bench", version));
    await settled(city);
    return city;
}

let swapped; // both figures come from one run

async function swap() {
    const versions = ["1.1.0", "1.2.0"];
    const subject = await city(versions);
    const before = holdings(subject);
    const traffic = load(subject.url + KILOBYTE);
    const times = [];
    for (let i = 1; i <= SWAPS; i++) {
        const goal = (REQUESTS / SWAPS) * i;
        await until("requests", async () => (await requestsOf(subject)) >= goal, 600_000);
        const began = process.hrtime.bigint();
        const version = versions[(i + 1) % 2];
        await subject.use("bench", version);
        const took = Number(process.hrtime.bigint() - began) / 1e6;
        const serving = (await subject.versions("bench")).find((one) => one.version === version);
        times.push({ took, start: serving.runners[0].start_us / 1000 });
        await settled(subject);
    }
    await until("requests", async () => (await requestsOf(subject)) >= REQUESTS * 1.01, 600_000);
    const { requests, errors, out } = await traffic.stop();
    await until("connections close", async () => (await subject.ask("GET", "/status")).connections === 0);
    assertSame("swaps", before, holdings(subject));
    if (errors) say(out);
    const worst = times.reduce((most, one) => (one.took > most.took ? one : most));
    const middle = median(times.map(({ took }) => took)), start = median(times.map((one) => one.start));
    say(`${SWAPS} swaps under ${requests} requests: ${errors} lost; ${middle.toFixed(1)} ms a swap, ${start.toFixed(1)} of it the runner's start; ` +
        `the slowest ${worst.took.toFixed(1)} ms, ${worst.start.toFixed(1)} of it the start`);
    if (requests < REQUESTS) throw new Error(`wrk counts ${requests} requests only`);
    return { errors, median: middle, worst: worst.took };
}

export async function swapErrors() {
    swapped ??= await swap();
    return { value: swapped.errors };
}

export async function swapTime() {
    swapped ??= await swap();
    return { value: swapped.median, worst: swapped.worst };
}

/** Each upgrade waits until the host before has gone, as a person's would. */
export async function upgradeErrors() {
    const subject = await city([]);
    const traffic = load(subject.url + KILOBYTE);
    const times = [], holds = [];
    for (let i = 0; i < UPGRADES; i++) {
        await pause(200);
        const began = Date.now();
        const { pid } = await subject.ask("POST", "/upgrade");
        times.push(Date.now() - began);
        subject.pid = pid;
        await until("the new host is alone", async () => {
            const status = await subject.ask("GET", "/status").catch(() => ({}));
            return status.pid === pid && status.predecessor === 0;
        }, 90_000);
        holds.push({ files: readdirSync(subject.data).length, hosts: processesOf(`${subject.data}.json`).length });
    }
    const { requests, errors, out } = await traffic.stop();
    assertSame("upgrades", holds[0], holds.at(-1));
    if (errors) say(out);
    say(`${UPGRADES} upgrades under ${requests} requests: ${errors} lost; ${median(times)} ms an upgrade, the slowest ${Math.max(...times)} ms`);
    return { value: errors };
}
