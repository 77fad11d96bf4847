// SPDX-License-Identifier: Apache-2.0
// Lies in the protocol between runner and host (core/wire/message.h): each field of each message that
// a runner may send, out of range, and every message that it may not. A lie names the reason for
// which the host must kill the process; alive: what the host must do instead.

const START = 1, SANDBOXED = 2, STARTED = 3, DATA = 4, DATA_TAKEN = 5, STOP = 6, LOG = 7;
const CALL = 8, CANCEL = 9, RESULT = 10, HTTP = 11, KV = 12, LINK = 13, ANSWER = 14, PUBLISH = 15;
const CHUNK = 16 * 1024;
const MORE = 1;

const u32 = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
};
const u64 = (value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const text = (value) => {
  const bytes = Buffer.from(value);
  return Buffer.concat([u32(bytes.length), bytes]);
};
const hex = (...fields) => Buffer.concat(fields).toString('hex');

const control = (type, fields = [], more = {}) => ({ socket: 'control', type, hex: hex(...fields), ...more });
const loop = (type, fields = [], more = {}) => ({ socket: 'loop', type, own: true, hex: hex(...fields), ...more });
const result = (status, code, body, more) => loop(RESULT, [u32(status), text(code), text(body)], more);
export const http = ({ timeout = 2000, method = 'GET', path = '/', fields = '', body = '', file = '' }, more) =>
  loop(HTTP, [u32(timeout), text(method), text(path), text(fields), text(body), text(file)], { request: 1, ...more });
export const kv = ({ verb, key = 'k', value = '', expected = '', ttl = 0, limit = 0 }, more) =>
  loop(KV, [u32(verb), text(key), text(value), text(expected), u64(ttl), u32(limit)], { request: 1, ...more });
export const link = ({ verb = 0, account = 'A-1', label = '{"en":"x","ar":"x"}' }, more) =>
  loop(LINK, [u32(verb), text(account), text(label)], { request: 1, ...more });

const publish = ({ topic = 't', result = '{}', more = [] }, frame) =>
  loop(PUBLISH, [text(topic), text(result), ...more], { request: 1, ...frame });

// A long message in chunks: its last text goes on with that many blanks.
function long(frame, blanks) {
  const first = CHUNK - frame.hex.length / 2;
  const full = Math.floor((blanks - first) / CHUNK);
  const rest = blanks - first - full * CHUNK;
  const more = { ...frame, flags: MORE };
  return [{ ...more, fill: first }, { ...more, hex: '', fill: CHUNK, repeat: full }, { ...frame, hex: '', fill: rest }];
}
// A body that fills whole chunks, for a field follows it.
function longPost(chunks, more) {
  const post = (blanks) => loop(HTTP, [u32(4000), text('POST'), text('/hold'), text(''), u32(blanks)], { request: 1, ...more });
  const first = CHUNK - post(0).hex.length / 2;
  const frame = { ...post(first + (chunks - 1) * CHUNK), flags: MORE };
  return [{ ...frame, fill: first }, { ...frame, hex: '', fill: CHUNK, repeat: chunks - 1 }, { ...frame, hex: hex(text('')), flags: 0 }];
}
const longLabel = (blanks) => long(loop(LINK, [u32(0), text('A-1'), u32(blanks)], { request: 1 }), blanks);

// What the host must do: kill, for that reason; or go on.
const killed = (reason, ...frames) => ({ reason, frames, then: 'finish' });
const killedAtOnce = (reason, ...frames) => ({ reason, frames, then: 'nothing' });
const goesOn = (...frames) => ({ status: 200, frames, then: 'finish' });
// What follows on the same socket would be taken for the rest: another process begins anew.
const goesOnAlone = (...frames) => ({ ...goesOn(...frames), last: true });
const answered = (status, ...frames) => ({ status: 200, answer: status, frames, then: 'answer' });
const citizenSees = (status, ...frames) => ({ status, frames, then: 'nothing' });

const wrongSocket = (name, number) => new RegExp(`message ${name} \\(${number}\\) on the wrong socket`);
const short = (name, field) => new RegExp(`${name} message: field ${field} is cut short`);
const surplus = (name) => new RegExp(`${name} message: \\d+ bytes too many`);

const deep = '['.repeat(40) + ']'.repeat(40);
const bytes = (...list) => Buffer.from(list);

// ---- the frame ----

const frames = {
  'a type of 0 on the control socket': killed(wrongSocket('\\?', 0), control(0)),
  'a type of 0 on a loop': killed(wrongSocket('\\?', 0), loop(0)),
  'a type that is not known yet': killed(wrongSocket('\\?', 16), loop(16)),
  'the last type there can be': killed(wrongSocket('\\?', 255), control(255)),
  'start from a runner': killed(wrongSocket('start', 1), control(START)),
  'data from a runner': killed(wrongSocket('data', 4), control(DATA, [text('x')])),
  'stop from a runner': killed(wrongSocket('stop', 6), control(STOP)),
  'call from a runner': killed(wrongSocket('call', 8), loop(CALL, [u32(0), u32(0), text(''), text(''), text('{}')])),
  'cancel from a runner': killed(wrongSocket('cancel', 9), loop(CANCEL)),
  'answer from a runner': killed(wrongSocket('answer', 14), loop(ANSWER, [u32(0), u32(0), text(''), text('')])),
  'result on the control socket': killed(wrongSocket('result', 10), control(RESULT, [u32(0), text(''), text('{}')])),
  'http on the control socket': killed(wrongSocket('http', 11), control(HTTP)),
  'kv on the control socket': killed(wrongSocket('kv', 12), control(KV)),
  'link on the control socket': killed(wrongSocket('link', 13), control(LINK)),
  'publish on the control socket': killed(wrongSocket('publish', 15), control(PUBLISH)),
  'log on a loop': killed(wrongSocket('log', 7), loop(LOG, [u32(1), text('x')])),
  'started on a loop': killed(wrongSocket('started', 3), loop(STARTED, [u32(1), text('')])),
  'sandboxed on a loop': killed(wrongSocket('sandboxed', 2), loop(SANDBOXED, [u32(1), u32(1)])),
  'data-taken on a loop': killed(wrongSocket('data-taken', 5), loop(DATA_TAKEN, [u32(1), text('')])),
  'a flag that is none': killed(/frame with unknown flags/, loop(RESULT, [], { flags: 2 })),
  'all flags': killed(/frame with unknown flags/, control(LOG, [], { flags: 255 })),
  'the field that must be zero': killed(/frame with unknown flags/, loop(RESULT, [], { zero: 1 })),
  'a frame one byte too long': killed(/frame of 16385 bytes, at most 16384 allowed/, loop(RESULT, [], { size: CHUNK + 1 })),
  'a frame of 2 GB': killed(/frame of 2147483648 bytes/, loop(RESULT, [], { size: 2 ** 31 })),
  'a frame of -1 bytes': killed(/frame of 4294967295 bytes/, control(LOG, [], { size: 2 ** 32 - 1 })),
  'a chunk that is not full': killed(/chunk of 5 bytes is not full/, loop(RESULT, [Buffer.from('short')], { flags: MORE })),
  'a chunk of nothing': killed(/chunk of 0 bytes is not full/, loop(RESULT, [], { flags: MORE })),
  'a message without an end': killed(/message of type 10 is over 4194304 bytes/, loop(RESULT, [], { flags: MORE, fill: CHUNK, repeat: 300 })),
  'chunks of a call that is not open, without an end': killed(/message of type 11 is over/, loop(HTTP, [], { flags: MORE, fill: CHUNK, repeat: 300, own: false, call: 77 })),
  'chunks on the control socket, without an end': killed(/message of type 7 is over 65536 bytes/, control(LOG, [], { flags: MORE, fill: CHUNK, repeat: 20 })),
  'many incomplete messages': killed(/incomplete messages are over/, ...[1, 2, 3].map((request) => loop(HTTP, [], { flags: MORE, fill: CHUNK, repeat: 200, request }))),
  'an incomplete frame and silence': goesOnAlone(control(LOG, [u32(1), text('never'.repeat(20))], { size: 4 + 4 + 200 })),
};

// ---- the life of the process ----

const life = {
  'started twice': killed(/started that nobody asked for/, control(STARTED, [u32(1), text('')])),
  'started with a refusal, late': killed(/started that nobody asked for/, control(STARTED, [u32(0), text('no')])),
  'started, a field missing': killed(short('started', 1), control(STARTED, [u32(1)])),
  'started, an empty message': killed(short('started', 0), control(STARTED)),
  'started, a text longer than the message': killed(short('started', 1), control(STARTED, [u32(1), u32(1000)])),
  'started, a text of -1 bytes': killed(short('started', 1), control(STARTED, [u32(1), u32(2 ** 32 - 1)])),
  'started, bytes behind it': killed(surplus('started'), control(STARTED, [u32(1), text(''), u32(0)])),
  'started for a call': killed(/names a call or a request/, control(STARTED, [u32(1), text('')], { call: 1 })),
  'sandboxed after started': killed(/sandboxed that nobody asked for/, control(SANDBOXED, [u32(0xffffffff), u32(99)])),
  'sandboxed, a field missing': killed(short('sandboxed', 1), control(SANDBOXED, [u32(1)])),
  'sandboxed, bytes behind it': killed(surplus('sandboxed'), control(SANDBOXED, [u32(1), u32(1), u32(1)])),
  'data-taken unasked': killed(/data-taken that nobody asked for/, control(DATA_TAKEN, [u32(1), text('')])),
  'data-taken, a field missing': killed(short('data-taken', 1), control(DATA_TAKEN, [u32(1)])),
  'data-taken, bytes behind it': killed(surplus('data-taken'), control(DATA_TAKEN, [u32(1), text(''), u32(1)])),
  'data-taken for a request': killed(/names a call or a request/, control(DATA_TAKEN, [u32(1), text('')], { request: 3 })),
  'log of level 4': killed(/log level 4/, control(LOG, [u32(4), text('x')])),
  'log of level -1': killed(/log level 4294967295/, control(LOG, [u32(2 ** 32 - 1), text('x')])),
  'log, a field missing': killed(short('log', 1), control(LOG, [u32(1)])),
  'log, a text longer than the message': killed(short('log', 1), control(LOG, [u32(1), u32(50), Buffer.from('x')])),
  'log, bytes behind it': killed(surplus('log'), control(LOG, [u32(1), text('x'), Buffer.from('y')])),
  'log for a call': killed(/names a call or a request/, control(LOG, [u32(1), text('x')], { call: 5 })),
  'log of nothing': goesOn(control(LOG, [u32(1), text('')])),
  'log of bytes that are no text': goesOn(control(LOG, [u32(3), text(bytes(0xff, 0xfe, 0, 0x1b, 0x5b, 0xc2, 0x9b))])),
  'log of 16 KB': goesOn(control(LOG, [u32(1), u32(16000)], { fill: 16000 })),
  'a flood of log lines': goesOn(control(LOG, [u32(0), text('flood')], { repeat: 5000 })),
};

// ---- results ----

const results = {
  'result of status 9': killedAtOnce(/result with status 9/, result(9, '', '{}')),
  'result of status -1': killedAtOnce(/result with status 4294967295/, result(2 ** 32 - 1, '', '{}')),
  'result with a code in capitals': killedAtOnce(/malformed code/, result(1, 'Upper.Case', '')),
  'result with a code of 65 letters': killedAtOnce(/malformed code/, result(1, 'a'.repeat(65), '')),
  'result with a code that breaks lines': killedAtOnce(/malformed code/, result(1, 'a\r\nset-cookie: x', '')),
  'result with a code with a NUL': killedAtOnce(/malformed code/, result(1, 'a\0b', '')),
  'result, a field missing': killedAtOnce(short('result', 2), loop(RESULT, [u32(0), text('')])),
  'result, empty': killedAtOnce(short('result', 0), loop(RESULT)),
  'result, a body longer than the message': killedAtOnce(short('result', 2), loop(RESULT, [u32(0), text(''), u32(99)])),
  'result, a code of -1 bytes': killedAtOnce(short('result', 1), loop(RESULT, [u32(0), u32(2 ** 32 - 1)])),
  'result, bytes behind it': killedAtOnce(surplus('result'), loop(RESULT, [u32(0), text(''), text('{}'), text('')])),
  'result twice': killed(/result for call \d+, which is not open/, result(0, '', '{}')),
  'result for a call that has not come': killed(/result for call 64, which is not open/, result(0, '', '{}', { own: false, call: 64 })),
  'result for a call of the future': killed(/which is not open/, result(0, '', '{}', { call: 256 })),
  'result for a call of the past': killed(/which is not open/, result(0, '', '{}', { call: -256 })),
  'result for the last call there can be': killed(/result for call 4294967295, which is not open/, result(0, '', '{}', { own: false, call: 2 ** 32 - 1 })),
  "result on another loop's socket": killed(/result for call \d+, which is not open/, result(0, '', '{}', { socket: 'other' })),
  "request on another loop's socket": killed(/kv for call \d+, which is not open/, kv({ verb: 0 }, { socket: 'other' })),
  'result after a cancel': citizenSees(504),
  'result of a request': killed(/result of request 1/, result(0, '', '{}', { request: 1 })),
  'result that is no JSON': citizenSees(500, result(0, '', 'not json')),
  'result of nothing': citizenSees(500, result(0, '', '')),
  'result of broken UTF-8': citizenSees(500, result(0, '', Buffer.concat([Buffer.from('"'), bytes(0xc3, 0x28), Buffer.from('"')]))),
  'result with a NUL': citizenSees(500, result(0, '', '"a\0b"')),
  'result that is too deep': citizenSees(500, result(0, '', deep)),
  'result with text behind it': citizenSees(500, result(0, '', '{} {}')),
  'result of a lone surrogate': citizenSees(500, result(0, '', '"\\ud800"')),
  'refusal whose words are a number': citizenSees(422, result(1, 'hostile.liar', '5')),
  'refusal whose words are a list': citizenSees(422, result(1, 'hostile.liar', '["en"]')),
  'refusal whose words are no texts': citizenSees(422, result(1, 'hostile.liar', '{"en":{},"ar":[]}')),
  'refusal without a code': citizenSees(422, result(1, '', '')),
  'refusal whose words are no JSON': citizenSees(500, result(1, 'hostile.liar', '{')),
};

// ---- requests ----

const requests = {
  'request 0': killed(/request 0 out of order/, kv({ verb: 0 }, { request: 0 })),
  'request 2 before 1': killed(/request 2 out of order/, kv({ verb: 0 }, { request: 2 })),
  'request 1 twice': killed(/request 1 out of order/, kv({ verb: 0 }), kv({ verb: 0 })),
  'request -1': killed(/request 4294967295 out of order/, http({}, { request: 2 ** 32 - 1 })),
  'request for a call that is not open': killed(/kv for call 200, which is not open/, kv({ verb: 0 }, { own: false, call: 200 })),
  'request for a call of another lap': killed(/http for call \d+, which is not open/, http({}, { call: 512 })),
  'link for a call that is not open': killed(/link for call 99, which is not open/, link({}, { own: false, call: 99 })),
  'more requests than a call may have': killed(/a call asked for more than 256 things/, kv({ verb: 0 }, { repeat: 300, counting: true })),
  'requests of more bytes than a process may have': killed(/its requests under way are over 1048576 bytes/, ...[1, 2, 3, 4].flatMap((request) => longPost(18, { request }))),
  'answers that it does not read': { ...killed(/it does not read what it asked for/, kv({ verb: 0, key: 'large' }, { repeat: 200, counting: true })), then: 'wait', before: [kv({ verb: 1, key: 'large', value: 'x'.repeat(15_000) })] },
  'kv, verb 5': killed(/storage verb 5/, kv({ verb: 5 })),
  'kv, verb -1': killed(/storage verb 4294967295/, kv({ verb: 2 ** 32 - 1 })),
  'kv, a field missing': killed(short('kv', 5), loop(KV, [u32(0), text('k'), text(''), text(''), u64(0)], { request: 1 })),
  'kv, empty': killed(short('kv', 0), loop(KV, [], { request: 1 })),
  'kv, a key longer than the message': killed(short('kv', 1), loop(KV, [u32(0), u32(4096)], { request: 1 })),
  'kv, a value of -1 bytes': killed(short('kv', 2), loop(KV, [u32(1), text('k'), u32(2 ** 32 - 1)], { request: 1 })),
  'kv, an expected value that is cut': killed(short('kv', 3), loop(KV, [u32(3), text('k'), text('v'), u32(9)], { request: 1 })),
  'kv, half a time to live': killed(short('kv', 4), loop(KV, [u32(1), text('k'), text('v'), text(''), u32(1)], { request: 1 })),
  'kv, bytes behind it': killed(surplus('kv'), loop(KV, [u32(0), text('k'), text(''), text(''), u64(0), u32(0), u32(0)], { request: 1 })),
  'kv, no key': answered(5, kv({ verb: 0, key: '' })),
  'kv, a key of 513 bytes': answered(5, kv({ verb: 1, key: 'k'.repeat(513), value: 'v' })),
  'kv, a key that is no text': answered(5, kv({ verb: 1, key: bytes(0xff, 0xfe), value: 'v' })),
  'kv, a time to live of all time': answered(0, kv({ verb: 1, value: 'v', ttl: 2n ** 64n - 1n })),
  'kv, a time to live up to the end of the clock': answered(0, kv({ verb: 1, value: 'v', ttl: 2n ** 63n - 1n })),
  'kv, a scan for all there is': answered(0, kv({ verb: 4, key: '', limit: 2 ** 32 - 1 })),
  'kv, a scan of the end of all keys': answered(5, kv({ verb: 4, key: bytes(0xff) })),
  'kv, a scan within a character': answered(0, kv({ verb: 4, key: bytes(0xd8) })),
  'kv, a scan after a key of 513 bytes': answered(5, kv({ verb: 4, key: '', value: 'k'.repeat(513) })),
  'kv, expects what is absent': answered(7, kv({ verb: 3, key: 'none', value: 'v', expected: 'x' })),
  'http, a field missing': killed(short('http', 4), loop(HTTP, [u32(1), text('GET'), text('/'), text('')], { request: 1 })),
  'http, empty': killed(short('http', 0), loop(HTTP, [], { request: 1 })),
  'http, a method that is cut': killed(short('http', 1), loop(HTTP, [u32(1), u32(3)], { request: 1 })),
  'http, a path of -1 bytes': killed(short('http', 2), loop(HTTP, [u32(1), text('GET'), u32(2 ** 32 - 1)], { request: 1 })),
  'http, fields that are cut': killed(short('http', 3), loop(HTTP, [u32(1), text('GET'), text('/'), u32(9)], { request: 1 })),
  'http, bytes behind it': killed(surplus('http'), loop(HTTP, [u32(1), text('GET'), text('/'), text(''), text(''), text(''), u32(1)], { request: 1 })),
  'http, a body without a file behind it': killed(short('http', 5), loop(HTTP, [u32(1), text('GET'), text('/'), text(''), text('')], { request: 1 })),
  'link, verb 2': killed(/link verb 2/, link({ verb: 2 })),
  'link, verb -1': killed(/link verb 4294967295/, link({ verb: 2 ** 32 - 1 })),
  'link, a field missing': killed(short('link', 2), loop(LINK, [u32(0), text('A')], { request: 1 })),
  'link, empty': killed(short('link', 0), loop(LINK, [], { request: 1 })),
  'link, an account that is cut': killed(short('link', 1), loop(LINK, [u32(0), u32(9)], { request: 1 })),
  'link, bytes behind it': killed(surplus('link'), loop(LINK, [u32(0), text('A'), text('{}'), u32(0)], { request: 1 })),
  'publish, a field missing': killed(short('publish', 1), loop(PUBLISH, [text('t')], { request: 1 })),
  'publish, empty': killed(short('publish', 0), loop(PUBLISH, [], { request: 1 })),
  'publish, a topic that is cut': killed(short('publish', 0), loop(PUBLISH, [u32(9)], { request: 1 })),
  'publish, bytes behind it': killed(surplus('publish'), publish({ more: [u32(0)] })),
  'publish for a call that is not open': killed(/publish for call 99, which is not open/, publish({}, { own: false, call: 99 })),
  'publish without the permission': answered(4, publish({})),
  'link for nobody': answered(4, link({})),
  'link, a label of 300 KB, for nobody': answered(4, ...longLabel(300_000)),
};
export const lies = { ...frames, ...life, ...results, ...requests };
