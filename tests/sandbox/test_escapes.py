"""Known container escapes: each is tried from inside and denied (fault 37)."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import pytest

from assay.sandbox import Command, Sandbox
from assay.sandbox.docker import DockerProvider
from assay.sandbox.errors import ProviderUnavailable
from tests.sandbox.harness import SPEC, run_json
from tests.sandbox.test_isolation import host_uids_of

BY_NAME = [
    *("mount", "umount2", "setns", "unshare", "ptrace", "reboot", "swapon", "swapoff", "acct", "klogctl", "quotactl"),
    *("name_to_handle_at", "open_by_handle_at", "fanotify_init", "process_vm_readv", "process_vm_writev", "chroot"),
    *("sethostname", "setdomainname", "init_module", "delete_module"),
]
"""C library functions, on any architecture."""
BY_NUMBER = {
    "x86_64": {
        "add_key": 248, "request_key": 249, "keyctl": 250, "bpf": 321, "userfaultfd": 323, "perf_event_open": 298,
        "kexec_load": 246, "kexec_file_load": 320, "pivot_root": 155, "kcmp": 312, "iopl": 172, "modify_ldt": 154,
        "shmget": 29, "msgget": 68, "semget": 64, "finit_module": 313,
    },
    "aarch64": {
        "add_key": 217, "request_key": 218, "keyctl": 219, "bpf": 280, "userfaultfd": 282, "perf_event_open": 241,
        "kexec_load": 104, "kexec_file_load": 294, "pivot_root": 41, "kcmp": 272, "shmget": 194, "msgget": 186,
        "semget": 190, "finit_module": 273,
    },
}  # fmt: skip
SAME_EVERYWHERE = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429,
    "fsopen": 430, "fsmount": 432, "fspick": 433, "clone3": 435, "pidfd_getfd": 438, "process_madvise": 440,
    "mount_setattr": 442, "quotactl_fd": 443, "memfd_secret": 447,
}  # fmt: skip
DENIED = (errno.EPERM, errno.ENOSYS, errno.EACCES)
CLONE = {"x86_64": 56, "aarch64": 220}
NAMESPACES = {
    "mount": 0x20000, "cgroup": 0x2000000, "uts": 0x4000000, "ipc": 0x8000000, "user": 0x10000000, "pid": 0x20000000,
    "network": 0x40000000, "time": 0x80,
}  # fmt: skip
HARMLESS = {
    "termination-log",
    "null",
    "zero",
    "full",
    "random",
    "urandom",
    "tty",
    "ptmx",
    "stdin",
    "stdout",
    "stderr",
    "pts/ptmx",
}
LIBC = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"


async def test_system_calls_that_enable_escapes_are_denied(isolated_sandbox: Sandbox) -> None:
    numbers = SAME_EVERYWHERE | BY_NUMBER[os.uname().machine]
    script = f"""{LIBC}
found = {{}}
for name in {BY_NAME!r}:
    ctypes.set_errno(0)
    found[name] = [getattr(libc, name)(0, 0, 0, 0, 0, 0), ctypes.get_errno()]
for name, number in {numbers!r}.items():
    ctypes.set_errno(0)
    found[name] = [libc.syscall(number, 0, 0, 0, 0, 0, 0), ctypes.get_errno()]
print(json.dumps(found))"""
    found = await run_json(isolated_sandbox, script)
    assert {name: answer for name, answer in found.items() if answer[0] != -1 or answer[1] not in DENIED} == {}


async def test_clone_cannot_create_namespaces(isolated_sandbox: Sandbox) -> None:
    script = f"""{LIBC}
found = {{}}
for name, flag in {NAMESPACES!r}.items():
    ctypes.set_errno(0)
    pid = libc.syscall({CLONE[os.uname().machine]}, flag | 17, 0, 0, 0, 0)
    if pid == 0: os._exit(0)
    found[name] = [pid, ctypes.get_errno()]
print(json.dumps(found))"""
    assert await run_json(isolated_sandbox, script) == {name: [-1, errno.EPERM] for name in NAMESPACES}


async def test_kernel_settings_cannot_be_written(isolated_sandbox: Sandbox) -> None:
    """Tries to open everything in /proc, /sys and /dev for writing: settings, core_pattern, sysrq, release_agent,
    cgroups, devices. (/proc/pressure may be written: it only sets notification thresholds.)"""
    script = """
opened = []
for root in ('/proc', '/sys', '/dev'):
    for folder, folders, files in os.walk(root):
        if folder == '/proc':
            folders[:] = [name for name in folders if not name.isdigit() and name not in ('self', 'thread-self')]
        for name in files:
            try:
                descriptor = os.open(f'{folder}/{name}', os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                continue
            if os.fstat(descriptor).st_rdev != os.stat('/dev/null').st_rdev:
                opened.append(f'{folder}/{name}')
            os.close(descriptor)
made = []
for folder in ('/sys/fs/cgroup', *(f'/sys/fs/cgroup/{name}' for name in ('memory', 'pids', 'unified', 'cpu'))):
    try:
        os.mkdir(folder + '/escape')
        made.append(folder)
    except OSError:
        pass
print(json.dumps([opened, made, os.listdir('/proc/sys') != []]))"""
    opened, made, settings = await run_json(isolated_sandbox, script)
    assert {path.removeprefix("/dev/") for path in opened if not path.startswith("/proc/pressure/")} <= HARMLESS
    assert made == [] and settings, "the settings exist, so writing them was tried"


async def test_devices_can_be_neither_created_nor_seen(isolated_sandbox: Sandbox) -> None:
    script = """
import stat
made = []
for folder in ('/workspace', '/tmp', '/dev/shm'):
    for kind, major, minor in ((stat.S_IFBLK, 8, 0), (stat.S_IFBLK, 254, 0), (stat.S_IFCHR, 1, 1)):
        try:
            os.mknod(folder + '/device', kind | 0o666, os.makedev(major, minor))
            made.append([folder, kind, major, minor])
        except PermissionError:
            pass
there = [name for name in ('mem', 'kmem', 'port', 'kmsg', 'fuse', 'kvm', 'net/tun', 'vda', 'sda', 'vsock', 'loop0')
    if os.path.exists('/dev/' + name)]
print(json.dumps([made, there]))"""
    assert await run_json(isolated_sandbox, script) == [[], []]


async def test_init_can_be_neither_read_nor_written(isolated_sandbox: Sandbox) -> None:
    script = """
reached = []
for name in ('mem', 'environ', 'auxv', 'maps', 'smaps', 'stack', 'syscall', 'root/etc', 'cwd/x', 'fd/0', 'fdinfo/0',
        'exe', 'ns/user', 'ns/mnt', 'ns/net', 'ns/pid', 'map_files', 'pagemap', 'io', 'personality'):
    try:
        descriptor = os.open(f'/proc/1/{name}', os.O_RDONLY)
        if os.listdir(descriptor) if os.path.isdir(f'/proc/1/{name}') else os.read(descriptor, 1):
            reached.append(name)
    except OSError:
        pass
written = []
for name in ('mem', 'uid_map', 'gid_map', 'setgroups', 'attr/current', 'comm', 'timerslack_ns'):
    try:
        os.write(os.open(f'/proc/1/{name}', os.O_WRONLY), b'1')
        written.append(name)
    except OSError:
        pass
print(json.dumps([reached, written]))"""
    assert await run_json(isolated_sandbox, script) == [[], []]


async def test_commands_never_run_as_the_hosts_root(isolated_sandbox: Sandbox) -> None:
    """The owner of the kernel's files may change them for the whole machine, in any namespace."""
    mark = f"65.{time.monotonic_ns() % 10**9}"
    process = await isolated_sandbox.start(Command(argv=["sh", "-c", f"echo; sleep {mark}"]))
    await process.read_line()
    owners = host_uids_of(mark.encode())
    await process.kill()
    assert owners and 0 not in owners
    script = "chmod 0777 /dev/null /proc/cpuinfo /proc/meminfo /usr /usr/bin/env; chown $(id -u) /dev/null"
    result = await isolated_sandbox.run(Command(argv=["sh", "-c", script]))
    assert result.exit_code and len(result.stderr.splitlines()) == 6


async def test_user_mappings_cannot_be_changed(isolated_sandbox: Sandbox) -> None:
    script = """
written = []
for name in ('uid_map', 'gid_map', 'setgroups', 'projid_map'):
    try:
        with open('/proc/self/' + name, 'w') as file: file.write('0 0 1')
        written.append(name)
    except OSError:
        pass
print(json.dumps([written, 0 in (os.getuid(), os.geteuid(), os.getgid())]))"""
    assert await run_json(isolated_sandbox, script) == [[], False]


async def test_kernel_events_cannot_be_received(isolated_sandbox: Sandbox) -> None:
    """Netlink broadcasts device, audit and firewall events into namespaces created by root; only routes, which the C
    library needs, are allowed."""
    script = """
found = {}
for protocol in range(23):
    try: socket.socket(16, socket.SOCK_RAW, protocol); found[protocol] = 0
    except OSError as error: found[protocol] = error.errno
print(json.dumps(found))"""
    found = await run_json(isolated_sandbox, script)
    assert [int(protocol) for protocol, number in found.items() if not number] == [0]


async def test_setuid_programs_do_not_change_the_user(isolated_sandbox: Sandbox) -> None:
    script = """
cp "$(command -v id)" own && chmod 6755 own && ./own -u && (su -c 'id -u' || true) && cat /proc/self/status | grep NoNew
id -u"""
    result = await isolated_sandbox.run(Command(argv=["sh", "-c", script]))
    lines = result.stdout.decode().split()
    assert lines[-1] == lines[0] != "0" and "NoNewPrivs:" in lines, result


async def test_a_daemon_with_a_vulnerable_runc_is_not_used() -> None:
    """Even if everything else about it is fine."""
    responses = {
        "/version": {"ApiVersion": "1.41", "MinAPIVersion": "1.12"},
        "/info": {"OSType": "linux", "SecurityOptions": ["name=seccomp"], "RuncCommit": {"ID": "1.1.11"}},
        "/containers/json": [],
    }
    before = os.environ.get("DOCKER_HOST")
    async with fake_daemon(responses) as (address, requested):
        os.environ["DOCKER_HOST"] = address
        try:
            availability = await DockerProvider().check()
            with pytest.raises(ProviderUnavailable, match="CVE-2024-21626"):
                async with DockerProvider().open(SPEC):
                    pass
        finally:
            os.environ.pop("DOCKER_HOST") if before is None else os.environ.update(DOCKER_HOST=before)
    assert not availability.available and "1.1.11" in availability.reason
    assert "/info" in requested and not [path for path in requested if "create" in path]


@asynccontextmanager
async def fake_daemon(responses: Mapping[str, object]) -> AsyncGenerator[tuple[str, list[str]]]:
    """A Docker daemon that only answers queries; yields its address and the requested paths."""
    requested: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode().partition("?")[0]
        path = "/" + path.split("/", 2)[2] if path.startswith("/v1.") else path
        requested.append(path)
        body = json.dumps(responses.get(path, {})).encode()
        status = "200 OK" if path in responses else "500 No"
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}", requested
