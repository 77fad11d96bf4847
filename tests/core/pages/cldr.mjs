// SPDX-License-Identifier: Apache-2.0
// node cldr.mjs TABLE STRINGS: compares what the host has made of values (cldr.c) with Intl, and
// prints what differs. Digits are the Western ones in both languages, as the host writes them.
//
// Left out of the comparison, since the host differs on purpose: invisible marks of direction (its
// pages set the direction), the minus (a true one here, a hyphen there), and the symbols of other
// currencies than the dirham, which the host names by their codes.
import { readFileSync } from 'node:fs';

const [table, strings] = process.argv.slice(2);
const locales = { en: 'en-AE', ar: 'ar-AE' };
const plain = (text) => text.replace(/[\u200e\u200f\u061c]/g, '').replaceAll('\u2212', '-');
const words = (language) => JSON.parse(readFileSync(`${strings}/${language}.json`, 'utf8'));
const found = { en: words('en').search.found, ar: words('ar').search.found };

const number = (language, value, options) => new Intl.NumberFormat(locales[language],
  { numberingSystem: 'latn', roundingMode: 'halfExpand', ...options }).format(value);
const date = (language, value, options) => new Intl.DateTimeFormat(locales[language],
  { numberingSystem: 'latn', calendar: 'gregory', timeZone: 'UTC', ...options }).format(value);

function money(language, { amount, currency }) {
  const { maximumFractionDigits } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
  return number(language, amount / 10 ** maximumFractionDigits,
    { style: 'currency', currency, currencyDisplay: currency === 'AED' ? 'symbol' : 'code' });
}

const expected = {
  integer: (language, value) => number(language, value),
  number: (language, value) => number(language, value, { maximumFractionDigits: 3 }),
  hundredths: (language, value) => number(language, value, { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
  money,
  date: (language, value) => date(language, new Date(value), { dateStyle: 'long' }),
  month: (language, value) => date(language, new Date(value), { month: 'long', year: 'numeric' }),
  'short-month': (language, value) => date(language, new Date(value), { month: 'short' }),
  weekday: (language, value) => date(language, new Date(Date.UTC(2023, 0, 1 + value)), { weekday: 'long' }),
  count: (language, value) =>
    found[language][new Intl.PluralRules(locales[language]).select(value)].replace('{count}', number(language, value)),
};

const rows = JSON.parse(readFileSync(table, 'utf8'));
let wrong = 0;
for (const { kind, language, value, text } of rows) {
  const intl = expected[kind](language, value);
  if (plain(text) === plain(intl)) continue;
  console.error(`${kind} ${JSON.stringify(value)} in ${language}: the host has "${text}", CLDR has "${intl}"`);
  wrong++;
}
console.error(`${rows.length} values compared with CLDR ${process.versions.cldr}, ${wrong} differ`);
process.exitCode = wrong || rows.length < 500 ? 1 : 0;
