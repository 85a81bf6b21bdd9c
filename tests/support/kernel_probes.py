"""What plain Python tries in a worker, by the row of the corpus: rows L01 to L12 and L14.

``EPERM`` means the call failed softly and the worker lives; ``SIGSYS`` means the worker was killed. Nothing else is an
acceptable end of these probes under the whole lock. ``{tmp}`` is a folder of the test, ``{parent}`` a process of it.
"""

from cage_kit import IS_X86

EPERM, SIGSYS = "errno 1", "SIGSYS"

FILES = {
    "L01-read": ("open('/etc/passwd')", EPERM),
    "L01-write": ("open('{tmp}/written', 'w')", EPERM),
    "L01-create": ("os.open('{tmp}/written', os.O_CREAT | os.O_WRONLY)", EPERM),
    "L01-list": ("os.listdir('/')", EPERM),
    "L01-listdir-of-tmp": ("os.listdir('{tmp}')", EPERM),
    "L01-dev-null": ("open('/dev/null')", EPERM),
    "L01-proc": ("open('/proc/self/environ')", EPERM),
    "L02-stat": ("os.stat('/')", EPERM),
    "L02-lstat": ("os.lstat('/etc/passwd')", EPERM),
    "L02-readlink": ("os.readlink('/proc/self/exe')", EPERM),
    "L02-getcwd": ("os.getcwd()", EPERM),
    "L02-access": ("got = os.access('/', os.F_OK)", '{{"got":"False"}}'),
    "L03-unlink": ("os.unlink('{tmp}/kept')", SIGSYS),
    "L03-chmod": ("os.chmod('{tmp}/kept', 0o777)", SIGSYS),
    "L03-rename": ("os.rename('{tmp}/kept', '{tmp}/moved')", SIGSYS),
    "L03-mkdir": ("os.mkdir('{tmp}/folder')", SIGSYS),
    "L03-symlink": ("os.symlink('a', '{tmp}/link')", SIGSYS),
    "L03-truncate": ("os.truncate('{tmp}/kept', 0)", SIGSYS),
    "L03-chdir": ("os.chdir('/')", SIGSYS),
    "L03-mount": ("libc.mount(b'none', b'{tmp}', b'tmpfs', 0, None)", SIGSYS),
    "L03-chroot": ("os.chroot('{tmp}')", SIGSYS),
    "L03-memfd": ("os.memfd_create('x')", SIGSYS),
}

NETWORK = {
    "L04-tcp": ("socket.socket(socket.AF_INET, socket.SOCK_STREAM)", SIGSYS),
    "L04-tcp6": ("socket.socket(socket.AF_INET6, socket.SOCK_STREAM)", SIGSYS),
    "L04-udp": ("socket.socket(socket.AF_INET, socket.SOCK_DGRAM)", SIGSYS),
    "L04-unix": ("socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)", SIGSYS),
    "L04-pair": ("socket.socketpair()", SIGSYS),
    "L04-netlink": ("socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)", SIGSYS),
    "L04-packet": ("socket.socket(socket.AF_PACKET, socket.SOCK_RAW)", SIGSYS),
    "L04-vsock": ("socket.socket(40, socket.SOCK_STREAM)", SIGSYS),
    "L04-if-names": ("socket.if_nameindex()", SIGSYS),
    "L04-host-name": ("socket.gethostname()", SIGSYS),
    "L04-from-descriptor": ("socket.socket(fileno=3)", SIGSYS),
}

PROCESSES = {
    "L05-fork": ("os.fork()", SIGSYS),
    "L05-forkpty": ("os.forkpty()", EPERM),
    "L05-thread": ("threading.Thread(target=print).start()", SIGSYS),
    "L05-exec": ("os.execv('/bin/true', ['true'])", SIGSYS),
    "L05-spawn": ("os.posix_spawn('/bin/true', ['true'], {{}})", SIGSYS),
    "L05-system": ("os.system('true')", SIGSYS),
    "L05-subprocess": ("subprocess.Popen(['/bin/true'], close_fds=False)", SIGSYS),
    "L06-kill-parent": ("os.kill({parent}, 0)", SIGSYS),
    "L06-kill-group": ("os.killpg(1, 0)", SIGSYS),
    "L06-raise": ("signal.raise_signal(signal.SIGTERM)", SIGSYS),
    "L06-pidfd": ("os.pidfd_open({parent})", SIGSYS),
    "L06-ptrace": ("libc.ptrace(16, {parent}, None, None)", SIGSYS),
    "L06-read-memory": ("libc.process_vm_readv({parent}, None, 0, None, 0, 0)", SIGSYS),
    "L06-priority": ("os.nice(1)", SIGSYS),
    "L06-affinity": ("os.sched_setaffinity(0, {{0}})", SIGSYS),
}

MEMORY = {
    "L07-mmap-exec": ("mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)", SIGSYS),
    "L07-mmap-shared": ("mmap.mmap(-1, 4096)", SIGSYS),
    "L07-mmap-file": ("libc.mmap(None, 4096, 1, 2, 3, 0)", SIGSYS),
    "L07-mmap-fixed": ("libc.mmap(ctypes.c_void_p(1 << 40), 4096, 3, 0x32, -1, 0)", SIGSYS),
    "L07-mmap-hint": ("libc.mmap(ctypes.c_void_p(1 << 40), 4096, 3, 0x22, -1, 0)", SIGSYS),
    "L07-mmap-locked": ("libc.mmap(None, 4096, 3, 0x2022, -1, 0)", SIGSYS),
    "L07-mprotect-exec": ("libc.mprotect(ctypes.c_void_p(0), 0, 7)", SIGSYS),
    "L07-mprotect-grow": ("libc.mprotect(ctypes.c_void_p(0), 0, 0x01000003)", SIGSYS),
    "L07-mremap-fixed": ("libc.mremap(None, 4096, 4096, 3, None)", SIGSYS),
    "L07-madvise-other": ("libc.madvise(None, 4096, 12)", SIGSYS),
    "L07-mlock": ("libc.mlock(None, 4096)", SIGSYS),
}

PRIVILEGES = {
    "L09-unshare": ("libc.unshare(0x10000000)", SIGSYS),
    "L09-setns": ("libc.setns(3, 0)", SIGSYS),
    "L09-setuid": ("os.setuid(0)", SIGSYS),
    "L09-setgroups": ("os.setgroups([])", SIGSYS),
    "L09-prctl": ("libc.prctl(3, 0, 0, 0, 0)", SIGSYS),
    "L09-getrlimit": ("resource.getrlimit(resource.RLIMIT_AS)", SIGSYS),
    "L09-setrlimit": ("resource.setrlimit(resource.RLIMIT_NOFILE, (10, 10))", SIGSYS),
    "L09-chown": ("os.chown('{tmp}/kept', 0, 0)", SIGSYS),
    "L09-umask": ("os.umask(0)", SIGSYS),
    "L09-sethostname": ("libc.sethostname(b'x', 1)", SIGSYS),
}

CHANNELS = {
    "L10-shm": ("libc.shmget(0, 4096, 0o1600)", SIGSYS),
    "L10-messages": ("libc.msgget(0, 0o1600)", SIGSYS),
    "L10-semaphores": ("libc.semget(0, 1, 0o1600)", SIGSYS),
    "L10-inotify": ("libc.inotify_init()", SIGSYS),
    "L10-dup": ("os.dup(3)", SIGSYS),
    "L10-dup2": ("os.dup2(3, 9)", SIGSYS),
    "L10-pipe": ("os.pipe()", SIGSYS),
    "L10-eventfd": ("os.eventfd(0)", SIGSYS),
    "L10-write-input": ("os.write(3, b'x')", SIGSYS),
    "L10-write-1": ("os.write(1, b'x')", SIGSYS),
    "L10-write-2": ("os.write(2, b'x')", SIGSYS),
    "L10-write-100": ("os.write(100, b'x')", SIGSYS),
    "L10-read-0": ("os.read(0, 1)", SIGSYS),
    "L10-read-output": ("os.read(4, 1)", SIGSYS),
    "L10-readv": ("os.readv(3, [bytearray(1)])", SIGSYS),
    "L10-sendfile": ("os.sendfile(4, 3, None, 1)", SIGSYS),
    "L10-splice": ("libc.splice(3, None, 4, None, 1, 0)", SIGSYS),
    "L10-fcntl": ("os.set_blocking(3, False)", EPERM),
    "L10-close": ("os.close(3)", EPERM),
    "L10-poll": ("select.poll().poll(0)", SIGSYS),
    "L10-select": ("select.select([3], [], [], 0)", SIGSYS),
    "L10-epoll": ("select.epoll()", SIGSYS),
    "L11-sleep": ("time.sleep(0.01)", SIGSYS),
    "L11-uname": ("os.uname()", SIGSYS),
    "L11-sysinfo": ("libc.sysinfo(ctypes.create_string_buffer(512))", SIGSYS),
    "L11-parent": ("os.getppid()", SIGSYS),
    "L11-user": ("os.getuid()", SIGSYS),
    "L11-alarm": ("signal.alarm(1)", SIGSYS),
    "L11-timer": ("signal.setitimer(signal.ITIMER_REAL, 1)", SIGSYS),
    "L11-yield": ("os.sched_yield()", SIGSYS),
    "L11-times": ("os.times()", SIGSYS),
    "L11-random": ("os.urandom(8)", EPERM),
    "L11-clock-of-a-process": ("time.clock_gettime(-14)", SIGSYS),
    "L11-futex-requeue": ("syscall(202 if sys.maxsize else 0, 0, 3, 0, 0, 0, 0)", SIGSYS),
}

RAW = {  # numbers of x86-64
    "L05-clone3": ("syscall(435, 0, 0)", SIGSYS),
    "L05-clone": ("syscall(56, 0, 0, 0, 0, 0)", SIGSYS),
    "L05-vfork": ("syscall(58)", SIGSYS),
    "L05-execveat": ("syscall(322, -1, 0, 0, 0, 0)", SIGSYS),
    "L06-tgkill": ("syscall(234, 1, 1, 0)", SIGSYS),
    "L06-process-madvise": ("syscall(440, 3, 0, 0, 0, 0)", SIGSYS),
    "L08-io-uring": ("syscall(425, 1, 0)", SIGSYS),
    "L08-bpf": ("syscall(321, 0, 0, 0)", SIGSYS),
    "L08-perf": ("syscall(298, 0, 0, -1, -1, 0)", SIGSYS),
    "L08-userfaultfd": ("syscall(323, 0)", SIGSYS),
    "L08-keyctl": ("syscall(250, 0, 0, 0, 0, 0)", SIGSYS),
    "L08-add-key": ("syscall(248, 0, 0, 0, 0, 0)", SIGSYS),
    "L08-kexec": ("syscall(246, 0, 0, 0, 0)", SIGSYS),
    "L08-module": ("syscall(175, 0, 0, 0)", SIGSYS),
    "L08-landlock": ("syscall(444, 0, 0, 1)", SIGSYS),
    "L09-seccomp": ("syscall(317, 1, 0, 0)", SIGSYS),
    "L09-seccomp-actions": ("syscall(317, 2, 0, 0)", SIGSYS),
    "L09-prlimit": ("syscall(302, 0, 7, 0, 0)", SIGSYS),
    "L09-arch-prctl": ("syscall(158, 0x1002, 0)", SIGSYS),
    "L09-reboot": ("syscall(169, 0, 0, 0, 0)", SIGSYS),
    "L09-settime": ("syscall(227, 0, 0)", SIGSYS),
    "L10-mq": ("syscall(240, 0, 0, 0, 0)", SIGSYS),
    "L10-open-by-handle": ("syscall(304, -100, 0, 0)", SIGSYS),
    "L12-x32-read": ("syscall(0x40000000, 3, 0, 0)", SIGSYS),
    "L12-x32-getpid": ("syscall(0x40000000 + 39)", SIGSYS),
    "L12-unknown": ("syscall(1000)", SIGSYS),
    "L12-negative": ("syscall(-2)", SIGSYS),
    "L12-huge": ("syscall(0x7FFFFFFF)", SIGSYS),
    "L14-read-high": ("syscall(0, (1 << 32) + 3, 0, 0)", SIGSYS),
    "L14-write-high": ("syscall(1, (1 << 32) + 4, 0, 0)", SIGSYS),
    "L14-mmap-prot-high": ("syscall(9, 0, 4096, (1 << 32) + 3, 0x22, -1, 0)", SIGSYS),
    "L14-mmap-address-high": ("syscall(9, 1 << 40, 4096, 3, 0x22, -1, 0)", SIGSYS),
    "L14-mmap-flags-high": ("syscall(9, 0, 4096, 3, (1 << 32) + 0x22, -1, 0)", SIGSYS),
    "L14-mprotect-high": ("syscall(10, 0, 0, 1 << 32)", SIGSYS),
    "L14-mremap-high": ("syscall(25, 0, 0, 0, (1 << 32) + 1, 0)", SIGSYS),
    "L14-madvise-high": ("syscall(28, 0, 0, (1 << 32) + 4)", SIGSYS),
    "L14-clock-high": ("syscall(228, 1 << 32, 0)", SIGSYS),
}

HARMLESS = {
    "grow-and-shrink": ("data = [bytearray(1 << 20) for _ in range(60)]; got = len(data)", '{{"got":"60"}}'),
    "anonymous-memory": ("got = libc.mmap(None, 4096, 3, 0x22, -1, 0) != -1", '{{"got":"True"}}'),
    "clock": ("got = time.monotonic() > 0", '{{"got":"True"}}'),
    "threads": ("got = threading.active_count()", '{{"got":"1"}}'),
    "standard-streams": ("got = (sys.stdin, sys.stdout, sys.stderr)", '{{"got":"(None, None, None)"}}'),
    "import-of-something-new": ("import wave", "raised: No module named 'wave'"),
}

PROBES = {
    **FILES, **NETWORK, **PROCESSES, **MEMORY, **PRIVILEGES, **CHANNELS, **HARMLESS, **(RAW if IS_X86 else {}),
}  # fmt: skip
