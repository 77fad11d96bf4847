// SPDX-License-Identifier: Apache-2.0
// A small city for a test: medina-sandbox and medinad as real processes in a folder of their own,
// with the sample plugins loaded. Ports are free ones, readiness is read from what the processes
// print, every wait has an end, and whatever they print is kept for the test to look at.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { agencyOf, makeKey, signBytes } from '../tools/minisign.mjs';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const bin = resolve(process.env.MEDINA_BIN ?? join(root, 'build/asan/bin'));
export const plugin = (name) => join(bin, '../plugins', `${name}.so`);

const START_MS = 30_000;
const STOP_MS = 30_000;
const REQUEST_MS = 40_000;
const POLL_MS = 25;
const PORT_TRIES = 10;

export const PROVIDER_KEY = 'sk_test_e2e';
export const WEBHOOK_SECRET = 'whsec_e2e';
export const CARD = {
  pays: '4242424242424242',
  asks: '4000002500003155',
  declined: '4000000000000002',
  poor: '4000000000009995',
};

// ---- waiting ----

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Asks again until the answer is truthy; fails with what it waited for after ms. */
export async function until(what, probe, ms = 20_000) {
  const end = Date.now() + ms;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain: ${what}`);
    await pause(POLL_MS);
  }
}

function within(promise, ms, what) {
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`waited ${ms} ms in vain: ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** A port that was free a moment ago. */
export function freePort() {
  return new Promise((done, fail) => {
    const probe = net.createServer();
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}

// ---- processes ----

/** A program of ours: its output so far, its end, and a way to wait for either. */
export class Program {
  constructor(name, args, env = {}, { uid, gid } = {}) {
    this.name = name;
    this.output = '';
    this.stdout = '';
    this.child = spawn(join(bin, name), args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      uid,
      gid,
    });
    this.listeners = new Set();
    const take = (piece) => {
      this.output += piece;
      for (const look of this.listeners) look();
    };
    this.child.stdout.setEncoding('utf8').on('data', (piece) => {
      this.stdout += piece;
      take(piece);
    });
    this.child.stderr.setEncoding('utf8').on('data', take);
    this.ended = new Promise((done) => {
      this.child.once('error', (error) => done({ code: null, signal: error.message }));
      this.child.once('close', (code, signal) => done({ code, signal }));
    });
    // Before "close" when another process goes on with its output.
    this.exited = new Promise((done) => {
      this.child.once('exit', (code, signal) => done({ code, signal }));
    });
  }

  get pid() {
    return this.child.pid;
  }

  /** The match of a pattern in the output, now or as soon as it is there. */
  async printed(pattern, ms = START_MS) {
    let look;
    const seen = new Promise((done) => {
      look = () => {
        const match = pattern.exec(this.output);
        if (match) done(match);
      };
      this.listeners.add(look);
      look();
    });
    const ended = this.ended.then(() => pattern.exec(this.output));
    const match = await within(Promise.race([seen, ended]), ms, `${this.name} prints ${pattern}`)
      .catch((error) => assert.fail(`${error.message}\n${this.output}`))
      .finally(() => this.listeners.delete(look));
    assert.ok(match, `${this.name} ended before it printed ${pattern}:\n${this.output}`);
    return match;
  }

  async end(ms = STOP_MS) {
    return within(this.ended, ms, `${this.name} ends`);
  }

  signal(name) {
    this.child.kill(name); // which does nothing when it has ended
  }

  /** Stops it as an operator would; it must end by itself, cleanly. */
  async stop() {
    this.child.kill('SIGTERM');
    const { code, signal } = await this.end().catch((error) => {
      this.child.kill('SIGKILL');
      throw error;
    });
    assert.equal(code, 0, `${this.name} ended with ${code ?? signal}:\n${this.output.slice(-6000)}`);
  }

  async kill() {
    this.child.kill('SIGKILL');
    return this.end();
  }
}

/** Whether there is such a process; one that only waits to be reaped is none. */
export function alive(pid) {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** A host that took over from another: not our child, but it writes where the first one did. */
export class Heir {
  constructor(first, pid, configFile) {
    this.first = first;
    this.pid = pid;
    this.configFile = configFile;
  }

  get output() {
    return this.first.output;
  }

  /** Whether it runs; its number may be another's by now. */
  get running() {
    try {
      return alive(this.pid) && readFileSync(`/proc/${this.pid}/cmdline`, 'utf8').includes(this.configFile);
    } catch {
      return false;
    }
  }

  signal(name) {
    if (this.running) process.kill(this.pid, name);
  }

  async #gone(name) {
    this.signal(name);
    await until(`pid ${this.pid} ends`, () => !this.running, STOP_MS);
  }

  async stop() {
    await this.#gone('SIGTERM').catch(async (error) => {
      await this.kill();
      throw error;
    });
    // Its exit code goes to nobody; what a sanitizer finds is in the output, whole when it is closed.
    await this.first.end();
    assert.doesNotMatch(this.output, /Sanitizer|runtime error:/);
  }

  kill() {
    return this.#gone('SIGKILL');
  }
}

/** Runs a program to its end: {code, stdout, output}. */
export async function run(name, args, env) {
  const program = new Program(name, args, env);
  const { code } = await program.end().catch(async (error) => {
    await program.kill();
    throw error;
  });
  return { code, stdout: program.stdout, output: program.output };
}

// ---- HTTP ----

/** One request on a connection of its own, or of the agent's: {status, headers, text, json}. */
export function request(url, { method = 'GET', headers = {}, body, agent } = {}) {
  return new Promise((done, fail) => {
    const asked = http.request(url, { method, headers, agent: agent ?? false, timeout: REQUEST_MS });
    asked.once('timeout', () => asked.destroy(new Error(`no answer: ${method} ${url}`)));
    asked.once('error', fail);
    asked.once('response', (reply) => {
      const pieces = [];
      reply.on('data', (piece) => pieces.push(piece));
      reply.once('error', fail);
      reply.once('end', () => {
        const text = Buffer.concat(pieces).toString('utf8');
        const isJson = text && /json/.test(reply.headers['content-type'] ?? '');
        const json = isJson ? JSON.parse(text) : undefined;
        done({ status: reply.statusCode, headers: reply.headers, text, json });
      });
    });
    asked.end(body);
  });
}

/** Bytes as they are over TCP; resolves with all that came back when the other side closes. */
export function raw(port, bytes, ms = 10_000) {
  const answered = new Promise((done, fail) => {
    let text = '';
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setEncoding('utf8').on('data', (piece) => (text += piece));
    socket.once('close', () => done(text));
    // A server that refuses early may reset what we still send; what it said counts.
    socket.once('error', (error) => (text ? done(text) : fail(error)));
  });
  return within(answered, ms, 'the server answers and closes');
}

// ---- the city ----

// Who releases plugins in a test: each has a key of its own, made with the city, that the host
// trusts. Plugins that exist for tests only are of city-tests.
const AGENCIES = ['coast-utility', 'city-health', 'city-traffic', 'dune-fuel', 'city-welcome', 'city-tests'];

const services = {
  'water-electricity': (sandbox) => ({
    kind: 'postpaid',
    backend_url: `${sandbox}/utility`,
    title: { en: 'Water and electricity', ar: 'الماء والكهرباء' },
    agency: { en: 'Coast Water and Electricity', ar: 'هيئة الساحل للماء والكهرباء' },
    keywords: { en: ['bill', 'pay', 'electricity', 'water'], ar: ['فاتورة', 'دفع', 'كهرباء', 'ماء'] },
  }),
  toll: (sandbox) => ({
    kind: 'prepaid',
    backend_url: `${sandbox}/toll`,
    title: { en: 'Road toll', ar: 'تعرفة الطرق' },
    category: 'transport',
    keywords: { en: ['toll', 'gate', 'top up', 'balance'], ar: ['تعرفة', 'بوابة', 'شحن', 'رصيد'] },
  }),
};

export class World {
  /** A running city. config: sections laid over the defaults; plugins: false starts it bare;
   *  user: {uid, gid, own(path)} that the host runs as, when the test is root. */
  static async start({ config = {}, plugins = true, env = {}, user } = {}) {
    const world = new World();
    world.user = user;
    world.env = env;
    world.config = config;
    world.folder = mkdtempSync(join(tmpdir(), 'medina-e2e-'));
    world.logs = [];
    world.keys = new Map(AGENCIES.map((agency) => [agency, makeKey()]));
    world.signatures = 0;
    world.replaced = []; // hosts that others took over from, which may still drain
    world.secrets = new Set(); // numbers, codes and tokens of people, see personal.mjs
    try {
      await world.#startBoth();
      if (plugins) await world.loadPlugins();
    } catch (error) {
      await world.abandon();
      throw error;
    }
    return world;
  }

  // The sandbox wants the host's address and the host the sandbox's, so the host's port is chosen
  // beforehand; when somebody else takes it meanwhile, another is tried.
  async #startBoth() {
    for (let tries = 1; ; tries++) {
      this.port = await freePort();
      this.url = `http://127.0.0.1:${this.port}`;
      await this.startSandbox();
      try {
        await this.startHost();
        return;
      } catch (error) {
        if (tries === PORT_TRIES || !/in use|listens/.test(this.host.output)) throw error;
        await this.sandbox.stop();
      }
    }
  }

  async startSandbox() {
    const webhook = `${this.url}/v1/provider/card/events`;
    const args = ['--port', '0', '--data', join(this.folder, 'sandbox'), '--webhook', webhook];
    this.sandbox = new Program('medina-sandbox', args, {
      SANDBOX_PROVIDER_KEY: PROVIDER_KEY,
      SANDBOX_WEBHOOK_SECRET: WEBHOOK_SECRET,
      ...this.env,
    });
    [, this.sandboxUrl] = await this.sandbox.printed(/medina-sandbox listens on (http:\S+)/);
  }

  writeConfig() {
    const sections = {
      listen: { port: this.port },
      paths: { data: join(this.folder, 'data') },
      city: { demonstration: true },
      sign_in: { sends_per_address: 1_000_000 },
      sms: { url: `${this.sandboxUrl}/sms` },
      provider: { url: this.sandboxUrl, key: PROVIDER_KEY, webhook_secret: WEBHOOK_SECRET },
      money: { wallet: true },
      agencies: Object.fromEntries([...this.keys].map(([agency, key]) => [agency, { keys: [key.public] }])),
    };
    for (const [name, section] of Object.entries(this.config))
      sections[name] = { ...sections[name], ...section };
    this.configFile = join(this.folder, 'medinad.json');
    writeFileSync(this.configFile, JSON.stringify(sections));
  }

  async startHost() {
    this.writeConfig();
    for (const path of this.user ? [this.folder, this.configFile] : []) this.user.own(path);
    this.host = new Program('medinad', ['--config', this.configFile], this.env, this.user);
    this.logs.push(this.host);
    await this.host.printed(/medinad listens on (http:\S+)/);
  }

  /** As a power cut would end it; then the same host again on the same data. */
  async crashAndRestart() {
    await this.host.kill();
    await this.startHost();
  }

  /** Replaces the host by a new one, which must succeed: {pid, draining}. */
  async upgrade(...args) {
    const answer = JSON.parse(await this.medina('--json', 'upgrade', ...args));
    this.followHost(answer.pid);
    return answer;
  }

  /** From now on that process is the host. */
  followHost(pid) {
    const first = this.host.first ?? this.host;
    this.replaced.push(this.host);
    this.host = pid === first.pid ? first : new Heir(first, pid, this.configFile);
  }

  async loadPlugins() {
    for (const instance of Object.keys(services)) await this.loadBills(instance);
    await this.medina('plugin', 'load', plugin('pharmacies'));
  }

  /** The network of filling stations; settings: what its instance is configured with. */
  async loadFuel(settings = {}) {
    const file = join(this.folder, 'fuel.json');
    writeFileSync(file, JSON.stringify({ backend_url: `${this.sandboxUrl}/fuel`, poll_ms: 200, ...settings }));
    await this.medina('plugin', 'load', plugin('fuel'), '--config', file);
  }

  async loadBills(instance) {
    const file = join(this.folder, `${instance}.json`);
    writeFileSync(file, JSON.stringify(services[instance](this.sandboxUrl)));
    await this.medina('plugin', 'load', plugin('bills'), '--as', instance, '--config', file);
  }

  /** Stops both and checks that they ended cleanly: with exit code 0, leaks and races looked for. */
  async stop() {
    try {
      for (const host of this.replaced) host.signal('SIGTERM');
      await this.host.stop();
      await this.sandbox.stop();
    } finally {
      await this.abandon();
    }
  }

  async abandon() {
    for (const host of [...this.replaced, this.host]) if (host instanceof Heir) await host.kill();
    for (const program of [...this.logs, this.sandbox])
      if (program && program.child.exitCode === null && program.child.signalCode === null)
        await program.kill();
    if (!process.env.MEDINA_KEEP) rmSync(this.folder, { recursive: true, force: true });
  }

  /** Everything that the host has printed, over all its lives. */
  get hostOutput() {
    return this.logs.map((program) => program.output).join('\n');
  }

  // ---- the operator ----

  get socket() {
    return join(this.folder, 'data/medinad.sock');
  }

  /** Signs a file with the key of the agency that it says it is of; the signature's path. */
  sign(file, agency) {
    const bytes = readFileSync(file);
    const key = this.keys.get(agency ?? agencyOf(bytes)) ?? this.keys.get('city-tests');
    const path = join(this.folder, `${++this.signatures}.minisig`);
    writeFileSync(path, signBytes(bytes, key));
    return path;
  }

  // What is loaded comes signed, unless the test says how.
  #signed(args) {
    const at = args.indexOf('load') + 1;
    const says = args.includes('--signature') || args.includes('--allow-unsigned');
    if (args[at - 2] !== 'plugin' || !args[at] || says || !existsSync(args[at])) return args;
    return [...args.slice(0, at + 1), '--signature', this.sign(args[at]), ...args.slice(at + 1)];
  }

  /** The operator's command; any exit code. */
  tryMedina(...args) {
    return run('medina', ['--socket', this.socket, ...this.#signed(args)]);
  }

  /** The operator's command, left running. */
  followMedina(...args) {
    const program = new Program('medina', ['--socket', this.socket, ...args]);
    this.logs.push(program);
    return program;
  }

  /** The operator's command, which must succeed; its output. */
  async medina(...args) {
    const { code, stdout, output } = await this.tryMedina(...args);
    assert.equal(code, 0, `medina ${args.join(' ')}: ${output}`);
    return stdout;
  }

  async plugins() {
    return JSON.parse(await this.medina('--json', 'plugin', 'list')).plugins;
  }

  // ---- a citizen over the API ----

  /** A call of the JSON API. body: anything that becomes JSON, or a string as it is. */
  api(method, path, { token, body, headers = {}, key, language, agent } = {}) {
    const fields = { ...headers };
    if (token) fields.authorization = `Bearer ${token}`;
    if (key) fields['idempotency-key'] = key;
    if (language) fields['accept-language'] = language;
    let bytes;
    if (body !== undefined) {
      bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
      fields['content-type'] ??= 'application/json';
      fields['content-length'] = bytes.length;
    }
    return request(this.url + path, { method, headers: fields, body: bytes, agent });
  }

  get(path, options) {
    return this.api('GET', path, options);
  }

  post(path, body, options) {
    return this.api('POST', path, { body, ...options });
  }

  /** The text messages of a number, newest first. */
  async messages(to) {
    const reply = await request(`${this.sandboxUrl}/sms.json?to=${encodeURIComponent(to)}`);
    return reply.json.messages;
  }

  async newestCode(to) {
    const [newest] = await this.messages(to);
    assert.ok(newest, `no message for ${to}`);
    const [code] = /\d{6}/.exec(newest.text);
    this.secrets.add(code);
    return code;
  }

  /** Asks for a code as the number is written; the challenge. */
  async askCode(written) {
    const reply = await this.post('/v1/sign-in/code', { phone: written });
    assert.equal(reply.status, 202, reply.text);
    this.secrets.add(written).add(reply.json.challenge);
    return reply.json.challenge;
  }

  /** Signs a citizen in; the bearer token. e164 is where the code arrives. */
  async signIn(e164, written = e164) {
    const challenge = await this.askCode(written);
    const code = await this.newestCode(e164);
    const reply = await this.post('/v1/sign-in', { challenge, code });
    assert.equal(reply.status, 201, reply.text);
    this.secrets.add(e164).add(reply.json.token);
    return reply.json.token;
  }

  /** Links an account with the code that the agency sends to the mobile it holds. */
  async linkAccount(token, instance, account, agencyPhone) {
    const asked = await this.post(`/v1/${instance}/link`, { account }, { token });
    assert.equal(asked.status, 200, asked.text);
    const code = await this.newestCode(agencyPhone);
    const done = await this.post(`/v1/${instance}/confirm`, { account, code }, { token });
    assert.equal(done.status, 200, done.text);
    return done.json;
  }

  // ---- paying ----

  async startPayment(items, { token, key, method = 'card' } = {}) {
    const body = { method, items };
    const reply = await this.post('/v1/payments', body, { token, key: key ?? uniqueKey() });
    assert.equal(reply.status, 201, reply.text);
    return this.payment(reply.json.payment, token);
  }

  async payment(id, token) {
    const reply = await this.get(`/v1/payments/${id}`, { token });
    assert.equal(reply.status, 200, reply.text);
    return reply.json;
  }

  /** The card on the provider's page; its answer (303 back to the city, 402 declined …). */
  giveCard(payment, number) {
    return submit(payment.redirect, { number, expiry: '12/30', cvc: '123' });
  }

  /** The bank's question: pass, fail, or stay (confirmed in the bank's app, tab closed). */
  answerBank(payment, outcome) {
    return submit(`${payment.redirect}/challenge`, { outcome });
  }

  /** The payment once it is in that state and, if asked, every line has reached its agency. */
  settled(id, { token, state = 'captured', delivered = true, ms } = {}) {
    return until(
      `payment is ${state}${delivered ? ' and delivered' : ''}`,
      async () => {
        const payment = await this.payment(id, token);
        const there = payment.lines.every((line) => line.delivered === true);
        return payment.state === state && (state !== 'captured' || !delivered || there) && payment;
      },
      ms,
    );
  }

  /** What the listing offers to pay, oldest last. */
  async payable(instance, account, token) {
    const reply = await this.get(`/v1/${instance}/bills?account=${account}`, { token });
    assert.equal(reply.status, 200, reply.text);
    const lists = reply.json.items ?? reply.json.sections.flatMap((section) => section.items ?? []);
    return lists.filter((item) => item.pay);
  }

  // ---- the world outside ----

  /** Orders a fault of the sandbox: target utility, toll, provider, sms or webhooks. */
  async fault(target, mode, delay_ms = 0) {
    const body = JSON.stringify({ mode, delay_ms });
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const url = `${this.sandboxUrl}/faults/${target}`;
    const reply = await request(url, { method: 'PUT', headers, body });
    assert.equal(reply.status, 200, reply.text);
  }

  /** The sandbox's books as they are on disk. */
  books() {
    return JSON.parse(readFileSync(join(this.folder, 'sandbox/sandbox.json'), 'utf8'));
  }

  /** What the provider has taken less what it gave back, and what the agencies have been posted. */
  sums() {
    const books = this.books();
    const sum = (list) => list.reduce((all, one) => all + one, 0);
    const taken = sum(Object.values(books.intents ?? {}).map((intent) => intent.amount_received));
    const given = sum((books.refunds ?? []).map((refund) => refund.amount));
    const bills = Object.values(books.utility).flatMap((account) => account.bills);
    const posted = bills.filter((bill) => bill.paid_reference).map((bill) => bill.total);
    const topUps = Object.values(books.toll).flatMap((account) => Object.values(account.top_ups));
    const instalments = Object.values(books.plans ?? {}).flatMap((plan) => plan.instalments);
    const fines = [...Object.values(books.fines), ...instalments]
      .filter((one) => one.paid_reference && !one.paid_reference.startsWith('COUNTER'))
      .map((one) => one.paid_amount);
    const fills = Object.values(books.fuel ?? {}).map((fill) => fill.settled ?? 0);
    return { charged: taken - given, posted: sum(posted) + sum(topUps) + sum(fines) + sum(fills) };
  }

  assertBooksAgree() {
    const { charged, posted } = this.sums();
    assert.equal(charged, posted, 'the provider took what the agencies were posted, no more');
    return posted;
  }
}

let keys = 0;
export const uniqueKey = () => `key-${process.pid}-${++keys}`;

/** A form as a browser sends it; redirects are not followed. */
export function submit(url, fields) {
  const body = new URLSearchParams(fields).toString();
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': Buffer.byteLength(body),
  };
  return request(url, { method: 'POST', headers, body });
}

/** Asserts a problem+json (RFC 9457) with that status and code; the problem. */
export function assertProblem(reply, status, code) {
  assert.equal(reply.status, status, reply.text);
  assert.match(reply.headers['content-type'], /^application\/problem\+json/);
  assert.equal(reply.json.type, `urn:medina:problem:${code}`);
  assert.equal(reply.json.status, status);
  assert.ok(reply.json.title, 'a problem has a title');
  return reply.json;
}
