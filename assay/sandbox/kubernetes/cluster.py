"""The cluster's API: pods and their processes. Calls that fail for a passing reason are repeated."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, suppress
from functools import cached_property
from typing import Any, TypeVar, cast

import httpx2
from httpx2.websockets import AsyncWebSocketSession
from lightkube import AsyncClient
from lightkube.config import client_adapter
from lightkube.config.kubeconfig import KubeConfig, SingleConfig
from lightkube.core.exceptions import ApiError, ConfigError
from lightkube.models.meta_v1 import Status
from lightkube.resources.core_v1 import Pod
from lightkube.resources.networking_v1 import NetworkPolicy

from assay.sandbox.errors import ProviderUnavailable, SandboxError, SandboxNotStarted, SpecUnsupported

T = TypeVar("T")
_SUBPROTOCOLS = ["v5.channel.k8s.io"]
"""The first in which stdin can be closed."""
_TIMEOUT = httpx2.Timeout(30.0)
_ATTEMPTS, _PAUSE_SECONDS, _MAX_PAUSE_SECONDS = 6, 0.2, 5.0
_PASSING = (408, 429, 500, 502, 503, 504)
_MESSAGE_BYTES = 1 << 24
_IDLE = 20
"""Connections that are kept open without being used."""


class Cluster:
    """Raises only SandboxErrors. Used from one event loop."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace

    @cached_property
    def _config(self) -> SingleConfig:
        try:
            found = KubeConfig.from_env().get()
            if found is None:
                raise ConfigError("no context is selected")
            return found
        except (ConfigError, OSError, ValueError) as error:
            raise ProviderUnavailable(
                f"no cluster is configured ({error}): run the worker in a pod with a service account, or set KUBECONFIG"
            ) from error

    @cached_property
    def _client(self) -> AsyncClient:
        try:
            return AsyncClient(
                self._config, namespace=self.namespace, timeout=_TIMEOUT, trust_env=False, transport=self._transport()
            )
        except (ConfigError, OSError, ssl.SSLError) as error:
            raise ProviderUnavailable(f"the configuration of the cluster cannot be used: {error}") from error

    @cached_property
    def _http(self) -> httpx2.AsyncClient:
        transport = cast("httpx2.BaseTransport", self._transport())  # it is for an asynchronous client all the same
        parameters = client_adapter.ConnectionParams(timeout=_TIMEOUT, trust_env=False, transport=transport)
        return client_adapter.AsyncClient(self._config, parameters)

    def _transport(self) -> httpx2.AsyncHTTPTransport:
        """Without the usual limit of connections: each open sandbox has one."""
        config = self._config
        if config.user is None:
            raise ProviderUnavailable("the cluster's configuration names no user for its context")
        verify = client_adapter.verify_cluster(config.cluster, config.user, config.abs_file, trust_env=False)
        return httpx2.AsyncHTTPTransport(verify=verify, limits=httpx2.Limits(max_keepalive_connections=_IDLE))

    async def close(self) -> None:
        """Closes connections; the next call opens new ones."""
        for name in ("_client", "_http"):
            if client := self.__dict__.pop(name, None):
                await (client.close() if isinstance(client, AsyncClient) else client.aclose())

    async def create(self, manifest: Mapping[str, Any]) -> Pod:
        """Creating one that exists returns it: a first request that seemed to fail may have been carried out."""
        name, pod = str(manifest["metadata"]["name"]), cast("Pod", Pod.from_dict(dict(manifest)))
        try:
            return await self._call("create a pod", lambda: self._client.create(pod))
        except _Exists:
            return await self.get(name)

    async def get(self, name: str) -> Pod:
        return await self._call("read a pod", lambda: self._client.get(Pod, name))

    async def delete(self, name: str, grace_seconds: int | None = None) -> None:
        """Returns once the cluster has accepted it, or if there is none."""
        with suppress(_Missing):
            await self._call("delete a pod", lambda: self._client.delete(Pod, name, grace_period=grace_seconds))

    async def pods(self, labels: Mapping[str, str]) -> list[Pod]:
        async def read() -> list[Pod]:
            return [pod async for pod in self._client.list(Pod, labels=dict(labels))]

        return await self._call("list pods", read)

    async def watch(self, name: str) -> AsyncGenerator[Pod]:
        """The pod now and after each change. Ends when the server ends the watch. Raises SandboxNotStarted if it is
        deleted."""
        version = None
        try:
            yield (pod := await self.get(name))
            version = pod.metadata.resourceVersion if pod.metadata else None
            changes = self._client.watch(
                Pod, fields={"metadata.name": name}, resource_version=version, server_timeout=60
            )
            async with aclosing(cast("AsyncGenerator[tuple[str, Pod]]", changes)):
                async for change, pod in changes:
                    if change == "DELETED":
                        raise SandboxNotStarted(f"the pod {name} was deleted by somebody else before it was ready")
                    yield pod
        except ApiError as error:
            if error.status.code != 410 and (error.status.code or 0) not in _PASSING:
                raise error_for("watch a pod", error.status) from error
        except (httpx2.HTTPError, OSError):
            return

    async def logs(self, name: str, container: str) -> str:
        """The end of a container's log; empty if there is none."""

        async def read() -> str:
            return "".join([line async for line in self._client.log(name, container=container, tail_lines=20)])

        with suppress(SandboxError):
            return (await self._call("read a log", read)).strip()
        return ""

    async def policies(self) -> list[NetworkPolicy] | None:
        """None if this worker is not allowed to read them, as under the chart's role: pods check for themselves."""

        async def read() -> list[NetworkPolicy] | None:
            try:
                return [policy async for policy in self._client.list(NetworkPolicy)]
            except ApiError as error:
                if error.status.code == 403:
                    return None
                raise

        return await self._call("list network policies", read)

    def exec(
        self, name: str, container: str, argv: Sequence[str], *, stdin: bool
    ) -> AbstractAsyncContextManager[AsyncWebSocketSession]:
        """A process in a container; each message starts with the number of a channel. Raises httpx2.HTTPError."""
        return self._http.websocket(
            f"/api/v1/namespaces/{self.namespace}/pods/{name}/exec",
            subprotocols=_SUBPROTOCOLS,
            max_message_size_bytes=_MESSAGE_BYTES,
            keepalive_ping_interval_seconds=None,
            params={"container": container, "stdout": True, "stderr": True, "stdin": stdin, "command": list(argv)},
        )

    async def _call(self, what: str, request: Callable[[], Awaitable[T]]) -> T:
        pause, problem = _PAUSE_SECONDS, ""
        for _ in range(_ATTEMPTS):
            try:
                return await request()
            except ApiError as error:
                if (error.status.code or 0) not in _PASSING:
                    raise error_for(what, error.status) from error
                problem = error.status.message or str(error.status.code)
            except (httpx2.HTTPError, OSError) as error:
                problem = repr(error)
            except ConfigError as error:
                raise ProviderUnavailable(f"the configuration of the cluster cannot be used: {error}") from error
            await asyncio.sleep(pause)
            pause = min(2 * pause, _MAX_PAUSE_SECONDS)
        raise SandboxNotStarted(f"the cluster did not {what} in {_ATTEMPTS} attempts: {problem}")


class QuotaExhausted(SandboxNotStarted):
    pass


class _Missing(SpecUnsupported):
    pass


class _Exists(SandboxNotStarted):
    pass


def error_for(what: str, status: Status) -> SandboxError:
    """Whether another try may help, with the API server's own message."""
    message, code = status.message or status.reason or "", status.code or 0
    if code == 403 and "exceeded quota" in message:
        return QuotaExhausted(f"the cluster's quota is exhausted: {message}")
    if code == 403 and "PodSecurity" in message:
        return ProviderUnavailable(f"the namespace does not admit sandboxes: {message}")
    if code in (401, 403):
        return ProviderUnavailable(f"the cluster does not let this worker {what}: {message}")
    if code == 404 and "namespaces" in message:
        return ProviderUnavailable(f"the namespace for sandboxes does not exist: {message}")
    if code == 404:
        return _Missing(message)
    if code == 409:
        return (_Exists if status.reason == "AlreadyExists" else SandboxNotStarted)(message)
    return SpecUnsupported(f"the cluster refuses to {what}: {message}")
