//! Python that tries to reach what is outside: the network, files, other processes, the kernel.

use crate::{ESCAPED, Outside};

/// What only counts when it raises nothing.
fn attempt(setup: &str, action: &str) -> String {
    format!("{setup}\ntry:\n    {action}\n    result = '{ESCAPED}'\nexcept BaseException as e:\n    result = 'held'")
}

/// What gives something back that must not be had: it comes back as the result, where the canary is looked for.
fn fetch(setup: &str, expression: &str) -> String {
    format!("{setup}\ntry:\n    result = str({expression})[:10000]\nexcept BaseException as e:\n    result = 'held'")
}

pub fn scripts(outside: &Outside) -> Vec<String> {
    [network(outside), files(outside), writes(outside), links(outside), calls(), processes()].concat()
}

fn network(outside: &Outside) -> Vec<String> {
    let port = outside.port;
    let families = ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_ALG"];
    let kinds = ["SOCK_STREAM", "SOCK_DGRAM", "SOCK_RAW", "SOCK_SEQPACKET"];
    let sockets = families.iter().flat_map(|family| {
        kinds.iter().map(move |kind| attempt("import socket as s", &format!("s.socket(s.{family}, s.{kind})")))
    });
    let mut scripts: Vec<String> = sockets.collect();
    scripts.extend([
        attempt("import socket", &format!("socket.create_connection(('127.0.0.1', {port}))")),
        attempt("import socket", &format!("socket.create_connection(('::1', {port}))")),
        attempt("import socket", "socket.socketpair()"),
        attempt("import socket", "socket.getaddrinfo('example.com', 80)"),
        attempt("import urllib.request as u", &format!("u.urlopen('http://127.0.0.1:{port}/')")),
        attempt("import subprocess as s", &format!("s.run(['bash', '-c', '>/dev/tcp/127.0.0.1/{port}'], check=True)")),
        attempt("import subprocess as s", &format!("s.run(['curl', 'http://127.0.0.1:{port}'], check=True)")),
        attempt("import asyncio", &format!("asyncio.run(asyncio.open_connection('127.0.0.1', {port}))")),
    ]);
    scripts
}

fn files(outside: &Outside) -> Vec<String> {
    let file = outside.file.display();
    let read = |path: &str| attempt("", &format!("open('{path}', 'rb').read(1)[0]"));
    let mut scripts: Vec<String> = [
        "/etc/passwd",
        "/etc/shadow",
        "/etc/hostname",
        "/etc/ssl/private",
        "/proc/1/environ",
        "/proc/1/mem",
        "/proc/kcore",
        "/proc/kmsg",
        "/dev/mem",
        "/dev/kmsg",
        "/dev/sda",
        "/dev/vda",
        "/var/run/docker.sock",
        "/run/secrets/kubernetes.io/serviceaccount/token",
        "/var/lib/dpkg/status",
        "/sys/kernel/notes",
        "/boot/config",
    ]
    .map(read)
    .to_vec();
    scripts.extend([
        fetch("", &format!("open('{file}').read()")),
        fetch("", &format!("open('/proc/1/root{file}').read()")),
        fetch("", &format!("open('/proc/self/root' '/..{file}').read()")),
        fetch("", &format!("open('/tmp/../..{file}').read()")),
        fetch("import os", &format!("os.open('{file}', os.O_PATH) and open('{file}').read()")),
        fetch("import os", "[open(f'/proc/{p}/environ').read() for p in os.listdir('/proc') if p.isdigit()]"),
        fetch("import os", "[open(f'/proc/self/fd/{f}').read(99) for f in os.listdir('/proc/self/fd') if int(f) > 2]"),
        attempt("import os", "assert [k for k in os.environ if 'BATON' in k or 'TOKEN' in k]"),
        attempt("import os", "assert len([p for p in os.listdir('/proc') if p.isdigit()]) > 4"),
        attempt("import os", "assert set(os.listdir('/')) & {'root', 'home', 'etc/passwd', 'boot', 'srv', 'opt'}"),
        attempt("import glob", "assert glob.glob('/ho' 'me/*') + glob.glob('/mnt/*') + glob.glob('/srv/*')"),
    ]);
    scripts
}

fn writes(outside: &Outside) -> Vec<String> {
    let file = outside.file.display();
    let write = |path: &str| attempt("", &format!("open('{path}', 'w').write('x')"));
    let mut scripts: Vec<String> = [
        "/usr/escape",
        "/usr/bin/python3",
        "/bin/escape",
        "/lib/escape",
        "/etc/escape",
        "/run/baton",
        "/work' '/escape",
        "/proc/sys/kernel/core_pattern",
        "/proc/sysrq-trigger",
        "/proc/1/oom_score_adj",
        "/proc/self/uid_map",
        "/sys/fs/cgroup/escape",
        "/dev/escape",
        "/escape",
    ]
    .map(write)
    .to_vec();
    scripts.extend([
        write(&file.to_string()),
        attempt("import os", "os.chmod('/run/baton', 0o777)"),
        attempt("import os", "os.mknod('/tmp/disk', 0o60666, os.makedev(8, 0)); open('/tmp/disk', 'rb').read(1)[0]"),
        attempt("import os", "os.chown('/tmp', 0, 0)"),
        attempt("import os", "os.remove('/run/baton')"),
        attempt("import os", "os.rename('/usr/bin', '/usr/bin2')"),
    ]);
    scripts
}

fn links(outside: &Outside) -> Vec<String> {
    let file = outside.file.display();
    vec![
        fetch("import os", &format!("os.symlink('{file}', '/tmp/l') or open('/tmp/l').read()")),
        fetch("import os", &format!("os.link('{file}', '/tmp/h') or open('/tmp/h').read()")),
        fetch("import os", &format!("os.symlink('/proc/1/root', '/tmp/r') or open('/tmp/r{file}').read()")),
        fetch("import os", &format!("os.symlink('/proc/1/cwd', '/tmp/c') or open('/tmp/c/../../..{file}').read()")),
        fetch("import os", &format!("os.chroot('..') or open('{file}').read()")),
        fetch("import os", &format!("os.symlink('../../../../..{file}', '/tmp/u') or open('/tmp/u').read()")),
        attempt("import os", "os.symlink('/etc/shadow', '/tmp/s') or open('/tmp/s').read(1)"),
        attempt("import shutil", "shutil.copytree('/proc/1/root' '/usr/../etc', '/tmp/copy')"),
    ]
}

/// Numbers of x86-64; on another machine they are other calls, which are refused or harmless too.
fn calls() -> Vec<String> {
    let calls = [
        ("ptrace attach", "101, 16, 1, 0, 0"),
        ("ptrace parent", "101, 16, os.getppid(), 0, 0"),
        ("ptrace seize", "101, 0x4206, 1, 0, 0"),
        ("mount", "165, b'none', b'/tmp', b'tmpfs', 0, 0"),
        ("bind mount", "165, b'/', b'/tmp', 0, 4096, 0"),
        ("umount", "166, b'/tmp', 2"),
        ("pivot_root", "155, b'/tmp', b'/tmp'"),
        ("chroot", "161, b'/tmp'"),
        ("unshare user", "272, 0x10000000"),
        ("unshare mounts", "272, 0x20000"),
        ("unshare network", "272, 0x40000000"),
        ("setns", "308, 0, 0"),
        ("clone into a namespace", "56, 0x10000011, 0, 0, 0, 0"),
        ("clone3", "435, 0, 88"),
        ("bpf", "321, 0, 0, 0"),
        ("io_uring", "425, 8, b'x' * 256"),
        ("userfaultfd", "323, 1"),
        ("perf", "298, b'x' * 128, 0, -1, -1, 0"),
        ("keyctl", "250, 0, -3, 1"),
        ("add_key", "248, b'user', b'x', b'x', 1, -3"),
        ("request_key", "249, b'user', b'x', 0, -3"),
        ("kexec", "246, 0, 0, 0, 0"),
        ("init_module", "175, b'x', 1, b''"),
        ("finit_module", "313, 0, b'', 0"),
        ("delete_module", "176, b'x', 0"),
        ("open by handle", "304, 0, b'x' * 128, 0"),
        ("name to handle", "303, -100, b'/', b'x' * 128, b'xxxx', 0"),
        ("read another's memory", "310, 1, 0, 0, 0, 0, 0"),
        ("write another's memory", "311, 1, 0, 0, 0, 0, 0"),
        ("reboot", "169, 0xfee1dead, 672274793, 0, 0"),
        ("swapon", "167, b'/tmp/x', 0"),
        ("sethostname", "170, b'x', 1"),
        ("set the time", "227, 0, b'x' * 16"),
        ("iopl", "172, 3"),
        ("ioperm", "173, 0, 1, 1"),
        ("acct", "163, b'/tmp/x'"),
        ("quotactl", "179, 0, 0, 0, 0"),
        ("fanotify", "300, 0, 0"),
        ("kernel log", "103, 3, b'x' * 100, 100"),
        ("personality", "135, 0x0040000"),
        ("setuid", "105, 0"),
        ("setgid", "106, 0"),
        ("setresuid", "117, 0, 0, 0"),
        ("capset", "126, b'x' * 8, b'x' * 24"),
        ("another's file", "438, 3, 0, 0"),
        ("open_tree", "428, -100, b'/', 1"),
        ("fsopen", "430, b'tmpfs', 0"),
        ("move_mount", "429, -100, b'/', -100, b'/tmp', 0"),
        ("socket", "41, 2, 1, 0"),
        ("32-bit socket", "0x40000000 + 41, 2, 1, 0"),
    ];
    let setup = "import ctypes, os\ncall = ctypes.CDLL(None, use_errno=True).syscall";
    calls.map(|(name, call)| attempt(&format!("# {name}\n{setup}"), &format!("assert call({call}) >= 0"))).to_vec()
}

fn processes() -> Vec<String> {
    vec![
        attempt("import subprocess as s", "s.run(['unshare', '-Ur', 'true'], check=True)"),
        attempt("import subprocess as s", "s.run(['bwrap', '--bind', '/', '/', 'true'], check=True)"),
        attempt("import subprocess as s", "s.run(['su', '-c', 'true'], check=True, stdin=s.DEVNULL)"),
        attempt("import subprocess as s", "s.run(['sudo', '-n', 'true'], check=True)"),
        attempt("import subprocess as s", "s.run(['mount', '-t', 'tmpfs', 'x', '/tmp'], check=True)"),
        attempt("import subprocess as s", "s.run(['nsenter', '-t', '1', '-m', 'true'], check=True)"),
        attempt("import os", "os.kill(1, 9); os.kill(1, 0) and 1 / 0; raise SystemExit"),
        "import os\nos.kill(-1, 9)\nresult = 'held'".to_owned(),
        "import os\nos.kill(0, 9)\nresult = 'held'".to_owned(),
        "import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)\nresult = 'held'".to_owned(),
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\nresult = 'held'".to_owned(),
        attempt("import os", "os.setpriority(os.PRIO_PROCESS, 0, -20)"),
        attempt("import os", "os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))"),
        attempt("import resource as r", "r.setrlimit(r.RLIMIT_AS, (r.RLIM_INFINITY, r.RLIM_INFINITY))"),
        attempt("import resource as r", "r.setrlimit(r.RLIMIT_NOFILE, (4096, 4096))"),
        attempt("import resource as r", "r.setrlimit(r.RLIMIT_NPROC, (4096, 4096))"),
    ]
}
