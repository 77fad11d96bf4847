// SPDX-License-Identifier: Apache-2.0
// A visitor: a browser profile of its own in a city of its own. Whatever no page of the city may do
// is looked for all the time: errors in the console, violations of the content security policy,
// scripts that throw, missing assets, a page in another language than its address says. Afterwards
// the city is held to what city.mjs checks, so a flow that charges somebody twice fails.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

import { city, MARIAM, owner, WATER } from './city.mjs';
import { bin, CARD, until } from './world.mjs';

const WAIT_MS = 15_000;
const executablePath = process.env.MEDINA_CHROMIUM ?? '/usr/bin/chromium';
const quiet = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync',
  '--disable-background-networking', '--disable-component-update',
];

const chrome = existsSync(executablePath) && chromium.launch({ executablePath, args: quiet });
export const closeBrowser = async () => chrome && (await chrome).close();

/** What a citizen reads and presses, in both languages. */
export const WORDS = {
  en: {
    direction: 'ltr', script: /[A-Za-z]/,
    home: 'All city services in one place', water: 'Water and electricity',
    search: 'Search the services', pharmacies: 'Pharmacies and clinics',
    signIn: 'Sign in', phone: 'Mobile number', send: 'Send the code', code: 'Code',
    enterCode: 'Enter the code', wrongCode: 'The code is not right',
    link: 'Link an account', number: 'Account number', go: 'Continue',
    agencyCode: 'Enter the code from the agency', linked: 'The account is linked',
    open: 'Open the account', bills: 'Bills of account 2001234567',
    bill: /^Bill for [A-Z][a-z]+ \d{4}/, item: /^Electricity and water, [A-Z][a-z]+ \d{4}/,
    slabs: 'Electricity: slabs', chart: /^Chart:/, vat: 'VAT',
    payNow: 'Pay now', review: 'Review your payment', confirm: 'Confirm and pay',
    card: 'Card number', expiry: /Expiry/, cvc: 'Security code', pay: 'Pay', bankYes: 'Confirm',
    bankNo: 'Refuse', bankStay: /close this page/, notCharged: /The card was not charged/,
    leave: 'Cancel and go back', paid: 'Payment received', seeReceipt: 'See the receipt',
    receipt: 'Receipt', qr: 'QR code to check this receipt', account: 'My account', payments: 'Payments and receipts',
    demonstration: 'This is a demonstration. No money moves and nothing reaches a real agency.',
    other: 'العربية',
  },
  ar: {
    direction: 'rtl', script: /[\u0600-\u06ff]/,
    home: 'جميع خدمات المدينة في مكان واحد', water: 'الماء والكهرباء',
    search: 'البحث في الخدمات', pharmacies: 'الصيدليات والعيادات',
    signIn: 'تسجيل الدخول', phone: 'رقم الهاتف المتحرك', send: 'إرسال الرمز', code: 'الرمز',
    enterCode: 'أدخل الرمز', wrongCode: 'الرمز غير صحيح',
    link: 'ربط حساب', number: 'رقم الحساب', go: 'متابعة',
    agencyCode: 'أدخل الرمز الذي أرسلته الجهة', linked: 'تم ربط الحساب',
    open: 'عرض الحساب', bills: 'فواتير الحساب 2001234567',
    bill: /^فاتورة [\u0600-\u06ff]+ \d{4}/, item: /^الكهرباء والمياه، [\u0600-\u06ff]+ \d{4}/,
    slabs: 'الكهرباء: الشرائح', chart: /رسم بياني/, vat: 'ضريبة القيمة المضافة',
    payNow: 'ادفع الآن', review: 'مراجعة الدفع', confirm: 'تأكيد الدفع',
    card: 'رقم البطاقة', expiry: /تاريخ الانتهاء/, cvc: 'رمز الأمان', pay: 'ادفع', bankYes: 'تأكيد',
    bankNo: 'رفض', bankStay: /إغلاق هذه الصفحة/, notCharged: /لم يُخصم من البطاقة/,
    leave: 'إلغاء والعودة', paid: 'تم استلام الدفعة', seeReceipt: 'عرض الإيصال',
    receipt: 'إيصال الدفع', qr: /رمز/, account: 'حسابي', payments: 'المدفوعات والإيصالات',
    demonstration: 'هذا عرض تجريبي. لا تُحوَّل أي مبالغ ولا يصل شيء إلى أي جهة حقيقية.',
    other: 'English',
  },
};

class Visitor {
  constructor(world, context, language) {
    this.world = world;
    this.context = context;
    this.words = WORDS[language];
    this.language = language;
    this.faults = [];
    this.checks = [];
    context.on('page', (page) => this.#watch(page));
    context.on('weberror', (error) => this.faults.push(`a script threw: ${error.error().message}`));
  }

  #watch(page) {
    const ours = (url) => url.startsWith(this.world.url);
    page.setDefaultTimeout(WAIT_MS);
    page.on('console', (message) => {
      // A page with status 4xx is reported too; that is judged by the response below.
      const refused = /^Failed to load resource: the server responded/.test(message.text());
      if (message.type() === 'error' && ours(page.url()) && !refused)
        this.faults.push(`${page.url()}: ${message.text()}`);
    });
    page.on('response', (response) => {
      if (!ours(response.url())) return;
      const type = response.request().resourceType();
      if (type !== 'document' && response.status() >= 400)
        this.faults.push(`${response.url()}: ${response.status()}`);
      if (type === 'document' && (response.status() < 300 || response.status() >= 400))
        this.checks.push(this.#checkLanguage(response));
    });
  }

  async #checkLanguage(response) {
    const text = await response.text().catch(() => null); // gone with the next page
    if (text === null) return;
    const language = new URL(response.url()).pathname.slice(1, 3);
    const { direction } = WORDS[language];
    if (!text.includes(`<html lang="${language}" dir="${direction}">`))
      this.faults.push(`${response.url()}: not in the language of its address`);
  }

  async tab() {
    this.page = await this.context.newPage();
    return this.page;
  }

  async finish() {
    await this.context.close();
    await Promise.all(this.checks);
    assert.deepEqual(this.faults, []);
  }

  async go(path) {
    await this.page.goto(`${this.world.url}/${this.language}${path}`);
  }

  // ---- what is there to read and to press ----

  heading(name, level = 1) {
    return this.page.getByRole('heading', { name, level, exact: typeof name === 'string' });
  }

  /** The page whose heading is this is there, in one piece and in the reader's language. */
  async sees(name) {
    await this.heading(name).waitFor();
    await this.page.getByText(this.words.demonstration, { exact: true }).waitFor();
    assert.match(await this.page.title(), this.words.script);
    assert.equal(await this.page.getByText('[object Object]').count(), 0);
  }

  /** The same after a reload: nothing is asked for or done twice. */
  async seesAgain(name) {
    await this.page.reload();
    await this.sees(name);
  }

  async reads(text) {
    await this.page.getByText(text).first().waitFor();
  }

  button(name) {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' });
  }

  async presses(name) {
    await this.button(name).first().click();
  }

  async follows(name) {
    const exact = typeof name === 'string';
    await this.page.getByRole('main').getByRole('link', { name, exact }).first().click();
  }

  async types(label, text) {
    await this.page.getByLabel(label, { exact: typeof label === 'string' }).fill(text);
  }

  // ---- the steps of every flow ----

  async signsIn(person = MARIAM) {
    const { words, world } = this;
    await this.sees(words.signIn);
    await this.types(words.phone, person.phone);
    await this.presses(words.send);
    await this.sees(words.enterCode);
    world.secrets.add(person.phone);
    await this.types(words.code, await world.newestCode(person.phone));
    await this.presses(words.signIn);
  }

  async links(person = MARIAM) {
    const { words, world } = this;
    await this.sees(words.link);
    await this.types(words.number, person.bills);
    await this.presses(words.go);
    await this.sees(words.agencyCode);
    await this.types(words.code, await world.newestCode(person.phone));
    await this.presses(words.go);
    await this.sees(words.linked);
  }

  async signsInAndLinks() {
    await this.tab();
    await this.go(`/sign-in?next=/${WATER}/link`);
    await this.signsIn();
    await this.links();
  }

  /** Signed in, with an account that was linked before, over the API: a short way to the bills. */
  async isOwner() {
    const { bills } = await owner(this.world);
    this.item = bills[0].id;
    await this.tab();
    await this.go('/sign-in?next=/account');
    await this.signsIn();
    await this.sees(this.words.account);
  }

  /** From anywhere to the review of the newest open bill; an owner keeps a bookmark of it. */
  async reviewsABill() {
    if (this.item) {
      const item = encodeURIComponent(`instance=${WATER}&item=${this.item}`);
      await this.go(`/pay?item=${item}`);
      await this.sees(this.words.review);
      return;
    }
    await this.go(`/${WATER}/bills?account=${MARIAM.bills}`);
    await this.sees(this.words.bills);
    await this.follows(this.words.bill);
    await this.sees(this.words.bill);
    await this.presses(this.words.payNow);
    await this.sees(this.words.review);
  }

  async confirms() {
    await this.presses(this.words.confirm);
    await this.page.getByLabel(this.words.card, { exact: true }).waitFor();
  }

  async givesCard(number) {
    await this.types(this.words.card, number);
    await this.types(this.words.expiry, '12/30');
    await this.types(this.words.cvc, '123');
    await this.presses(this.words.pay);
  }

  async paysABill() {
    await this.reviewsABill();
    await this.confirms();
    await this.givesCard(CARD.pays);
    await this.isPaid();
  }

  /** The payment's page says that the agency has it, now or after looking again. */
  async isPaid() {
    await this.page.waitForURL(/\/payments\//);
    await until('the payment is received', async () => {
      if (await this.heading(this.words.paid).count()) return true;
      await this.page.reload();
      return false;
    });
    await this.sees(this.words.paid);
  }

  /** How many payments of theirs took money. */
  async paidCount() {
    await this.go('/account/payments');
    await this.sees(this.words.payments);
    return this.page.getByText(this.words.paid, { exact: true }).count();
  }
}

/** A city with the citizen's web; config: sections laid over it. options: those of a world. */
export function webCity(t, config = {}, options = {}) {
  const web = join(bin, '../web');
  // The sandbox's port is not known when the host's configuration is written; any of this machine.
  const provider = { page_origin: 'http://127.0.0.1:*' };
  return city(t, { ...options, config: { paths: { web }, provider, ...config } });
}

/** Somebody with a browser profile of their own, in a city that may have other visitors. */
export async function newVisitor(world, options = {}) {
  if (!chrome) throw new Error(`no browser at ${executablePath}`);
  const { language = 'en', javascript = true, width = 1280, height = 800, dark = false,
    workers = false } = options;
  const context = await (await chrome).newContext({
    javaScriptEnabled: javascript, locale: language, colorScheme: dark ? 'dark' : 'light',
    viewport: { width, height }, serviceWorkers: workers ? 'allow' : 'block',
  });
  return new Visitor(world, context, language);
}

/** Runs a flow with a city and a visitor of its own. options: those of a visitor, and city's. */
export async function visit(t, options, flow) {
  const world = await webCity(t, {}, { plugins: options.plugins ?? true });
  const visitor = await newVisitor(world, options);
  const { context } = visitor;
  try {
    await flow(visitor, world);
  } catch (error) {
    const page = visitor.page;
    if (page && !page.isClosed())
      error.message += `\nat ${page.url()}:\n${await page.innerText('body').catch(() => '')}`;
    await context.close();
    throw error;
  }
  await visitor.finish();
}
