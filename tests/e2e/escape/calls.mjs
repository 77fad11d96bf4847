// SPDX-License-Identifier: Apache-2.0
// What the hostile plugins attempt from inside a call, and how each attempt must end. An errno: the
// call came back with it. forbidden: the process died of SIGSYS and its log names the call. killed:
// it died of SIGSYS before any handler ran. release: judged by the release build alone, because the
// sanitizers' own calls or shadow allow it in theirs (core/runner/filter_table.c has the list).
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const forbidden = { forbidden: true };
const killed = { how: /^signal 31$/, silent: true };
const each = (wanted, names) => Object.fromEntries(names.map((name) => [name, wanted]));

const files = {
  ...each(forbidden, [
    'access of a path', 'chdir of a path', 'chmod of a path', 'chown of a path', 'close_range', 'copy_file_range',
    'creat of a path', 'dup', 'dup2', 'dup3', 'duplicate by fcntl', 'duplicate by fcntl, closed on exec',
    'epoll of its own', 'eventfd', 'faccessat of a path', 'fanotify_init', 'fchdir', 'fchmodat of a path', 'flock',
    'getxattr of a path', 'inotify_add_watch of a path', 'inotify_init1', 'leases of a file', 'link of a path',
    'linkat of a path', 'lstat of a path', 'memfd', 'mknod of a path', 'mknodat of a path', 'name_to_handle_at',
    'open of a path', 'open_by_handle_at', 'openat2', 'pipe', 'pipe size', 'pipe2', 'seals of a file',
    'secret memory', 'sendfile', 'setxattr of a path', 'shrink the pulse\'s file', 'signalfd',
    'signals by a descriptor', 'splice', 'stat of a path', 'statfs of a path', 'statx of a path',
    'symlink of a path', 'symlinkat of a path', 'tee', 'timerfd', 'truncate of a path', 'utimensat of a path',
    'vmsplice',
  ]),
  ...each({ errno: 'EACCES' }, [
    'open ', 'open .', 'open ../../../../etc/passwd', 'open /', 'open /dev/fuse', 'open /dev/kmem', 'open /dev/kvm',
    'open /dev/mem', 'open /dev/ptmx', 'open /dev/shm/medina-escape', 'open /dev/tty', 'open /dev/zero',
    'open /etc/ld.so.preload', 'open /etc/passwd', 'open /etc/shadow', 'open /proc/self/environ',
    'open /proc/self/exe', 'open /proc/self/fd/0', 'open /proc/self/fd/3', 'open /proc/self/fd/4',
    'open /proc/self/maps', 'open /proc/self/mem', 'open /proc/self/ns/net', 'open /proc/sys/kernel/core_pattern',
    'open /proc/sysrq-trigger', 'open /scratch', 'open /sys/kernel/security', 'open /tmp/medina-escape',
    'open a file without a name', 'open a path that is none', 'open beside the control socket',
    'open by a path alone', 'open what the first processes have', 'open what the test names', 'stat a path',
  ]),
  ...each({ errno: 'EBADF' }, [
    'read its own log', 'write a descriptor that is not there', 'write the plugin\'s file',
  ]),
  ...each({ errno: 'EINVAL' }, [
    'write to the loop\'s epoll',
  ]),
  'descriptors that are open': { text: /^ppp(?=[^s]*s[^s]*s[^s]*s[^s]*$)[psa]*c?$/ },
  'map each descriptor': { returned: 0 },
  'seek in each descriptor': { returned: 0 },
  'read the device that libuv keeps': { returned: 0 },
};

const processes = {
  ...each(forbidden, [
    'capset', 'clone', 'clone that shares its memory', 'clone with namespaces', 'clone3',
    'execute a file in memory', 'execute the plugin\'s file', 'execve', 'execveat', 'fork', 'ioprio_set', 'kill',
    'kill everybody', 'kill its group', 'kill the parent', 'pidfd_getfd', 'pidfd_open', 'pidfd_send_signal',
    'prlimit of another', 'prlimit of its own', 'prlimit of processor time', 'process_mrelease', 'ptrace',
    'ptrace by the parent', 'ptrace seize', 'rt_sigqueueinfo', 'rt_tgsigqueueinfo', 'sched_setaffinity',
    'sched_setscheduler', 'setfsuid', 'setgid', 'setgroups', 'setns', 'setpgid', 'setpriority', 'setresuid',
    'setrlimit', 'setsid', 'setuid', 'tgkill another thread', 'tgkill process 1', 'tkill', 'unshare',
    'unshare the mounts', 'vfork', 'wait4',
  ]),
  'a handler of SIGSYS': { ...forbidden, release: true },
  // libc blocks signals before it asks the kernel, so that a sanitizer's build says nothing.
  ...each({ how: /^signal 31$/ }, ['a thread', 'a shell', 'fork bomb']),
  'SIGSYS blocked': { how: /^signal 31$/, silent: true },
  abort: { how: /^signal (6|11|31)$/, lines: /abort was called/ },
  exit: { how: /^exit code 0$/ },
};

const memory = {
  ...each(forbidden, [
    'code of huge pages', 'code of nothing',
    'code of the plugin\'s file', 'code that is only run', 'data becomes code', 'data becomes code, downwards',
    'data becomes writable code', 'get_robust_list', 'its text becomes writable code',
    'its text becomes writable, then code again', 'kcmp', 'lock with priorities', 'membarrier',
    'memory of everybody', 'memory shared by a file', 'migrate_pages', 'mincore', 'mlock', 'mlockall', 'move_pages',
    'mseal', 'msync', 'pkey_alloc', 'pkey_mprotect', 'process_madvise', 'process_vm_readv', 'process_vm_writev',
    'remap_file_pages', 'requeue a futex', 'shmat', 'shmget', 'userfaultfd', 'writable code',
  ]),
  ...each({ errno: 'EINVAL' }, [
    'move its text and write it',
  ]),
  // A sanitizer's report ends with a call that is forbidden.
  ...each({ how: /^signal (11|31)$/ }, ['write its own text', 'run data', 'data where its text was']),
  ...each({ ...forbidden, release: true }, ['advise to page out', 'advise to poison a page']),
};

const network = {
  ...each(forbidden, [
    'accept', 'accept4', 'bind', 'connect', 'credentials of its own', 'credentials of the host', 'getpeername',
    'getsockname', 'listen', 'netlink of audit', 'pass a descriptor', 'pass a descriptor on a loop\'s socket',
    'raw socket', 'recvfrom', 'recvmmsg', 'sendmmsg', 'sendto', 'shutdown', 'socket ALG', 'socket APPLETALK',
    'socket ASH', 'socket ATMPVC', 'socket ATMSVC', 'socket AX25', 'socket BLUETOOTH', 'socket BRIDGE',
    'socket CAIF', 'socket CAN', 'socket DECNET', 'socket ECONET', 'socket IB', 'socket IEEE802154', 'socket INET',
    'socket INET6', 'socket IPX', 'socket IRDA', 'socket ISDN', 'socket IUCV', 'socket KCM', 'socket KEY',
    'socket LLC', 'socket MCTP', 'socket MPLS', 'socket NETBEUI', 'socket NETLINK', 'socket NETROM', 'socket NFC',
    'socket PACKET', 'socket PHONET', 'socket PPPOX', 'socket QIPCRTR', 'socket RDS', 'socket ROSE', 'socket RXRPC',
    'socket SECURITY', 'socket SMC', 'socket SNA', 'socket TIPC', 'socket UNIX', 'socket UNSPEC', 'socket VSOCK',
    'socket WANPIPE', 'socket X25', 'socket XDP', 'socketpair', 'take a descriptor',
  ]),
};

const kernel = {
  ...each(forbidden, [
    'a call without a number', 'acct', 'add_key', 'adjtimex', 'arch_prctl', 'ask how much waits', 'bpf', 'chroot',
    'clock_adjtime', 'clock_settime', 'delete_module', 'finit_module', 'fsopen', 'getppid', 'init_module',
    'io_setup', 'io_uring_enter', 'io_uring_register', 'io_uring_setup', 'ioperm', 'iopl', 'kexec_load', 'keyctl',
    'landlock_add_rule', 'landlock_create_ruleset', 'landlock_restrict_self', 'lookup_dcookie', 'modify_ldt',
    'mount', 'move_mount', 'mq_open', 'msgget', 'open_tree', 'perf_event_open', 'personality', 'pivot_root',
    'prctl CAP_AMBIENT', 'prctl SET_CHILD_SUBREAPER', 'prctl SET_DUMPABLE', 'prctl SET_MM', 'prctl SET_NAME',
    'prctl SET_NO_NEW_PRIVS', 'prctl SET_PDEATHSIG', 'prctl SET_PTRACER', 'prctl SET_SECCOMP',
    'prctl SET_SECUREBITS', 'quotactl', 'reboot', 'request_key', 'seccomp', 'seccomp strict',
    'seccomp with a listener', 'semget', 'setdomainname', 'sethostname', 'setitimer', 'settimeofday',
    'signals of a socket', 'swapoff', 'swapon', 'sysfs', 'syslog', 'timer_create', 'type on a terminal',
    'type on a terminal, with high bits', 'umount2', 'uname', 'uselib', 'vhangup',
  ]),
  ...each({ errno: 'EPERM' }, [
    'ask for the machine\'s memory',
  ]),
  ...each({ errno: 'ENOTTY' }, [
    'ask for a terminal',
  ]),
  ...each(killed, [
    'int 0x80: getpid', 'int 0x80: exit', 'int 0x80: open', 'int 0x80: socketcall', 'x32: getpid', 'x32: write',
    'x32: socket', 'x32: execve',
  ]),
  // Linux lets these two past every filter, for code of its own (README of the runner).
  uretprobe: { any: [{ how: /^signal 4$/ }, forbidden] },
  uprobe: { any: [{ how: /^signal 4$/ }, { errno: 'ENXIO' }, forbidden] },
  'a negative call': killed,
};

// A sanitizer's shadow leaves no room for a limit of memory: the release build judges these.
const exhaustion = {
  ...each({ errno: 'ENOMEM', release: true }, [
    '10 GB by brk', '10 GB by malloc', '10 GB by mmap', '10 GB by mremap', '10 GB that are not reserved',
    '10 GB that are not used',
  ]),
  'memory until there is none': { errno: 'ENOMEM', text: /^2\d\d MB$/, release: true },
  'a stack without an end': { how: /^signal (11|31)$/ },
  'flood the log': { returned: 0, logged: /lines dropped/, last: true },
  'commands for a terminal on the log': { returned: 0, logged: /owned.* fake 2026 error medinad$/m },
  // By the call's own deadline, or, when the watchdog comes late and the call has been answered, by the longest.
  ...each({ how: /^signal 9: a handler did not yield within (its|the plugin's longest) deadline$/, status: 504 }, ['spin', 'sleep for an hour']),
  'spin with a forged pulse': { how: /^signal 9: it did not end a call that is long overdue$/, status: 504 },
};

const scratch = {
  ...each(forbidden, [
    'scratch: change of mode', 'scratch: device', 'scratch: hard link', 'scratch: other folder to stand in',
    'scratch: run a file', 'scratch: symlink',
  ]),
  ...each({ errno: 'ENOENT' }, [
    'scratch: open ../etc/passwd', 'scratch: open /dev/mem',
    'scratch: open /etc/passwd', 'scratch: open /proc/1/root', 'scratch: open /proc/self/fd/../../1/mem',
    'scratch: open /proc/self/fd/../mem', 'scratch: open /proc/self/mem', 'scratch: open /proc/self/ns/user',
    'scratch: open /scratch/../../etc/passwd', 'scratch: open what the test names', 'scratch: race of renames',
  ]),
  ...each({ errno: 'ENXIO' }, [
    'scratch: open /proc/self/fd/4', 'scratch: open /proc/self/fd/6',
  ]),
  ...each({ errno: 'EACCES' }, [
    'scratch: list above the folder', 'scratch: list the root', 'scratch: open /new-file',
    'scratch: open /proc/self/fd/2', 'scratch: rename out of it',
  ]),
  ...each({ errno: 'EFBIG' }, [
    'scratch: a file of a terabyte',
  ]),
  // Its own folder is empty, whatever others put into theirs.
  'scratch: list the folder': { text: /^(\. |\.\. |inside |leak |far |code |[ab] )+$/ },
  ...each({ errno: 'EFBIG', text: /^4096 KB$/ }, ['scratch: a file without a name', 'scratch: fill one file with bytes']),
  'scratch: fill it with bytes': { errno: 'ENOSPC', text: /^40\d\d KB$/ },
  'scratch: fill it with files': { errno: 'ENOSPC', text: /^10[12]\d files$/ },
  'scratch: leak descriptors': { errno: 'EMFILE', text: /^1\d$/ },
};

export const calls = { ...files, ...processes, ...memory, ...network, ...kernel, ...exhaustion };
export { scratch };

// Paths that only a running city has, for 'open what the test names': name → its path.
export const places = {
  "the host's database": (world) => join(world.folder, 'data', readdirSync(join(world.folder, 'data')).find((name) => name.endsWith('.db'))),
  "the host's operator socket": (world) => world.socket,
  "the host's configuration": (world) => world.configFile,
  "the host's memory": (world) => `/proc/${world.host.pid}/mem`,
  "the host's environment": (world) => `/proc/${world.host.pid}/environ`,
  "the host's descriptors": (world) => `/proc/${world.host.pid}/fd/0`,
  "another plugin's memory": (world, other) => `/proc/${other}/mem`,
  "another plugin's folder": (world, other) => `/proc/${other}/cwd`,
  "another plugin's root": (world, other) => `/proc/${other}/root/scratch`,
  "the runner's program": (world, other) => `/proc/${other}/exe`,
};
