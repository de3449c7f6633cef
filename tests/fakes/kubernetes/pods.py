"""The pods of a fake cluster: their objects, the changes for watches, and their processes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from tests.fakes.kubernetes.pod_processes import Json, PodProcesses

IMAGES = {"assay/sandbox-python:latest", "assay/sandbox-postgres:latest"}
"""Those that the registry has."""


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Pods:
    """``faults`` change what the cluster does: see FakeCluster."""

    def __init__(self, faults: set[str]) -> None:
        self.objects: dict[str, Json] = {}
        self.processes: dict[str, PodProcesses] = {}
        self.logs: dict[tuple[str, str], str] = {}
        self._faults, self._version = faults, 0
        self._watches: dict[asyncio.Queue[Json], str] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def create(self, pod: Json) -> Json:
        name = pod["metadata"]["name"]
        pod["metadata"] |= {"creationTimestamp": now(), "uid": name, "namespace": "assay-sandboxes"}
        pod["status"] = {"phase": "Pending"}
        self.objects[name] = pod
        self._changed("ADDED", pod)
        self._tasks[name] = asyncio.create_task(self._run(pod))
        return pod

    def watch(self, name: str) -> asyncio.Queue[Json]:
        queue: asyncio.Queue[Json] = asyncio.Queue()
        self._watches[queue] = name
        return queue

    def unwatch(self, queue: asyncio.Queue[Json]) -> None:
        del self._watches[queue]

    def patch(self, name: str, change: Json) -> Json:
        metadata = self.objects[name]["metadata"]
        metadata["annotations"] = metadata.get("annotations", {}) | change["metadata"]["annotations"]
        self._changed("MODIFIED", self.objects[name])
        return self.objects[name]

    async def delete(self, name: str) -> None:
        pod = self.objects[name]
        if "deletionTimestamp" in pod["metadata"]:
            return
        pod["metadata"]["deletionTimestamp"] = now()
        self._changed("MODIFIED", pod)
        self._tasks[f"deleting {name}"] = asyncio.create_task(self._delete(pod))

    async def close(self) -> None:
        for name in tuple(self.objects):
            await self.delete(name)
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def fail(self, name: str, reason: str, message: str) -> None:
        """As when its node evicts it."""
        self.objects[name]["status"] |= {"phase": "Failed", "reason": reason, "message": message}
        for container in self.objects[name]["spec"]["containers"]:
            self.processes[name].kill(container["name"])
        self._changed("MODIFIED", self.objects[name])

    def set_state(self, pod: Json, container: str, state: Json) -> None:
        statuses = pod["status"].setdefault("containerStatuses", [])
        statuses[:] = [each for each in statuses if each["name"] != container]
        statuses.append(
            {
                "name": container,
                "state": state,
                "image": "",
                "imageID": "",
                "ready": "running" in state,
                "restartCount": 0,
            }
        )
        self._changed("MODIFIED", pod)

    async def _run(self, pod: Json) -> None:
        spec, name = pod["spec"], pod["metadata"]["name"]
        if "unschedulable" in self._faults:
            message = "0/2 nodes are available: 2 Insufficient cpu. preemption: not eligible"
            condition: Json = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
            pod["status"]["conditions"] = [condition]
            self._changed("MODIFIED", pod)
            return
        processes = self.processes[name] = PodProcesses(
            pod, api_reachable="no policy enforced" in self._faults, namespaces="namespaces" in self._faults
        )
        await processes.start()
        pod["status"]["phase"] = "Running"
        ends: list[asyncio.Task[None]] = []
        for container in spec["containers"]:
            if container["image"] not in IMAGES:
                message = f'failed to pull image "{container["image"]}": not found'
                self.set_state(pod, container["name"], {"waiting": {"reason": "ErrImagePull", "message": message}})
                continue
            if "no python" in self._faults:
                message = 'exec: "python3": executable file not found in $PATH'
                ended: Json = {"exitCode": 128, "reason": "StartError", "message": message, "finishedAt": now()}
                self.set_state(pod, container["name"], {"terminated": ended})
                continue
            await processes.start_container(container)
            self.set_state(pod, container["name"], {"running": {"startedAt": now()}})
            ends.append(asyncio.create_task(self._wait(pod, container["name"])))
        if ends:
            await asyncio.wait(ends, timeout=spec["activeDeadlineSeconds"])

    async def _wait(self, pod: Json, container: str) -> None:
        name = pod["metadata"]["name"]
        code, log = await self.processes[name].wait(container)
        self.logs[name, container] = log
        reason = "OOMKilled" if "out of memory" in self._faults else "Completed" if code == 0 else "Error"
        self.set_state(pod, container, {"terminated": {"exitCode": code, "reason": reason, "finishedAt": now()}})

    async def _delete(self, pod: Json) -> None:
        name = pod["metadata"]["name"]
        running = self._tasks[name]
        if name not in self.processes:
            running.cancel()
        else:
            await self.processes[name].stop(pod["spec"]["terminationGracePeriodSeconds"])
        await asyncio.gather(running, return_exceptions=True)
        self.objects.pop(name, None)
        self.processes.pop(name, None)
        self._changed("DELETED", pod)

    def _changed(self, kind: str, pod: Json) -> None:
        self._version += 1
        pod["metadata"]["resourceVersion"] = str(self._version)
        for queue, name in self._watches.items():
            if name == pod["metadata"]["name"]:
                queue.put_nowait({"type": kind, "object": pod})


def problem(code: int, reason: str, message: str) -> dict[str, Any]:
    """A Status object."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "code": code,
        "reason": reason,
        "message": message,
    }
