// SPDX-License-Identifier: Apache-2.0
// What every page is held to, whoever made it: each function looks at the page that is open and
// answers with what is wrong, in words; an empty list is a page as it should be.
import axe from 'axe-core';

const POLICY = {
  'default-src': "'none'", 'script-src': "'self'", 'style-src': "'self'", 'font-src': "'self'",
  'img-src': "'self'", 'connect-src': "'self'", 'base-uri': "'none'", 'frame-ancestors': "'none'",
};

/** The head of the answer, and nothing inline in the body. */
export async function looksSafe(page, reply) {
  const headers = await reply.allHeaders(), wrong = [];
  const says = (name, value) => {
    if (!(headers[name] ?? '').includes(value)) wrong.push(`${name} is ${headers[name]}, without ${value}`);
  };
  for (const [name, value] of Object.entries(POLICY)) says('content-security-policy', `${name} ${value}`);
  if (/unsafe|data:|https?:\*/.test(headers['content-security-policy'])) wrong.push('the policy is loose');
  says('cache-control', 'no-store');
  says('x-content-type-options', 'nosniff');
  says('referrer-policy', 'same-origin');
  for (const { name, value } of await reply.headersArray())
    if (name.toLowerCase() === 'set-cookie' &&
        !/^__Host-[a-z]+=.*; Path=\/; .*Secure; HttpOnly; SameSite=Lax$/.test(value))
      wrong.push(`a cookie of another kind: ${value.split('=')[0]}`);
  wrong.push(...await page.evaluate(() => {
    const found = [...document.querySelectorAll('script:not([src]), style, [style], base, iframe, object, meta[http-equiv]')]
      .map((one) => `inline: ${one.outerHTML.slice(0, 100)}`);
    for (const one of document.querySelectorAll('*'))
      for (const { name } of one.attributes) if (name.startsWith('on')) found.push(`${name} on ${one.tagName}`);
    for (const form of document.querySelectorAll('form[method=post]')) {
      const chooses = new URL(form.action).pathname.endsWith('/pay'); // it changes nothing
      if (!chooses && !form.elements.csrf?.value) found.push(`no token in the form to ${form.action}`);
    }
    for (const link of document.querySelectorAll('a[href]')) {
      const { origin, protocol, href } = new URL(link.getAttribute('href'), location.href);
      if (origin !== location.origin && !/^(https|tel|mailto|geo):$/.test(protocol))
        found.push(`a link to ${href}`);
    }
    return found;
  }));
  return wrong;
}

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa'];
// What can be otherwise in another width, and in other colours.
export const SIZES = ['target-size', 'scrollable-region-focusable'];
export const COLOURS = ['color-contrast', 'link-in-text-block'];

/** Violations of WCAG 2.2 A and AA that axe finds; only: of these rules. */
export async function audit(page, only) {
  if (!await page.evaluate('Boolean(window.axe)')) await page.evaluate(axe.source);
  const options = {
    runOnly: only ?? { type: 'tag', values: TAGS }, resultTypes: ['violations'],
    rules: { 'target-size': { enabled: true } },
  };
  const { violations } = await page.evaluate((given) => window.axe.run(document, given), options);
  return violations.map(({ id, nodes }) => `axe ${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' ; ')}`);
}

/** Nothing is wider than the window or cut off, and what has the focus is seen (SC 1.4.10, 2.4.11). */
export const reflow = (page) => page.evaluate(() => {
  const found = [], name = (one) => one.outerHTML.slice(0, 120);
  const root = document.scrollingElement;
  if (root.scrollWidth > root.clientWidth + 1) {
    const wide = [...document.querySelectorAll('main *, header *, footer *')]
      .filter((one) => one.getBoundingClientRect().right > root.clientWidth + 1 || one.getBoundingClientRect().left < -1)
      .filter((one) => !one.closest('.hidden, .skip, svg'));
    found.push(`the page scrolls sideways: ${root.scrollWidth} in ${root.clientWidth}: ${wide.slice(0, 2).map(name)}`);
  }
  for (const one of document.querySelectorAll('body *')) {
    const { overflowX, overflowY } = getComputedStyle(one);
    if (one.closest('svg, .hidden, [hidden]') || one.clientWidth <= 1) continue;
    const cutsX = /hidden|clip/.test(overflowX) && one.scrollWidth > one.clientWidth + 1;
    const cutsY = /hidden|clip/.test(overflowY) && one.scrollHeight > one.clientHeight + 1;
    if (cutsX || cutsY) found.push(`cut off: ${name(one)}`);
  }
  for (const one of document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')) {
    if (!one.checkVisibility() || one.disabled || one.tabIndex < 0 || one.closest('svg')) continue;
    one.focus();
    const { left, right, top, bottom, width, height } = one.getBoundingClientRect();
    if (document.activeElement !== one || width <= 1 || height <= 1) continue;
    const seen = document.elementFromPoint(
      (Math.max(left, 0) + Math.min(right, innerWidth)) / 2, (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2);
    const near = one.labels?.[0];
    if (!seen || !(one.contains(seen) || seen.contains(one) || near?.contains(seen)))
      found.push(`hidden while it has the focus: ${name(one)}`);
  }
  document.activeElement.blur();
  scrollTo(0, 0);
  return found;
});

/** With the spacing of SC 1.4.12, as a reader sets it. */
export async function spaced(page) {
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
      word-spacing: 0.16em !important } p { margin-block-end: 2em !important }`);
    document.adoptedStyleSheets = [sheet];
  });
  const wrong = await reflow(page);
  await page.evaluate(() => { document.adoptedStyleSheets = []; });
  return wrong.map((one) => `with wide spacing: ${one}`);
}

/** In forced colours only borders tell a button and a field, and an outline the focus. */
export const inForcedColours = (page) => page.evaluate(() => {
  const found = [];
  for (const one of document.querySelectorAll('.button, input:not([type=hidden]), select, textarea')) {
    if (!one.checkVisibility()) continue;
    const style = getComputedStyle(one), own = /checkbox|radio|file/.test(one.type);
    const edges = ['Top', 'Right', 'Bottom', 'Left'].filter((side) =>
      style[`border${side}Style`] !== 'none' && parseFloat(style[`border${side}Width`]) > 0);
    if (!own && edges.length < 4) found.push(`no border in forced colours: ${one.outerHTML.slice(0, 120)}`);
    if (own && !one.closest('.hidden') && (one.clientWidth <= 1 || style.opacity === '0'))
      found.push(`not seen in forced colours: ${one.outerHTML.slice(0, 120)}`);
    one.focus({ focusVisible: true });
    const focus = getComputedStyle(one);
    if (document.activeElement === one && !own && (focus.outlineStyle === 'none' || parseFloat(focus.outlineWidth) < 2))
      found.push(`no focus in forced colours: ${one.outerHTML.slice(0, 120)}`);
  }
  document.activeElement.blur();
  scrollTo(0, 0);
  return found;
});

/** Who asked for less motion sees none. */
export const still = (page) => page.evaluate(() => {
  const found = document.getAnimations().map(() => 'an animation runs');
  for (const one of document.querySelectorAll('.button, a, main'))
    if (getComputedStyle(one).transitionDuration !== '0s') found.push(`moves: ${one.outerHTML.slice(0, 100)}`);
  if (getComputedStyle(document.documentElement).scrollBehavior !== 'auto') found.push('it scrolls smoothly');
  return [...new Set(found)];
});

/** What stands in the main part, without what only a script can offer and what counts time. */
export const mainText = (page) => page.evaluate(() => {
  const main = document.querySelector('main').cloneNode(true);
  for (const one of main.querySelectorAll('[data-locate], [data-print], [data-locate-failed], [data-keep-here], [data-kept-pages], [data-wait]'))
    one.remove();
  return main.textContent.replace(/\d+:\d\d(:\d\d)?/g, '').replace(/\s+/g, ' ').trim();
});
