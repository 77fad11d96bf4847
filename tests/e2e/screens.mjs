// SPDX-License-Identifier: Apache-2.0
// Pictures of a page as it is open: phone and desktop, light and dark.
// node tests/e2e/screens.mjs [FOLDER]: of every page of the tour, into build/screens.
import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } };

export async function takePictures(page, name) {
  for (const colorScheme of ['light', 'dark'])
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(viewport);
      await page.screenshot({ path: `${name}.${size}.${colorScheme}.png`, fullPage: true });
    }
}

const here = fileURLToPath(import.meta.url);
if (resolve(process.argv[1]) === here) {
  const top = join(dirname(here), '../..');
  const folder = resolve(process.argv[2] ?? join(top, 'build/screens'));
  const { status } = spawnSync(process.execPath,
    ['--test', '--test-name-pattern', 'is safe', join(dirname(here), 'browser-bounds.test.mjs')],
    { stdio: 'inherit', env: { ...process.env, MEDINA_SCREENSHOTS: folder } });
  process.exit(status ?? 1);
}
