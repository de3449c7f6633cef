"""The Docker daemon, asked on threads of its own: no call of the SDK ever holds up the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from docker import APIClient
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.utils import kwargs_from_env, parse_repository_tag
from requests.exceptions import RequestException

from assay.sandbox.docker import owner
from assay.sandbox.docker.runtime import weakness
from assay.sandbox.errors import ProviderUnavailable, SandboxError, SandboxNotStarted, SpecUnsupported

T = TypeVar("T")
_THREADS, _PATIENT_THREADS = 8, 2
_TIMEOUT_SECONDS = 60
_MADE_HERE = "assay/"
"""Images of no registry."""
_NOT_A_PROGRAM = ("executable file not found", "no such file or directory: unknown")


class ImageAbsent(Exception):
    """What a container was to be made of is not here; its text is the image's name."""


class Daemon:
    """Raises SandboxErrors alone. Its methods block, but for the coroutines, which run one of them on a thread."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="docker")
        self._patient_threads = ThreadPoolExecutor(_PATIENT_THREADS, thread_name_prefix="docker-images")
        self._pulling: dict[str, asyncio.Task[None]] = {}

    async def ask(self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)

    async def ask_patiently(self, work: Callable[..., T], *arguments: Any) -> T:
        """What may take minutes, and must not hold up the rest."""
        return await asyncio.get_running_loop().run_in_executor(self._patient_threads, work, *arguments)

    async def fetch(self, image: str) -> None:
        """From its registry, once for all who want it at the same time."""
        pulling = self._pulling.get(image)
        if pulling is None:
            pulling = self._pulling[image] = asyncio.create_task(self.ask_patiently(self._pull, image))
            pulling.add_done_callback(lambda _: self._pulling.pop(image))
        await asyncio.shield(pulling)

    def later(self, work: Callable[..., object], *arguments: Any) -> None:
        """Without waiting for it."""
        self._threads.submit(work, *arguments)

    @cached_property
    def client(self) -> APIClient:
        try:
            found = kwargs_from_env()
            client = APIClient(version="auto", timeout=_TIMEOUT_SECONDS, **found)
        except (DockerException, RequestException) as error:
            raise ProviderUnavailable(f"no Docker daemon answers: {_first_line(error)}") from error
        # The SDK keeps a pool of connections per address, and every container has addresses of its own.
        client.headers["Connection"] = "close"
        return client

    @cached_property
    def small_users(self) -> bool:
        options: list[str] = self.info.get("SecurityOptions") or []
        return any(f"name={name}" in option for option in options for name in ("userns", "rootless"))

    @cached_property
    def info(self) -> dict[str, Any]:
        """What it says of itself; ProviderUnavailable when it is not fit to hold anything in."""
        info = self._call(self.client.info)
        if found := weakness(info):
            raise ProviderUnavailable(found)
        return info

    def create(self, body: dict[str, Any], folder: Path) -> str:
        """The container's id. ``folder`` is the host's folder that goes with it."""
        body["Labels"] = (body.get("Labels") or {}) | owner.labels(folder)
        try:
            return str(self._call(self.client.create_container_from_config, body)["Id"])
        except SpecUnsupported as error:
            raise ImageAbsent(str(body["Image"])) from error

    def start(self, container: str) -> None:
        self._call(self.client.start, container)

    def kill(self, container: str) -> None:
        with suppress(SandboxError):
            self._call(self.client.kill, container)

    def ended(self, container: str, seconds: float) -> None:
        """Until it has, or not in time."""
        with suppress(SandboxError):
            self._call(self.client.wait, container, timeout=seconds)

    def remove(self, container: str) -> None:
        """With everything in it, dead when this returns."""
        with suppress(SpecUnsupported):
            self._call(self.client.remove_container, container, True, False, True)

    def says(self, container: str) -> str:
        """The end of what process 1 complained of."""
        with suppress(SandboxError):
            return bytes(self._call(self.client.logs, container, tail=20)).decode("utf-8", "replace").strip()
        return ""

    def begin(self, container: str, words: Sequence[str]) -> str:
        """A program in a container that runs, without waiting for its end; what it is known by."""
        made = str(self._call(self.client.exec_create, container, list(words))["Id"])
        self._call(self.client.exec_start, made, detach=True)
        return made

    def exit_code(self, begun: str) -> int | None:
        """None while it runs."""
        found = self._call(self.client.exec_inspect, begun)
        return None if found["Running"] else int(found["ExitCode"])

    def is_running(self, container: str) -> bool:
        with suppress(SandboxError):
            return bool(self._call(self.client.inspect_container, container)["State"]["Running"])
        return False

    def ours(self) -> list[dict[str, Any]]:
        """Every container that some Assay made."""
        return self._call(self.client.containers, all=True, filters={"label": owner.LABEL})

    def image_id(self, image: str) -> str:
        """By content: ``sha256:...``. SpecUnsupported when it is not here."""
        return str(self._call(self.client.inspect_image, image)["Id"])

    def build(
        self, folder: BinaryIO, tag: str, labels: dict[str, str], timeout_seconds: int
    ) -> Iterator[dict[str, Any]]:
        """The daemon's messages as they come; the image is there when they end, unless one of them has an ``error``.
        ``folder`` is a tar archive."""
        options = {"labels": labels, "timeout": timeout_seconds, "rm": True, "forcerm": True, "decode": True}
        try:
            yield from self._call(self.client.build, fileobj=folder, custom_context=True, tag=tag, **options)
        except (DockerException, RequestException, OSError) as error:
            raise SandboxNotStarted(f"the Docker daemon broke off while building: {_first_line(error)}") from error

    def _pull(self, image: str) -> None:
        if image.startswith(_MADE_HERE):
            raise SpecUnsupported(f"no image {image} here: run `make images`")
        try:
            name, tag = parse_repository_tag(image)
            self._call(APIClient.pull, self.client, name, tag=tag or "latest")
        except SandboxError as error:
            raise SpecUnsupported(f"no image {image} here, and no registry gives it ({error})") from error

    def _call(self, work: Callable[..., T], *arguments: Any, **more: Any) -> T:
        try:
            return work(*arguments, **more)
        except (ImageNotFound, NotFound) as error:
            raise SpecUnsupported(f"Docker knows no such thing: {error.explanation}") from error
        except APIError as error:
            raise _refusal(str(error.explanation or error)) from error
        except (DockerException, RequestException, OSError) as error:
            raise SandboxNotStarted(f"the Docker daemon did not answer: {_first_line(error)}") from error


def _refusal(text: str) -> SandboxError:
    if any(words in text for words in _NOT_A_PROGRAM):
        return SpecUnsupported(f"the image cannot be a sandbox, for it has no python3: {text[:300]}")
    return SandboxNotStarted(f"Docker would not start a container: {text[:500]}")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:300]
