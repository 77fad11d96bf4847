// SPDX-License-Identifier: Apache-2.0
// node build.js DIRECTORY: what the host reads and serves.
//
//   DIRECTORY/assets/      immutable files, the hash of their content in their names; text ones also
//                          as .gz and .br; served under /assets/
//   DIRECTORY/root/        files with fixed names (the service worker; the app's manifest in en/ and
//                          ar/), served under /
//   DIRECTORY/templates/   DIRECTORY/strings/   for pages_load
//   DIRECTORY/components/  for components_load
//   DIRECTORY/map/         for pages_load_map
//   DIRECTORY/manifest.json   name -> path of every asset
//
// The folder is made anew beside the old one and takes its place in one step, so that a host that
// starts meanwhile reads one or the other.
import { build, transform } from "esbuild";
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import subsetFont from "subset-font";

const here = dirname(fileURLToPath(import.meta.url));
const target = resolve(process.argv[2] ?? process.env.MEDINA_WEB ?? join(here, "../build/web"));
const output = `${target}.${process.pid}`;
const manifest = {};
const GREEN = "#2f663c";

async function emit(name, content) {
    const bytes = Buffer.from(content);
    const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
    const dot = name.lastIndexOf(".");
    const file = `${name.slice(0, dot)}.${hash}${name.slice(dot)}`;
    const path = join(output, "assets", file);
    await writeFile(path, bytes);
    if (/\.(css|js|svg)$/.test(name)) {
        await writeFile(`${path}.gz`, gzipSync(bytes, { level: 9 }));
        await writeFile(`${path}.br`, brotliCompressSync(bytes, {
            params: { [constants.BROTLI_PARAM_QUALITY]: 11 },
        }));
    }
    manifest[name.slice(0, dot)] = `/assets/${file}`;
}

// Two small files hold what nearly every page shows; the whole fonts are only fetched by a page
// that shows more (the unicode ranges in styles/font.css say which).
const latin = [[0x20, 0x7e], [0xa0], [0xb2, 0xb3], [0xb7], [0x2013, 0x2014], [0x2018, 0x2019],
    [0x201c, 0x201d], [0x2026], [0x2212]];
const arabic = [[0x60c], [0x61b], [0x61f], [0x621, 0x63a], [0x640, 0x652], [0x660, 0x66c],
    [0x670, 0x671]];

async function fonts() {
    const folder = join(here, "node_modules/@fontsource-variable/readex-pro/files");
    const characters = (ranges) => ranges.flatMap(([first, last = first]) =>
        Array.from({ length: last - first + 1 }, (_, i) => String.fromCodePoint(first + i))).join("");
    for (const [script, ranges] of [["latin", latin], ["arabic", arabic]]) {
        const whole = await readFile(join(folder, `readex-pro-${script}-wght-normal.woff2`));
        await emit(`${script}.woff2`, await subsetFont(whole, characters(ranges), {
            targetFormat: "woff2", variationAxes: { wght: { min: 400, max: 700 } },
        }));
        await emit(`${script}-whole.woff2`, whole);
    }
}

async function style() {
    const { outputFiles } = await build({
        entryPoints: [join(here, "styles/style.css")], bundle: true, minify: true, write: false,
        external: ["asset:*"], target: ["chrome109", "firefox115", "safari16"],
    });
    const text = outputFiles[0].text.replace(/asset:([a-z-]+)/g, (_, name) => {
        if (!manifest[name]) throw new Error(`styles: there is no asset ${name}`);
        return manifest[name];
    });
    await emit("style.css", text);
}

// Every file of icons/ becomes one symbol. Seen by itself the file shows the mark, so that the tab's
// icon is no request of its own.
async function icons() {
    const symbols = [];
    for (const file of (await readdir(join(here, "icons"))).sort()) {
        const text = await readFile(join(here, "icons", file), "utf8");
        const inner = text.replace(/<!--.*?-->/gs, "").match(/<svg[^>]*>(.*)<\/svg>/s)[1];
        symbols.push(`<symbol id="${file.replace(".svg", "")}" viewBox="0 0 24 24">${
            inner.replace(/\s+/g, " ").trim()}</symbol>`);
    }
    await emit("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" color="${
        GREEN}">${symbols.join("")}<use href="#mark"/></svg>`);
}

// The mark on the phone's home screen. A maskable icon may be cut to a circle of four fifths of its
// width (W3C Manifest, "purpose"): its mark is smaller and its ground goes to the edge.
async function pictures() {
    await initWasm(await readFile(join(here, "node_modules/@resvg/resvg-wasm/index_bg.wasm")));
    const mark = (await readFile(join(here, "icons/mark.svg"), "utf8"))
        .match(/<svg[^>]*>(.*)<\/svg>/s)[1].replaceAll("currentColor", "#ffffff");
    const draw = (size, corner, scale) => new Resvg(`<svg xmlns="http://www.w3.org/2000/svg"
        width="${size}" height="${size}" viewBox="0 0 24 24"><rect width="24" height="24" rx="${corner}"
        fill="${GREEN}"/><g transform="translate(12 12) scale(${scale}) translate(-12 -12)">${
        mark}</g></svg>`).render().asPng();
    await emit("icon-180.png", draw(180, 0, 0.68)); // iOS rounds it itself
    await emit("icon-192.png", draw(192, 5, 0.68));
    await emit("icon-512.png", draw(512, 5, 0.68));
    await emit("icon-maskable.png", draw(512, 0, 0.52));
}

// What an installed app is called and looks like, in the language it was installed in.
async function apps() {
    for (const [language, dir] of [["en", "ltr"], ["ar", "rtl"]]) {
        const words = JSON.parse(await readFile(join(here, `strings/${language}.json`), "utf8"));
        const icon = (name, size, purpose) => ({
            src: manifest[name], sizes: `${size}x${size}`, type: "image/png", purpose });
        const shortcut = (name) => ({ name: words.app[name], url: `/${language}/${name}` });
        await mkdir(join(output, "root", language));
        await writeFile(join(output, "root", language, "app.webmanifest"), JSON.stringify({
            id: "/", name: words.site.name, short_name: words.site.name,
            description: words.site.description, lang: language, dir, start_url: `/${language}/`,
            scope: "/", display: "standalone", theme_color: GREEN, background_color: "#faf8f4",
            categories: ["government", "utilities"],
            icons: [icon("icon-192", 192, "any"), icon("icon-512", 512, "any"),
                icon("icon-maskable", 512, "maskable")],
            shortcuts: ["account", "inbox", "search"].map(shortcut),
        }));
    }
}

async function hashOf(folders) {
    const hash = createHash("sha256");
    for (const folder of folders)
        for (const file of (await readdir(join(here, folder))).sort())
            hash.update(await readFile(join(here, folder, file)));
    return hash.digest("hex").slice(0, 12);
}

async function script() {
    const source = await readFile(join(here, "scripts/app.js"), "utf8");
    const { code } = await transform(source, { minify: true, format: "esm", target: "es2022" });
    await emit("script.js", code);
}

// A worker with another text is a new version, and keeps the pages without a connection anew: so its
// text names what they are made of.
async function worker() {
    const source = await readFile(join(here, "scripts/worker.js"), "utf8");
    const lasting = first.map((name) => manifest[name]);
    const { code } = await transform(
        source.replace("__ASSETS__", JSON.stringify(lasting))
            .replace("__VERSION__", await hashOf(["templates", "strings", "scripts", "styles", "icons"])),
        { minify: true, target: "es2022" });
    await writeFile(join(output, "root/worker.js"), code);
}

// What a first visit fetches beside the page itself; all of it together must stay below 50 KB.
const first = ["style", "script", "icons", "latin", "arabic"];

await mkdir(join(output, "assets"), { recursive: true });
await mkdir(join(output, "root"));
await fonts();
await style();
await icons();
await pictures();
await apps();
await script();
await worker();
await cp(join(here, "templates"), join(output, "templates"), { recursive: true });
await cp(join(here, "strings"), join(output, "strings"), { recursive: true });
await cp(join(here, "map"), join(output, "map"), { recursive: true });
await cp(join(here, "components"), join(output, "components"), { recursive: true });
async function weigh() {
    let bytes = 0;
    for (const name of first) {
        const path = join(output, manifest[name]);
        bytes += (await readFile(`${path}.gz`).catch(() => readFile(path))).length;
    }
    if (bytes > 40000) throw new Error(`a first visit fetches ${bytes} bytes of assets, over 40000`);
    console.log(`web: a first visit fetches ${bytes} bytes of assets`);
}

await weigh();
await writeFile(join(output, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
await rm(target, { recursive: true, force: true });
await rename(output, target);
