// SPDX-License-Identifier: Apache-2.0
// Attempts before the plugin has started: what its constructors try inside dlopen (constructor.c),
// and files that the host must refuse unread.
//
// refused: the load fails and says that. log: what the host's log says of it. then: calls that the
// plugin tries when it has been loaded all the same, and how they end (calls.mjs).

const forbidden = (number) => ({ refused: /process ended before it answered/, log: new RegExp(`system call ${number} is not allowed here`) });
const told = (log) => ({ log });
const lied = (reason) => ({ any: true, log: new RegExp(`broke the protocol: ${reason}`) });

// Numbers of x86-64; elsewhere the line is looked for, not the number.
const number = (value) => (process.arch === 'x64' ? value : '\\d+');
const MMAP = number(9);

export const constructors = {
  fork: forbidden(number(56)),
  clone: forbidden(number(56)),
  exec: forbidden(number(59)),
  socket: forbidden(number(41)),
  ptrace: forbidden(number(101)),
  kill: forbidden(number(62)),
  listener: forbidden(number(317)),
  shared: forbidden(MMAP),
  code: forbidden(MMAP),
  'anonymous-code': forbidden(MMAP),
  'writable-file-code': forbidden(MMAP),
  'map-file-to-write': forbidden(MMAP),
  open: told(/open: EACCES/),
  'open-itself': told(/write itself: EBADF/),
  'write-file': told(/write the file: EBADF/),
  'data-code': told(/data becomes code: EACCES/),
  descriptors: told(/leak descriptors: EMFILE/),
  spin: { refused: /process ended before it answered/, log: /loading took more processor time than is allowed/ },
  'lift-time': { refused: /did not answer within 8000 ms/, log: /lift the limit of time: done/ },
  sleep: { refused: /did not answer within 8000 ms/ },
  exit: { refused: /process ended before it answered/, log: /its process ended: exit code 0/ },
  abort: { refused: /process ended before it answered/, log: /abort was called/ },
  sandboxed: { ...lied('sandboxed that nobody asked for'), refused: /process ended before it answered/ },
  started: lied('started that nobody asked for'),
  'data-taken': { ...lied('data-taken that nobody asked for'), refused: /process ended before it answered/ },
  'early-result': lied('result for call 0, which is not open'),
  // The host believes it, and so it has the rest of loading to sleep in, and its time.
  'started-and-stay': { any: true, log: /loading took more processor time than is allowed/ },
  'refuse-in-colours': { refused: /\[2J.* no/ },
  'started-7': { refused: /seven/ },
  // It serves with the filter of loading, in which nothing is new but a duplicate of a descriptor.
  seal: {
    log: /fake the seal: done/,
    then: {
      'code of nothing': { forbidden: true },
      'writable code': { forbidden: true },
      "code of the plugin's file": { errno: 'EBADF' },
      'data becomes code': { errno: 'EACCES' },
      'socket INET': { forbidden: true },
      fork: { forbidden: true },
      'open /etc/passwd': { errno: 'EACCES' },
      'open /proc/self/fd/3': { errno: 'EACCES' },
    },
  },
};

export const lodgers = { 'scratch-code': told(/a file to write: done[^]*code of a file: EPERM/) };

// ---- files ----

const PT_LOAD = 1, PT_GNU_STACK = 0x6474e551, PF_X = 1, PF_W = 2;

// Changes the flags of each program header of that type for which it holds.
function flags(file, type, when, bits) {
  const table = Number(file.readBigUInt64LE(32));
  for (let i = 0; i < file.readUInt16LE(56); i++) {
    const at = table + i * 56;
    const now = file.readUInt32LE(at + 4);
    if (file.readUInt32LE(at) === type && when(now)) file.writeUInt32LE(now | bits, at + 4);
  }
}

function rename(file, from, to) {
  const at = file.indexOf(`\0${from}\0`);
  file.write(to, at + 1, 'latin1');
}

export const files = {
  'a file with an executable stack': { change: (file) => flags(file, PT_GNU_STACK, () => true, PF_X), refused: /executable stack/ },
  'a file with writable code': { change: (file) => flags(file, PT_LOAD, (now) => now & PF_X, PF_W), refused: /both writable and executable/ },
  'a file that needs another library': { change: (file) => rename(file, 'libc.so.6', 'libz.so.1'), refused: /needs the library libz\.so\.1/ },
  'a file that exports another symbol': { change: (file) => rename(file, 'medina_plugin_v1', 'malloc_plugin_v1'), refused: /exports malloc_plugin_v1|does not export/ },
  'a program in place of a plugin': { change: (file) => file.writeUInt16LE(2, 16), refused: /not a 64-bit little-endian shared object/ },
  'a file of another machine': { change: (file) => file.writeUInt16LE(0x28, 18), refused: /built for another machine/ },
};
