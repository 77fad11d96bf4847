// SPDX-License-Identifier: Apache-2.0
// npm's opening_hours, given a calendar of the Emirates: it ships none, and takes none from outside.
// The published file is read, one entry is added to its table of countries, and the copy is loaded.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

export const COUNTRY = 'ae';

// [year or null for every year, month, day]; lunar dates of the years that the test asks about, and
// a fixed assumption: a moon is sighted when it may be.
export const PUBLIC_HOLIDAYS = [
    [null, 1, 1],
    [null, 12, 2],
    [null, 12, 3],
    [2025, 3, 30], [2025, 3, 31], [2025, 4, 1],
    [2025, 6, 5], [2025, 6, 6], [2025, 6, 7], [2025, 6, 8],
    [2025, 6, 27], [2025, 9, 5],
    [2026, 3, 19], [2026, 3, 20], [2026, 3, 21], [2026, 3, 22],
    [2026, 5, 26], [2026, 5, 27], [2026, 5, 28], [2026, 5, 29],
    [2026, 6, 16], [2026, 8, 25],
    [2027, 3, 9], [2027, 3, 10], [2027, 3, 11],
    [2027, 5, 15], [2027, 5, 16], [2027, 5, 17], [2027, 5, 18],
    [2027, 6, 6], [2027, 8, 14],
    [2028, 2, 26], [2028, 2, 27], [2028, 2, 28],
    [2028, 5, 4], [2028, 5, 5], [2028, 5, 6], [2028, 5, 7],
    [2028, 5, 25], [2028, 8, 3],
];

// First and last month and day, the same every year.
export const SCHOOL_HOLIDAYS = [[3, 16, 3, 29], [7, 3, 8, 28], [12, 8, 12, 28]];
export const CALENDAR_YEARS = [2023, 2035];

function definitions() {
    const ph = PUBLIC_HOLIDAYS.map(([year, month, day], i) => ({
        name: `holiday ${i}`,
        fixed_date: [month, day],
        ...(year ? { year } : {}),
    }));
    const sh = { name: 'school holidays', default: SCHOOL_HOLIDAYS.flat() };
    return JSON.stringify({ PH: ph, SH: [sh] });
}

function publishedFile(require) {
    try {
        return path.join(path.dirname(require.resolve('opening_hours/package.json')), 'build', 'opening_hours.esm.mjs');
    } catch {
        throw new Error("npm's opening_hours is not installed: run npm ci in tests/");
    }
}

export async function loadOpeningHours() {
    const require = createRequire(import.meta.url);
    const published = publishedFile(require);
    const table = 'var holiday_definitions = /*#__PURE__*/Object.freeze({\n';
    const suncalc = "from 'suncalc'";
    const source = readFileSync(published, 'utf8');
    if (source.split(table).length !== 2 || source.split(suncalc).length !== 2)
        throw new Error('opening_hours has changed: its table of holidays is not where it was');
    const folder = mkdtempSync(path.join(tmpdir(), 'medina-opening-hours-'));
    try {
        const copy = path.join(folder, 'opening_hours.mjs');
        writeFileSync(copy, source
            .replace(table, `${table}${COUNTRY}: ${definitions()},\n`)
            .replace(suncalc, `from '${pathToFileURL(require.resolve('suncalc'))}'`));
        return (await import(pathToFileURL(copy))).default;
    } finally {
        rmSync(folder, { recursive: true });
    }
}

function isoDay(year, month, day) {
    return new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10);
}

// The same days as sorted lists of dates.
export function calendarDays() {
    const publicDays = [];
    const schoolDays = [];
    for (let year = CALENDAR_YEARS[0]; year <= CALENDAR_YEARS[1]; year++) {
        for (const [only, month, day] of PUBLIC_HOLIDAYS)
            if (!only || only === year)
                publicDays.push(isoDay(year, month, day));
        for (const [month, day, toMonth, toDay] of SCHOOL_HOLIDAYS)
            for (let i = 0; isoDay(year, month, day + i) <= isoDay(year, toMonth, toDay); i++)
                schoolDays.push(isoDay(year, month, day + i));
    }
    return { publicDays: publicDays.sort(), schoolDays: schoolDays.sort() };
}
