"""The Docker daemon, called on separate threads, because the SDK blocks."""

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

from assay.sandbox.docker.daemon_check import unsafe_reason
from assay.sandbox.docker.labels import LABEL, container_labels
from assay.sandbox.errors import ProviderUnavailable, SandboxError, SandboxNotStarted, SpecUnsupported

T = TypeVar("T")
_THREADS, _SLOW_THREADS = 8, 2
_TIMEOUT_SECONDS = 60
_LOCAL_PREFIX = "assay/"
"""Images that no registry has."""
_PROGRAM_MISSING = ("executable file not found", "no such file or directory: unknown")


class ImageMissing(Exception):
    """The image of a container does not exist locally; the message is its name."""


class Daemon:
    """Raises only SandboxErrors. Its methods block, except for the coroutines, which run one of them on a thread."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="docker")
        self._slow_threads = ThreadPoolExecutor(_SLOW_THREADS, thread_name_prefix="docker-images")
        self._pulls: dict[str, asyncio.Task[None]] = {}

    async def call(self, function: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)

    async def call_slowly(self, function: Callable[..., T], *arguments: Any) -> T:
        """For calls that take minutes: they have their own threads, so that they do not block others."""
        return await asyncio.get_running_loop().run_in_executor(self._slow_threads, function, *arguments)

    async def fetch(self, image: str) -> None:
        """Pulls an image, once for all concurrent callers."""
        pull = self._pulls.get(image)
        if pull is None:
            pull = self._pulls[image] = asyncio.create_task(self.call_slowly(self._pull, image))
            pull.add_done_callback(lambda _: self._pulls.pop(image))
        await asyncio.shield(pull)

    def submit(self, function: Callable[..., object], *arguments: Any) -> None:
        """Runs it without waiting."""
        self._threads.submit(function, *arguments)

    @cached_property
    def client(self) -> APIClient:
        try:
            found = kwargs_from_env()
            client = APIClient(version="auto", timeout=_TIMEOUT_SECONDS, **found)
        except (DockerException, RequestException) as error:
            raise ProviderUnavailable(f"the Docker daemon does not answer: {_first_line(error)}") from error
        # The SDK keeps a connection pool per URL, and the URLs of every container differ.
        client.headers["Connection"] = "close"
        return client

    @cached_property
    def remaps_users(self) -> bool:
        options: list[str] = self.info.get("SecurityOptions") or []
        return any(f"name={name}" in option for option in options for name in ("userns", "rootless"))

    @cached_property
    def info(self) -> dict[str, Any]:
        """What the daemon reports about itself. Raises ProviderUnavailable if it is not safe for sandboxes."""
        info = self._checked(self.client.info)
        if found := unsafe_reason(info):
            raise ProviderUnavailable(found)
        return info

    def create(self, body: dict[str, Any], folder: Path) -> str:
        """Returns the container's id. ``folder`` is the host folder that belongs to it."""
        body["Labels"] = (body.get("Labels") or {}) | container_labels(folder)
        try:
            return str(self._checked(self.client.create_container_from_config, body)["Id"])
        except SpecUnsupported as error:
            raise ImageMissing(str(body["Image"])) from error

    def start(self, container: str) -> None:
        self._checked(self.client.start, container)

    def kill(self, container: str) -> None:
        with suppress(SandboxError):
            self._checked(self.client.kill, container)

    def wait_exit(self, container: str, seconds: float) -> None:
        """Waits for the container's end, at most this long."""
        with suppress(SandboxError):
            self._checked(self.client.wait, container, timeout=seconds)

    def remove(self, container: str) -> None:
        """Kills and removes it."""
        with suppress(SpecUnsupported):
            self._checked(self.client.remove_container, container, True, False, True)

    def logs(self, container: str) -> str:
        """The end of its log."""
        with suppress(SandboxError):
            return bytes(self._checked(self.client.logs, container, tail=20)).decode("utf-8", "replace").strip()
        return ""

    def start_exec(self, container: str, argv: Sequence[str]) -> str:
        """Starts a program in a running container without waiting for its end; returns the exec's id."""
        exec_id = str(self._checked(self.client.exec_create, container, list(argv))["Id"])
        self._checked(self.client.exec_start, exec_id, detach=True)
        return exec_id

    def exit_code(self, exec_id: str) -> int | None:
        """None while it runs."""
        found = self._checked(self.client.exec_inspect, exec_id)
        return None if found["Running"] else int(found["ExitCode"])

    def is_running(self, container: str) -> bool:
        with suppress(SandboxError):
            return bool(self._checked(self.client.inspect_container, container)["State"]["Running"])
        return False

    def assay_containers(self) -> list[dict[str, Any]]:
        """The containers of all Assay workers on this daemon."""
        return self._checked(self.client.containers, all=True, filters={"label": LABEL})

    def image_id(self, image: str) -> str:
        """The digest, ``sha256:...``. Raises SpecUnsupported if the image does not exist locally."""
        return str(self._checked(self.client.inspect_image, image)["Id"])

    def build(
        self, folder: BinaryIO, tag: str, labels: dict[str, str], timeout_seconds: int
    ) -> Iterator[dict[str, Any]]:
        """Yields the daemon's messages. The image exists afterwards unless one of them has an ``error``. ``folder``
        is a tar archive."""
        options = {"labels": labels, "timeout": timeout_seconds, "rm": True, "forcerm": True, "decode": True}
        try:
            yield from self._checked(self.client.build, fileobj=folder, custom_context=True, tag=tag, **options)
        except (DockerException, RequestException, OSError) as error:
            raise SandboxNotStarted(
                f"the connection to the Docker daemon broke during a build: {_first_line(error)}"
            ) from error

    def _pull(self, image: str) -> None:
        if image.startswith(_LOCAL_PREFIX):
            raise SpecUnsupported(f"the image {image} does not exist: run `make images`")
        try:
            name, tag = parse_repository_tag(image)
            self._checked(APIClient.pull, self.client, name, tag=tag or "latest")
        except SandboxError as error:
            raise SpecUnsupported(f"the image {image} does not exist and cannot be pulled ({error})") from error

    def _checked(self, function: Callable[..., T], *arguments: Any, **named: Any) -> T:
        try:
            return function(*arguments, **named)
        except (ImageNotFound, NotFound) as error:
            raise SpecUnsupported(f"not found by Docker: {error.explanation}") from error
        except APIError as error:
            raise _creation_error(str(error.explanation or error)) from error
        except (DockerException, RequestException, OSError) as error:
            raise SandboxNotStarted(f"the Docker daemon did not answer: {_first_line(error)}") from error


def _creation_error(text: str) -> SandboxError:
    if any(argv in text for argv in _PROGRAM_MISSING):
        return SpecUnsupported(f"the image has no python3, which sandboxes need: {text[:300]}")
    return SandboxNotStarted(f"Docker did not start a container: {text[:500]}")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:300]
