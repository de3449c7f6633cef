"""Docker only: the container's settings read back from inside, its cgroup limits, and cleanup after a crash."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from docker import APIClient

from assay.contracts.tasks import SandboxSpec
from assay.sandbox import Command, Limit, SandboxPermanent
from assay.sandbox.docker import DEFAULT_IMAGE, DockerProvider
from assay.sandbox.docker.labels import LABEL, container_labels, is_orphan
from assay.sandbox.docker.orphans import orphans
from assay.sandbox.errors import ProviderUnavailable, SpecUnsupported
from tests.sandbox.harness import SPEC, run_json, run_python, socket_memory_bomb, wait_until

pytestmark = pytest.mark.docker


@pytest.fixture
def provider() -> DockerProvider:
    return DockerProvider()


def assay_containers(client: APIClient, mark: str = "") -> list[dict[str, Any]]:
    """Containers with the mark in their labels or command."""
    return [container for container in client.containers(all=True, filters={"label": LABEL}) if mark in str(container)]


def folder_of(container: dict[str, Any]) -> bool:
    """Whether the container's host folder exists."""
    return Path(container["Labels"]["assay.folder"]).is_dir()


async def test_the_cgroup_limits_are_above_those_of_init(provider: DockerProvider) -> None:
    found = """
def first(*paths):
    return next(int(open(path).read()) for path in paths if os.path.exists(path))
memory = first('/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes')
print(json.dumps([memory >> 20, first('/sys/fs/cgroup/pids.max', '/sys/fs/cgroup/pids/pids.max')]))"""
    async with provider.open(SPEC) as sandbox:
        assert await run_json(sandbox, found) == [128 + 3 * 8 + 192, 24 + 24]


async def test_only_the_size_limited_file_systems_can_be_written(provider: DockerProvider) -> None:
    script = "find / -path /proc -prune -o ( -type d -o -type f ) -writable -print 2>/dev/null; cat /proc/mounts"
    async with provider.open(SPEC) as sandbox:
        result = await sandbox.run(Command(argv=["sh", "-c", script.replace("(", r"\(").replace(")", r"\)")]))
        lines = result.stdout.decode().splitlines()
        small = {"/workspace", "/tmp", "/dev/shm"}
        assert {line for line in lines if " " not in line} == small | {"/dev/mqueue"}
        mounts = {line.split()[1]: set(line.split()[3].split(",")) for line in lines if " " in line}
        assert all({"nosuid", "nodev", "size=8192k"} <= mounts[folder] for folder in small)
        assert "ro" in mounts["/"] and "ro" in mounts["/run/assay"]


async def test_details_of_the_machine_are_hidden(provider: DockerProvider) -> None:
    paths = ["/work", "/sys/class", "/sys/devices", "/sys/block", "/sys/firmware", "/proc/cmdline", "/proc/kallsyms"]
    script = f"""
def content(path):
    return os.listdir(path) if os.path.isdir(path) else os.path.exists(path) and open(path).read()
print(json.dumps([path for path in {paths} if content(path)]))"""
    async with provider.open(SPEC) as sandbox:
        assert await run_json(sandbox, script) == []
        names = (await sandbox.run(Command(argv=["cat", "/etc/resolv.conf", "/etc/hosts", "/etc/hostname"]))).stdout
        assert names == b"127.0.0.1 localhost sandbox\n::1 localhost\nsandbox\n"


async def test_a_kernel_oom_kill_is_reported_as_memory_and_the_sandbox_stays_usable(provider: DockerProvider) -> None:
    """Data in socket buffers is not resident memory of any process: only the cgroup counts it."""
    spec = SandboxSpec(memory_mb=64, workspace_mb=8, open_files=1024, processes=64, wall_seconds=90)
    async with provider.open(spec) as sandbox:
        result = await run_python(sandbox, socket_memory_bomb(60))
        assert result.killed_by is Limit.MEMORY, result
        assert (await run_python(sandbox, "print(1)")).stdout == b"1\n"


async def test_an_image_can_be_named_by_tag_by_digest_or_defaulted(provider: DockerProvider, client: APIClient) -> None:
    digest = str(client.inspect_image(DEFAULT_IMAGE)["Id"])
    for image in ("", DEFAULT_IMAGE, digest):
        async with provider.open(SandboxSpec(image=image)) as sandbox:
            assert (await sandbox.run(Command(argv=["git", "--version"]))).exit_code == 0


async def test_five_languages_are_in_the_polyglot_image(provider: DockerProvider) -> None:
    spec = SandboxSpec(image="assay/sandbox-polyglot:latest", memory_mb=1024, processes=128)
    programs = ("python3 --version", "node --version", "go version", "rustc --version", "g++ --version")
    async with provider.open(spec) as sandbox:
        result = await sandbox.run(Command(argv=["sh", "-c", " && ".join(programs)]))
        assert result.exit_code == 0, result.stderr.decode()


async def test_a_missing_image_is_named_in_the_error(provider: DockerProvider) -> None:
    with pytest.raises(SpecUnsupported, match=r"localhost:1/no/such:1"):
        async with provider.open(SandboxSpec(image="localhost:1/no/such:1")):
            pass


async def test_a_missing_assay_image_mentions_make_images() -> None:
    availability = await DockerProvider("assay/no-such:1").check()
    assert not availability.available and "make images" in availability.reason


async def test_an_image_without_python_is_refused(provider: DockerProvider) -> None:
    with pytest.raises(SandboxPermanent, match="python3"):
        async with provider.open(SandboxSpec(image="debian:trixie-slim")):
            pass


async def test_a_missing_daemon_is_reported(provider: DockerProvider) -> None:
    before = os.environ.get("DOCKER_HOST")
    os.environ["DOCKER_HOST"] = "unix:///nowhere.sock"
    try:
        availability = await provider.check()
        with pytest.raises(ProviderUnavailable):
            async with provider.open(SPEC):
                pass
    finally:
        os.environ.pop("DOCKER_HOST") if before is None else os.environ.update(DOCKER_HOST=before)
    assert not availability.available and "daemon" in availability.reason
    assert (await provider.check()).available, "it is available now"


async def test_the_event_loop_never_calls_docker(provider: DockerProvider) -> None:
    """Another thread samples the event loop's stack. Timing the loop would only measure how busy the machine is."""
    loops_thread, over = threading.get_ident(), threading.Event()
    seen: list[set[str]] = []

    def look() -> None:
        while not over.wait(0.002):
            frame, modules = sys._current_frames()[loops_thread], set[str]()
            while frame:
                modules.add(str(frame.f_globals["__name__"]).partition(".")[0])
                frame = frame.f_back
            seen.append(modules)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(asyncio.to_thread(look))
        try:
            while len(seen) < 50:
                async with provider.open(SPEC) as sandbox:
                    await sandbox.run(Command(argv=["true"]))
        finally:
            over.set()
    assert all("asyncio" in modules for modules in seen), "the loop was sampled"
    assert not [modules for modules in seen if modules & {"docker", "requests", "urllib3", "http", "subprocess"}]


async def test_a_cancelled_start_leaves_no_container(provider: DockerProvider, client: APIClient) -> None:
    async def hold() -> None:
        async with provider.open(SPEC):
            await asyncio.sleep(60)

    async with provider.open(SPEC):
        """Does the first start's cleanup."""
    for seconds in (0.01, 0.05, 0.1, 0.2, 0.4):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(hold(), seconds)
    assert not [
        container for container in assay_containers(client) if container["Labels"]["assay.pid"] == str(os.getpid())
    ]


async def test_containers_of_a_crashed_worker_are_removed_by_the_next_one(client: APIClient) -> None:
    program = """
import asyncio, os, sys
from assay.contracts.sandboxspec import SandboxSpec, Service
from assay.sandbox import Command
from assay.sandbox.docker import DEFAULT_IMAGE, DockerProvider
idle = Service(name="idle", image=DEFAULT_IMAGE, command=("sleep", "600"))
async def main():
    async with DockerProvider().open(SandboxSpec(services=(idle,))) as sandbox:
        process = await sandbox.start(Command(argv=["sh", "-c", "echo; sleep 600"]))
        await process.read_line()
        print(os.getpid(), flush=True)
        await asyncio.sleep(300)
asyncio.run(main())"""
    worker = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    assert worker.stdout
    pid = (await worker.stdout.readline()).decode().strip()
    left = [container for container in assay_containers(client) if container["Labels"]["assay.pid"] == pid]
    assert len(left) == 2 and folder_of(left[0])
    async with DockerProvider().open(SPEC):
        assert all(assay_containers(client, container["Id"]) for container in left), "their owner is alive"
    worker.send_signal(signal.SIGKILL)
    await worker.wait()
    sandbox_container = next(container for container in left if "container_init" in container["Command"])
    assert await wait_until(lambda: not client.containers(filters={"id": sandbox_container["Id"]})), (
        "the sandbox ends with its worker"
    )
    async with DockerProvider().open(SPEC):
        assert not any(assay_containers(client, container["Id"]) for container in left), (
            "the next worker removes its service"
        )
    assert not folder_of(left[0])


def test_only_containers_without_an_owner_are_orphans(tmp_path: Path) -> None:
    mine = container_labels(tmp_path)
    assert not is_orphan(mine, running=True)
    assert is_orphan(mine | {"assay.pid-started": "1"}, running=True)
    assert is_orphan(mine | {"assay.pid": "999999999"}, running=False)
    foreign = mine | {"assay.boot": "another"}
    assert not is_orphan(foreign, running=True) and not is_orphan(foreign, running=False)
    old = foreign | {"assay.made": "1000"}
    assert is_orphan(old, running=False) and not is_orphan(old, running=True)


def test_a_service_whose_sandbox_has_ended_is_an_orphan(tmp_path: Path) -> None:
    foreign = container_labels(tmp_path) | {"assay.boot": "another"}

    def container(name: str, state: str, **more: str) -> dict[str, Any]:
        return {"Id": name, "State": state, "Labels": foreign | {f"assay.{key}": value for key, value in more.items()}}

    live, stopped = container("a", "running"), container("b", "exited")
    kept, left, lost = (container(f"{of}-db", "running", holder=of) for of in ("a", "b", "gone"))
    assert orphans([live, stopped, kept, left, lost]) == [left, lost]
