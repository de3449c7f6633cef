"""The HTTP interface of the fake API server: pods and what belongs to them."""

from __future__ import annotations

import asyncio
import json
from asyncio.subprocess import Process
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web

from tests.fakes.kubernetes.pod_processes import Json
from tests.fakes.kubernetes.pod_security import violations
from tests.fakes.kubernetes.pods import Pods, problem

_PODS = "/api/v1/namespaces/{namespace}/pods"
_POLICIES = "/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies"
NAMESPACE = "assay-sandboxes"
_STDIN, _STDOUT, _STDERR, _STATUS, _CLOSE = 0, 1, 2, 3, 255
_CHUNK_BYTES = 32_768


class Api:
    def __init__(self, faults: set[str]) -> None:
        self.pods, self._faults, self.requests = Pods(faults), faults, list[str]()
        self.app = web.Application(client_max_size=1 << 24, middlewares=[self._middleware])
        self.app.add_routes(
            [
                web.post(_PODS, self._create),
                web.get(_PODS, self._list),
                web.get(_PODS + "/{name}", self._get),
                web.patch(_PODS + "/{name}", self._patch),
                web.delete(_PODS + "/{name}", self._delete),
                web.get(_PODS + "/{name}/log", self._log),
                web.get(_PODS + "/{name}/exec", self._exec),
                web.get(_POLICIES, self._policies),
            ]
        )

    @web.middleware
    async def _middleware(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.requests.append(f"{request.method} {request.path}")
        if "unavailable once" in self._faults:
            self._faults.discard("unavailable once")
            return _failure(503, "ServiceUnavailable", "the server is currently unable to handle the request")
        if "unavailable" in self._faults:
            return _failure(503, "ServiceUnavailable", "the server is currently unable to handle the request")
        if "forbidden" in self._faults:
            return _failure(403, "Forbidden", 'pods is forbidden: User "assay" cannot create resource "pods"')
        if request.match_info.get("namespace") != NAMESPACE:
            return _failure(404, "NotFound", f'namespaces "{request.match_info.get("namespace")}" not found')
        name = request.match_info.get("name")
        if name and name not in self.pods.objects:
            return _failure(404, "NotFound", f'pods "{name}" not found')
        return await handler(request)

    async def _create(self, request: web.Request) -> web.StreamResponse:
        pod = await request.json()
        name = pod["metadata"]["name"]
        if "quota" in self._faults:
            message = f'pods "{name}" is forbidden: exceeded quota: sandboxes, requested: pods=1, limited: pods=4'
            return _failure(403, "Forbidden", message)
        if found := violations(pod):
            message = f'pods "{name}" is forbidden: violates PodSecurity "restricted:latest": {", ".join(found)}'
            return _failure(403, "Forbidden", message)
        if name in self.pods.objects:
            return _failure(409, "AlreadyExists", f'pods "{name}" already exists')
        created = self.pods.create(pod)
        if "created but unavailable" in self._faults:
            self._faults.discard("created but unavailable")
            return _failure(504, "Timeout", "request did not complete within the allotted timeout")
        return _answer(created, status=201)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("watch"):
            return await self._watch(request)
        wanted = dict(part.split("=") for part in request.query.get("labelSelector", "").split(",") if part)
        found = [pod for pod in self.pods.objects.values() if wanted.items() <= pod["metadata"]["labels"].items()]
        return _answer({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": found})

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        name = request.query["fieldSelector"].removeprefix("metadata.name=")
        queue = self.pods.watch(name)
        response = web.StreamResponse()
        await response.prepare(request)
        with suppress(ConnectionError):
            if pod := self.pods.objects.get(name):
                await response.write(json.dumps({"type": "MODIFIED", "object": pod}).encode() + b"\n")
            while True:
                await response.write(json.dumps(await queue.get()).encode() + b"\n")
        self.pods.unwatch(queue)
        return response

    async def _get(self, request: web.Request) -> web.StreamResponse:
        return _answer(self.pods.objects[request.match_info["name"]])

    async def _patch(self, request: web.Request) -> web.StreamResponse:
        return _answer(self.pods.patch(request.match_info["name"], await request.json()))

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        await self.pods.delete(request.match_info["name"])
        return _answer({"kind": "Status", "status": "Success"})

    async def _log(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text=self.pods.logs.get((request.match_info["name"], request.query["container"]), ""))

    async def _policies(self, _: web.Request) -> web.StreamResponse:
        policy = {"metadata": {"name": "no-network"}, "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}}
        items = [] if "no policy" in self._faults else [policy]
        return _answer({"kind": "NetworkPolicyList", "metadata": {}, "items": items})

    async def _exec(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(protocols=("v5.channel.k8s.io",), max_msg_size=1 << 24)
        await socket.prepare(request)
        name = request.match_info["name"]
        containers = self.pods.objects[name]["spec"]["containers"]
        container = next(each for each in containers if each["name"] == request.query["container"])
        process = await self.pods.processes[name].exec(container, request.query.getall("command"))
        await _attach(socket, process, stdin=request.query["stdin"] == "true")
        return socket


async def _attach(socket: web.WebSocketResponse, process: Process, *, stdin: bool) -> None:
    async def send(reader: asyncio.StreamReader | None, channel: int) -> None:
        while reader and (data := await reader.read(_CHUNK_BYTES)):
            await socket.send_bytes(bytes((channel,)) + data)

    async def end() -> None:
        await asyncio.gather(send(process.stdout, _STDOUT), send(process.stderr, _STDERR))
        await socket.send_bytes(bytes((_STATUS,)) + json.dumps(_exit_status(await process.wait())).encode())
        await socket.close()

    ending = asyncio.create_task(end())
    try:
        await _feed(socket, process, stdin=stdin)
    finally:
        if process.stdin:
            process.stdin.close()  # as a kubelet does when the connection ends
        await asyncio.gather(ending, return_exceptions=True)


async def _feed(socket: web.WebSocketResponse, process: Process, *, stdin: bool) -> None:
    assert process.stdin
    if not stdin:
        process.stdin.close()
    async for message in socket:
        if message.type is not WSMsgType.BINARY or not stdin:
            continue
        if message.data[0] == _CLOSE:
            process.stdin.close()
        elif message.data[0] == _STDIN:
            process.stdin.write(message.data[1:])
            await process.stdin.drain()


def _exit_status(code: int) -> Json:
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    causes = [{"reason": "ExitCode", "message": str(code)}]
    return {"metadata": {}, "status": "Failure", "reason": "NonZeroExitCode", "details": {"causes": causes}}


def _answer(content: Json, status: int = 200) -> web.Response:
    """Without a character set, as the API server answers."""
    return web.Response(body=json.dumps(content), status=status, headers={"Content-Type": "application/json"})


def _failure(code: int, reason: str, message: str) -> web.Response:
    return _answer(problem(code, reason, message), status=code)
