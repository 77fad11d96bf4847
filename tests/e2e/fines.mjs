// SPDX-License-Identifier: Apache-2.0
// A city with a traffic department: the sandbox's people and their fines, a visitor of the pages
// without a browser (cookies, forms, redirects), and files to send.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { city, MARIAM, OMAR } from './city.mjs';
import { bin, plugin, request } from './world.mjs';

export const FINES = 'fines';
export const MARIAM_FILE = { ...MARIAM, file: '10234567' };
export const OMAR_FILE = { ...OMAR, file: '10234568' };
export const SARA_FILE = { phone: '+971521234569', file: '10234569' };
export const COMPANY_FILE = { phone: '+971561234570', file: '10990001' };
export const PLATE = { source: 'AE-DU', category: 'private', code: 'a', plate: '12345' };

/** A city with the fines loaded. backend: another than the sandbox's department. */
export async function finesCity(t, { backend, ...options } = {}) {
  const world = await city(t, { plugins: false, ...options });
  await loadFines(world, backend);
  return world;
}

export async function loadFines(world, backend = `${world.sandboxUrl}/traffic`) {
  const file = join(world.folder, 'fines.json');
  writeFileSync(file, JSON.stringify({ backend_url: backend }));
  await world.medina('plugin', 'load', plugin('fines'), '--as', FINES, '--config', file);
}

/** Somebody signed in whose traffic file is linked; the token. */
export async function fineOwner(world, person = MARIAM_FILE) {
  const token = await world.signIn(person.phone);
  await world.linkAccount(token, FINES, person.file, person.phone);
  return token;
}

export const query = (input) => new URLSearchParams(input).toString();
export const fine = (id) => ({ instance: FINES, item: id });
export const ofFine = (world, number) => world.books().fines[number];

/** The department's own people, and the driver, by the sandbox's endpoints. */
export async function department(world, path, body = {}) {
  const text = JSON.stringify(body);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  const reply = await request(`${world.sandboxUrl}/traffic/${path}`, { method: 'POST', headers, body: text });
  assert.equal(reply.status, 200, reply.text);
  return reply.json;
}

// ---- files ----

export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
export const PDF = Buffer.from('%PDF-1.4\n%\xe2\xe3\xcf\xd3\ntrailer<</Root 1 0 R>>\n%%EOF\n', 'latin1');

/** Sends a file for a field of an operation; the reply. */
export function sendFile(world, bytes, { token, type = 'image/png', operation = 'dispute', field = 'evidence', instance = FINES } = {}) {
  const headers = { 'content-length': bytes.length };
  if (token) headers.authorization = `Bearer ${token}`;
  if (type) headers['content-type'] = type;
  const path = `/v1/files?${query({ instance, operation, field })}`;
  return request(world.url + path, { method: 'POST', headers, body: bytes });
}

// ---- pages ----

export const WEB = { paths: { web: join(bin, '../web') } };

const decode = (text) =>
  text.replace(/&(amp|lt|gt|quot|#39|#x27|#x2F);/g, (_, name) =>
    ({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#x27': "'", '#x2F': '/' })[name]);

/** A browser without scripts: it keeps cookies, follows redirects and sends the forms it is shown. */
export class Reader {
  constructor(world, language = 'en') {
    this.world = world;
    this.language = language;
    this.cookies = new Map();
  }

  async open(path) {
    return this.#go('GET', path.startsWith('/') ? `/${this.language}${path}` : path);
  }

  async #go(method, path, body, type) {
    const url = new URL(path, this.world.url);
    const headers = { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
    if (body) Object.assign(headers, { 'content-type': type, 'content-length': body.length });
    const reply = await request(url, { method, headers, body });
    for (const line of reply.headers['set-cookie'] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      this.cookies.set(name, value);
    }
    const next = reply.headers.location;
    if (reply.status === 303 && next.startsWith('/')) return this.#go('GET', next);
    if (reply.status === 303 && next.startsWith(this.world.url)) return this.#go('GET', next);
    this.status = reply.status;
    this.headers = reply.headers;
    this.html = reply.text;
    this.location = next;
    this.path = url.pathname + url.search;
    this.text = decode(reply.text.replace(/<[^>]+>/g, ' ')).replace(/\s+/g, ' ');
    return this;
  }

  /** The first form whose action has that in it: {action, multipart, fields}. */
  form(part) {
    for (const [, head, inner] of this.html.matchAll(/<form([^>]*)>([\s\S]*?)<\/form>/g)) {
      const action = decode(/action="([^"]*)"/.exec(head)?.[1] ?? '');
      if (!action.includes(part)) continue;
      const fields = [...inner.matchAll(/<input[^>]*>/g)].map(([tag]) => ({
        name: /name="([^"]*)"/.exec(tag)?.[1],
        value: decode(/value="([^"]*)"/.exec(tag)?.[1] ?? ''),
        type: /type="([^"]*)"/.exec(tag)?.[1],
      }));
      return { action, multipart: /multipart\/form-data/.test(head), fields: fields.filter((one) => one.name) };
    }
    return assert.fail(`no form to ${part} in ${this.path}: ${this.text.slice(0, 500)}`);
  }

  /** Sends that form with these fields typed; files: {name: {bytes, filename, type}}. */
  async send(part, typed = {}, files = {}) {
    const form = this.form(part);
    const pairs = form.fields
      .filter(({ name, type }) => type === 'hidden' && !(name in typed))
      .map(({ name, value }) => [name, value]);
    for (const [name, value] of Object.entries(typed))
      for (const one of Array.isArray(value) ? value : [value]) pairs.push([name, one]);
    if (!form.multipart) {
      const body = Buffer.from(new URLSearchParams(pairs).toString());
      return this.#go('POST', form.action, body, 'application/x-www-form-urlencoded');
    }
    const boundary = '----e2e-boundary';
    const pieces = pairs.map(([name, value]) =>
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`));
    for (const { name } of form.fields.filter(({ type }) => type === 'file')) {
      const { bytes = Buffer.alloc(0), filename = '', type = 'application/octet-stream' } = files[name] ?? {};
      const head = `Content-Disposition: form-data; name="${name}"; filename="${filename}"\r\nContent-Type: ${type}`;
      pieces.push(Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`), bytes, Buffer.from('\r\n'));
    }
    pieces.push(Buffer.from(`--${boundary}--\r\n`));
    return this.#go('POST', form.action, Buffer.concat(pieces), `multipart/form-data; boundary=${boundary}`);
  }

  async signIn(person) {
    await this.open('/sign-in');
    await this.send('/sign-in', { phone: person.phone });
    await this.send('/sign-in/code', { code: await this.world.newestCode(person.phone) });
    return this;
  }

  async linkFile(person) {
    await this.open(`/${FINES}/link`);
    await this.send(`/${FINES}/link`, { account: person.file });
    await this.send(`/${FINES}/confirm`, { code: await this.world.newestCode(person.phone) });
    return this;
  }
}
