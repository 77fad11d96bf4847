// SPDX-License-Identifier: Apache-2.0
// Attempts to reach another agency through what the host does for a plugin: its storage, its HTTP,
// its links. Each is a message as lies.mjs writes them, and the answer that the host must give.
import { http } from './lies.mjs';

const DENIED = 4;
const OK = 0;
const denied = (request) => ({ frames: [http(request)], status: DENIED });
const field = (line) => denied({ path: '/mine', fields: line });

// The plugin's back end is <host>/mine/api; nothing of these may reach the server at all.
export const refusedRequests = {
  'an absolute URL': denied({ path: 'http://127.0.0.1/secret' }),
  'an absolute URL of another scheme': denied({ path: 'file:///etc/passwd' }),
  'another host behind two slashes': denied({ path: '//127.0.0.1/secret' }),
  'another host behind a backslash': denied({ path: '/\\127.0.0.1/secret' }),
  'another host behind an @': denied({ path: '@127.0.0.1/secret' }),
  'another port': denied({ path: ':1/secret' }),
  'a name that goes on': denied({ path: '.example.org/secret' }),
  'no path': denied({ path: '' }),
  'a path without a slash': denied({ path: 'secret' }),
  'up by two dots': denied({ path: '/../secret' }),
  'up by two dots at the end': denied({ path: '/x/..' }),
  'up by two dots before a query': denied({ path: '/x/..?a=b' }),
  'up by two dots, twice': denied({ path: '/x/../../../secret' }),
  'up by encoded dots': denied({ path: '/%2e%2e/secret' }),
  'up by encoded dots in capitals': denied({ path: '/%2E%2E/secret' }),
  'up by one encoded dot': denied({ path: '/.%2e/secret' }),
  'up behind an encoded slash': denied({ path: '/x%2f..%2fsecret' }),
  'up behind an encoded backslash': denied({ path: '/x%5c..%5csecret' }),
  'up with a parameter': denied({ path: '/..;/secret' }),
  'a line break in the path': denied({ path: '/x HTTP/1.1\r\nHost: other\r\n\r\nGET /secret' }),
  'a NUL in the path': denied({ path: '/x\0y' }),
  'a blank in the path': denied({ path: '/x y' }),
  'a fragment in the path': denied({ path: '/x#y' }),
  'letters that are not ASCII': denied({ path: '/\u202e' }),
  'a method that is not known': denied({ method: 'CONNECT', path: '/mine' }),
  'a method with a line break': denied({ method: 'GET / HTTP/1.1\r\nX:', path: '/mine' }),
  'a method of nothing': denied({ method: '', path: '/mine' }),
  'the host field': field('Host: other.example'),
  'the host field in other letters': field('hOsT: other.example'),
  'a length of its own': field('Content-Length: 5'),
  'chunks of its own': field('Transfer-Encoding: chunked'),
  'credentials of its own': field('Authorization: Bearer stolen'),
  'a cookie': field('Cookie: a=b'),
  'another protocol': field('Upgrade: h2c'),
  'a return in a field': field('X-A: b\rHost: other'),
  'a field with a blank in its name': field('X A: b'),
  'a field that hides another': field('Host : other.example'),
  'a field without a name': field(': b'),
  'seventeen fields': field(Array.from({ length: 17 }, (_, i) => `X-${i}: y\n`).join('')),
};

// What is allowed goes to its own base, with its own token and nobody else's.
export const ownRequest = { frames: [http({ path: '/mine?q=1', fields: 'X-Own: yes' })], status: OK };

// A time-out of 0 is the shortest, not none.
export const hurriedRequest = { frames: [http({ path: '/hold', timeout: 0 })], status: 8 };

export const hostileLinks = {
  'an account that is no text': { account: Buffer.from([0xff, 0xfe]) },
  'an account with a line break': { account: 'A\r\nB' },
  'an account with a NUL': { account: 'A\0B' },
  'an account without a name': { account: '' },
  'an account of 64 bytes': { account: 'A'.repeat(64) },
  'a label that is no JSON': { label: '{"en":' },
  'a label of 400 bytes': { label: JSON.stringify({ en: 'x'.repeat(400) }) },
  'a label that is too deep': { label: '['.repeat(40) + ']'.repeat(40) },
};
