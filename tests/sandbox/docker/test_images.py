"""Images built from a task's Dockerfile, and images named by digest."""

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
from assay.sandbox.docker.images import LABEL, Images, image_tag
from assay.sandbox.errors import ImageNotBuilt

pytestmark = pytest.mark.docker


async def test_concurrent_requests_build_an_image_once(client: APIClient) -> None:
    dockerfile = f"FROM {DEFAULT_IMAGE}\nCOPY tool /usr/local/bin/tool\nRUN date +%N > /made\n"
    files = {"Dockerfile": dockerfile.encode(), "tool": f"#!/bin/sh\necho {secrets.token_hex(8)}\n".encode()}
    spec = SandboxSpec(build=files, memory_mb=64)
    try:
        images = Images(Daemon(), DEFAULT_IMAGE)
        assert set(await asyncio.gather(*(images.image_for(spec) for _ in range(8)))) == {image_tag(files)}
        (first,) = client.images(filters={"label": LABEL, "reference": image_tag(files)})
        async with DockerProvider().open(spec) as sandbox:
            output = (await sandbox.run(Command(argv=["sh", "-c", "tool; cat /made"]))).stdout.split()
        assert output[0] == files["tool"].split()[-1]
        (second,) = client.images(filters={"reference": image_tag(files)})
        assert first["Id"] == second["Id"], "it was not built again"
        assert image_tag(files | {"tool": b""}) != image_tag(files)
    finally:
        client.remove_image(image_tag(files))


async def test_a_failed_build_is_reported_with_its_log_and_not_repeated(client: APIClient) -> None:
    dockerfile = f"FROM {DEFAULT_IMAGE}\nRUN echo no such compiler {secrets.token_hex(4)} && exit 7\n"
    spec, provider = SandboxSpec(build={"Dockerfile": dockerfile.encode()}), DockerProvider()
    for _ in range(2):
        with pytest.raises(ImageNotBuilt, match=r"(?s)returned a non-zero code: 7.*no such compiler") as error:
            async with provider.open(spec):
                pass
        assert isinstance(error.value, SandboxPermanent), "another try would fail too"
    with pytest.raises(ImageNotFound):
        client.inspect_image(image_tag(spec.build))


async def test_an_unknown_digest_is_named_in_the_error() -> None:
    image = "localhost:1/assay@sha256:" + "0" * 64
    with pytest.raises(SandboxPermanent, match="localhost:1/assay@sha256:0000"):
        async with DockerProvider().open(SandboxSpec(image=image)):
            pass
