"""Images that are built from a task's Dockerfile, and those that are named by digest."""

from __future__ import annotations

import asyncio
import secrets

import pytest
from docker import APIClient
from docker.errors import ImageNotFound

from assay.contracts.sandboxspec import SandboxSpec
from assay.sandbox import Command, SandboxPermanent
from assay.sandbox.docker import DEFAULT_IMAGE, DockerProvider
from assay.sandbox.docker.daemon import Daemon
from assay.sandbox.docker.images import LABEL, Images, tag_of
from assay.sandbox.errors import ImageNotBuilt

pytestmark = pytest.mark.docker


async def test_an_image_is_built_once_for_eight_who_want_it_at_once(client: APIClient) -> None:
    dockerfile = f"FROM {DEFAULT_IMAGE}\nCOPY tool /usr/local/bin/tool\nRUN date +%N > /made\n"
    files = {"Dockerfile": dockerfile.encode(), "tool": f"#!/bin/sh\necho {secrets.token_hex(8)}\n".encode()}
    spec = SandboxSpec(build=files, memory_mb=64)
    try:
        images = Images(Daemon(), DEFAULT_IMAGE)
        assert set(await asyncio.gather(*(images.image_of(spec) for _ in range(8)))) == {tag_of(files)}
        (first,) = client.images(filters={"label": LABEL, "reference": tag_of(files)})
        async with DockerProvider().open(spec) as sandbox:
            said = (await sandbox.run(Command(argv=["sh", "-c", "tool; cat /made"]))).stdout.split()
        assert said[0] == files["tool"].split()[-1]
        (second,) = client.images(filters={"reference": tag_of(files)})
        assert first["Id"] == second["Id"], "it was there already"
        assert tag_of(files | {"tool": b""}) != tag_of(files)
    finally:
        client.remove_image(tag_of(files))


async def test_a_dockerfile_that_fails_is_told_with_its_log_and_not_tried_by_each(client: APIClient) -> None:
    dockerfile = f"FROM {DEFAULT_IMAGE}\nRUN echo no such compiler {secrets.token_hex(4)} && exit 7\n"
    spec, provider = SandboxSpec(build={"Dockerfile": dockerfile.encode()}), DockerProvider()
    for _ in range(2):
        with pytest.raises(ImageNotBuilt, match=r"(?s)returned a non-zero code: 7.*no such compiler") as caught:
            async with provider.open(spec):
                pass
        assert isinstance(caught.value, SandboxPermanent), "another try would end alike"
    with pytest.raises(ImageNotFound):
        client.inspect_image(tag_of(spec.build))


async def test_a_digest_that_nobody_has_is_refused_by_name() -> None:
    image = "localhost:1/assay@sha256:" + "0" * 64
    with pytest.raises(SandboxPermanent, match="localhost:1/assay@sha256:0000"):
        async with DockerProvider().open(SandboxSpec(image=image)):
            pass
