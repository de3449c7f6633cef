"""Isolation and limits, read back from inside, under root's way and an ordinary user's."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from assay.contracts.tasks import SandboxSpec
from assay.files import FilesRefused
from assay.sandbox import Command, FilesMount, Sandbox, SandboxError, SandboxProvider
from assay.sandbox.bubblewrap import BubblewrapProvider
from assay.sandbox.bubblewrap.arguments import BwrapArguments
from assay.sandbox.errors import SandboxLost, SpecUnsupported
from tests.sandbox.harness import NO_IP, SPEC, connect_error, open_descriptors, run_json, run_python, wait_until

# fmt: off
SYSCALLS = {
    "x86_64": {
        "keyctl": 250, "bpf": 321, "perf_event_open": 298, "io_uring_setup": 425, "userfaultfd": 323,
        "open_by_handle_at": 304, "init_module": 175, "pidfd_getfd": 438, "process_vm_readv": 310,
    },
    "aarch64": {
        "keyctl": 219, "bpf": 280, "perf_event_open": 241, "io_uring_setup": 425, "userfaultfd": 282,
        "open_by_handle_at": 265, "init_module": 105, "pidfd_getfd": 438, "process_vm_readv": 270,
    },
}
# fmt: on


async def test_commands_run_unprivileged_without_capabilities(isolated_sandbox: Sandbox) -> None:
    status = (await isolated_sandbox.run(Command(argv=["cat", "/proc/self/status"]))).stdout.decode()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert "0" not in fields["Uid"].split() + fields["Gid"].split()
    assert all(int(fields[name], 16) == 0 for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"))
    assert fields["NoNewPrivs"] == "1" and fields["Seccomp"] == "2"


async def test_the_host_sees_an_ordinary_user() -> None:
    """As root, a user of the sandbox's own; otherwise the worker's."""
    async with BubblewrapProvider().open(SPEC) as sandbox:
        mark = f"64.{os.getpid()}{time.monotonic_ns() % 10**6}"
        process = await sandbox.start(Command(argv=["sh", "-c", f"echo; sleep {mark}"]))
        await process.read_line()
        owners = host_uids_of(mark.encode())
        assert owners and 0 not in owners and (os.geteuid() != 0 or min(owners) > 60_000)
        await process.kill()


async def test_limits_read_back(isolated_sandbox: Sandbox) -> None:
    names = ["NOFILE", "NPROC", "CPU", "FSIZE", "CORE", "MEMLOCK", "DATA"]
    script = f"print(json.dumps([resource.getrlimit(getattr(resource, 'RLIMIT_' + n)) for n in {names}]))"
    limits = dict(zip(names, await run_json(isolated_sandbox, script), strict=True))
    expected = {"NOFILE": 64, "NPROC": 24 + 16, "CPU": 30 + 2, "FSIZE": 8 << 20, "CORE": 0, "MEMLOCK": 65536}
    assert {name: limits[name] for name in expected} == {name: [value, value] for name, value in expected.items()}
    assert limits["DATA"][0] == limits["DATA"][1] <= 4 * (128 << 20) + (1 << 30)


async def test_limits_cannot_be_raised(isolated_sandbox: Sandbox) -> None:
    result = await run_python(isolated_sandbox, "import resource as r; r.setrlimit(r.RLIMIT_NPROC, (9999, 9999))")
    assert b"not allowed" in result.stderr


async def test_only_declared_descriptors_are_open(isolated_sandbox: Sandbox) -> None:
    descriptors = await run_json(isolated_sandbox, "print(json.dumps(sorted(map(int, os.listdir('/proc/self/fd')))))")
    assert descriptors == [0, 1, 2, 3], "the last one lists the folder"


# --- network --------------------------------------------------------------------------------------------------------


async def test_loopback_is_the_only_interface(isolating: SandboxProvider, isolated_sandbox: Sandbox) -> None:
    found = await run_json(isolated_sandbox, "print(json.dumps([name for _, name in socket.if_nameindex()]))")
    assert found == (["lo", "eth0"] if isolating.name == "kubernetes" else ["lo"]), "a pod's is there, but unusable"


@pytest.mark.parametrize("address", ["1.1.1.1", "169.254.169.254", "10.0.0.1"])
async def test_no_address_is_reachable_by_tcp_or_udp(isolated_sandbox: Sandbox, address: str) -> None:
    for kind in ("SOCK_STREAM", "SOCK_DGRAM"):
        assert await connect_error(isolated_sandbox, "AF_INET", kind, address) in (errno.ENETUNREACH, NO_IP)


async def test_no_address_is_reachable_by_ipv6_or_name(isolated_sandbox: Sandbox) -> None:
    failed = await connect_error(isolated_sandbox, "AF_INET6", "SOCK_STREAM", "2606:4700:4700::1111")
    assert failed in (errno.ENETUNREACH, errno.EADDRNOTAVAIL, NO_IP)
    assert (
        b"gaierror"
        in (await run_python(isolated_sandbox, "import socket; socket.getaddrinfo('example.com', 80)")).stderr
    )


async def test_listeners_on_the_host_are_unreachable(isolated_sandbox: Sandbox, tmp_path: Path) -> None:
    abstract = f"\0assay-test-{os.getpid()}"
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(abstract)
        unix.listen()
        port = tcp.getsockname()[1]
        tried = f"""
def failed(family, address):
    try: socket.socket(family).connect(address)
    except OSError as error: return error.errno
print(json.dumps([failed(socket.AF_INET, ('127.0.0.1', {port})), failed(socket.AF_UNIX, {abstract!r})]))"""
        by_ip, by_name = await run_json(isolated_sandbox, tried)
        assert by_ip in (errno.ECONNREFUSED, NO_IP) and by_name == errno.ECONNREFUSED


@pytest.mark.parametrize("family", [17, 38, 40, 44])
async def test_other_socket_families_are_unavailable(isolated_sandbox: Sandbox, family: int) -> None:
    """Packet, AF_ALG, vsock (which network namespaces do not isolate) and XDP sockets."""
    script = f"""
try: socket.socket({family}, socket.SOCK_STREAM)
except OSError as error: print(error.errno)"""
    assert await run_json(isolated_sandbox, script) == errno.EAFNOSUPPORT


async def test_no_socket_file_of_the_host_is_visible(isolated_sandbox: Sandbox) -> None:
    script = "find / -path /proc -prune -o -type s -print 2>/dev/null; ls /var/run/docker.sock /run/docker.sock"
    assert (await isolated_sandbox.run(Command(argv=["sh", "-c", script]))).stdout == b""


# --- files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/x", "/usr/x", "/etc/x", "/etc/passwd", "/tests/x", "/tests/a.py", "/opt/x", "/dev/x", "/run/init.py"]
)
async def test_only_workspace_and_temporary_folders_can_be_written(isolating: SandboxProvider, path: str) -> None:
    async with isolating.open(SPEC, mounts=[FilesMount(path="/tests", files={"a.py": b"1"})]) as sandbox:
        result = await sandbox.run(Command(argv=["sh", "-c", f"echo x > {path}; rm -rf /tests/a.py; cat /tests/a.py"]))
        assert result.stdout == b"1"
        assert b"ead-only" in result.stderr or b"denied" in result.stderr


async def test_mounts_cannot_be_changed(isolating: SandboxProvider) -> None:
    async with isolating.open(SPEC, mounts=[FilesMount(path="/tests", files={"a.py": b"1"})]) as sandbox:
        script = (
            "mount -o remount,rw /tests; umount /tests; mount -t tmpfs x /workspace; mv /tests /t; chmod 777 /tests"
        )
        await sandbox.run(Command(argv=["sh", "-c", script]))
        result = await sandbox.run(Command(argv=["sh", "-c", "echo 2 > /tests/a.py; cat /tests/a.py"]))
        assert result.stdout == b"1"


@pytest.mark.parametrize("isolating", ["bubblewrap", "bubblewrap-userns"], indirect=True)
async def test_the_hosts_files_are_not_visible(isolated_sandbox: Sandbox) -> None:
    paths = ["/root", "/home", "/work", "/var", "/etc/shadow", "/etc/hostname", "/sys", "/boot", __file__]
    assert await run_json(isolated_sandbox, f"print(json.dumps([p for p in {paths} if os.path.exists(p)]))") == []


async def test_the_hosts_name_and_processes_are_not_visible(isolated_sandbox: Sandbox) -> None:
    assert await run_json(isolated_sandbox, "print(json.dumps(socket.gethostname()))") == "sandbox"
    pids = await run_json(isolated_sandbox, "print(json.dumps([int(p) for p in os.listdir('/proc') if p.isdigit()]))")
    assert max(pids) < 50


async def test_the_workers_environment_is_not_readable_in_proc(isolated_sandbox: Sandbox) -> None:
    os.environ["ASSAY_CANARY_KEY"] = "canary-91bd"
    try:
        result = await isolated_sandbox.run(
            Command(argv=["sh", "-c", "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline /proc/mounts"])
        )
    finally:
        del os.environ["ASSAY_CANARY_KEY"]
    assert b"canary-91bd" not in result.stdout and b"PATH=" in result.stdout


async def test_only_harmless_devices_exist(isolated_sandbox: Sandbox) -> None:
    names = await run_json(isolated_sandbox, "print(json.dumps(os.listdir('/dev')))")
    harmless = {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "shm", "mqueue", "fd", "core"}
    assert set(names) <= harmless | {"stdin", "stdout", "stderr", "termination-log"}
    result = await isolated_sandbox.run(Command(argv=["mknod", "d", "b", "8", "0"]))
    assert result.exit_code != 0


# --- escapes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flag", ["-U", "-m", "-n", "-p", "-i", "-u", "-C"])
async def test_namespaces_cannot_be_created(isolated_sandbox: Sandbox, flag: str) -> None:
    result = await isolated_sandbox.run(Command(argv=["unshare", flag, "true"]))
    assert result.exit_code != 0 and b"not permitted" in result.stderr


@pytest.mark.parametrize("name", list(SYSCALLS["x86_64"]))
async def test_dangerous_system_calls_are_denied(isolated_sandbox: Sandbox, name: str) -> None:
    number = SYSCALLS[os.uname().machine][name]
    script = f"""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
print(json.dumps([libc.syscall({number}, 0, 0, 0, 0, 0, 0), ctypes.get_errno()]))"""
    assert await run_json(isolated_sandbox, script) == [-1, errno.EPERM]


async def test_processes_cannot_be_traced(isolated_sandbox: Sandbox) -> None:
    script = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
print(json.dumps([libc.ptrace(16, pid, 0, 0) for pid in (1, os.getppid())]))"""
    assert await run_json(isolated_sandbox, script) == [-1, -1]


async def test_init_can_be_neither_signalled_nor_read_nor_limited(isolated_sandbox: Sandbox) -> None:
    script = """
import signal
def failed(work):
    try: work()
    except OSError: return True
    return False
for number in range(1, 65):
    failed(lambda: os.kill(1, number))
tried = [lambda p=p: open(f'/proc/1/{p}', 'rb').read(1) for p in ('mem', 'environ', 'fd/0', 'auxv')]
tried += [lambda: open('/proc/1/mem', 'r+b'), lambda: os.readlink('/proc/1/fd/0'), lambda: os.listdir('/proc/1/root/')]
tried += [lambda: resource.prlimit(1, resource.RLIMIT_NOFILE, (0, 0)), lambda: os.setpriority(os.PRIO_PROCESS, 1, 19)]
tried += [lambda: os.setpriority(os.PRIO_USER, 0, 19)]
tried += [lambda: os.sched_setscheduler(1, os.SCHED_IDLE, os.sched_param(0))]
print(json.dumps([failed(work) for work in tried]))"""
    assert all(await run_json(isolated_sandbox, script))
    assert (await isolated_sandbox.run(Command(argv=["echo", "on"]))).stdout == b"on\n"


# --- infrastructure faults ------------------------------------------------------------------------------------------


async def test_a_dead_sandbox_raises_an_infrastructure_error(isolating: SandboxProvider) -> None:
    async with isolating.open(SPEC) as sandbox:
        process = await sandbox.start(Command(argv=["sleep", "60"]))
        sandbox._launcher.kill()  # pyright: ignore
        with pytest.raises(SandboxLost):
            await process.wait()
        with pytest.raises(SandboxError):
            await sandbox.run(Command(argv=["true"]))


async def test_a_sandbox_dies_with_its_worker() -> None:
    mark = f"631.{time.monotonic_ns() % 10**9}"
    program = f"""
import asyncio, os
from assay.sandbox import Command, open_sandbox_provider
from assay.contracts.tasks import SandboxSpec
async def main():
    async with open_sandbox_provider().open(SandboxSpec()) as sandbox:
        process = await sandbox.start(Command(argv=["sh", "-c", "echo; sleep {mark}"]))
        await process.read_line()
        os.kill(os.getpid(), 9)
asyncio.run(main())"""
    ended = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", program], check=False)
    assert ended.returncode == -9
    assert await wait_until(lambda: not host_uids_of(mark.encode()))


async def test_a_network_is_refused(isolating: SandboxProvider) -> None:
    with pytest.raises(SpecUnsupported):
        async with isolating.open(SandboxSpec(network=True)):
            pass


async def test_mounting_a_missing_folder_is_an_infrastructure_error(isolating: SandboxProvider, tmp_path: Path) -> None:
    from assay.sandbox import FolderMount

    with pytest.raises(SandboxError, match="gone"):
        async with isolating.open(SPEC, mounts=[FolderMount(path="/opt/x", folder=tmp_path / "gone")]):
            pass


def test_bwrap_arguments_close_their_descriptors() -> None:
    before = open_descriptors()
    BwrapArguments(SPEC, [FilesMount(path="/tests", files={"a": b"1"})], 0).close()
    with pytest.raises(FilesRefused):
        BwrapArguments(SPEC, [FilesMount(path="/tests", files={"../a": b"1"})], 0)
    assert open_descriptors() == before


async def test_opening_and_closing_is_quick(isolating: SandboxProvider) -> None:
    """About 25 ms on an idle small machine, ten times that for a container; the bounds allow for a busy one."""
    durations: list[float] = []
    for _ in range(10):
        started = time.perf_counter()
        async with isolating.open(SPEC) as sandbox:
            await sandbox.run(Command(argv=["true"]))
        durations.append(time.perf_counter() - started)
    assert min(durations) < {"docker": 10.0, "kubernetes": 30.0}.get(isolating.name, 1.0)


def host_uids_of(mark: bytes) -> set[int]:
    """Host users of the processes with the mark in their arguments."""
    owners: set[int] = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if mark in path.read_bytes():
                owners.add(path.stat().st_uid)
    return owners
