"""``transformers serve`` under the model host: started on request, restarted when it died, stopped when it is idle."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import psutil
import pytest

from assay.contracts.problems import ProblemError
from assay.contracts.rpc import MODEL_LOADING, ModelEndpoint
from assay.embedded.model_host.transformers_host import TransformersHost
from assay.embedded.model_host.transformers_process import ServeOptions, find_command, serve_arguments

COMMAND = (sys.executable, "-m", "tests.fakes.providers.transformers_serve")
WAIT_SECONDS = 60.0


@asynccontextmanager
async def transformers_host(
    options: ServeOptions = ServeOptions(command=COMMAND),  # noqa: B008  (immutable)
    **times: float,
) -> AsyncGenerator[TransformersHost]:
    host = TransformersHost(options=options, **times)
    try:
        yield host
    finally:
        await host.close()


async def loaded(host: TransformersHost, model: str) -> ModelEndpoint:
    """Asks until the model is loaded, as runners do."""
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            try:
                return await host.serve(model)
            except ProblemError as error:
                if error.problem.code != MODEL_LOADING:
                    raise
            await asyncio.sleep(0.05)


def servers() -> list[psutil.Process]:
    """The servers that this process has started, and what they have started. Other tests have processes here too."""
    found: list[psutil.Process] = []
    for each in psutil.Process().children():
        with suppress(psutil.Error):  # it may end meanwhile
            if each.status() != psutil.STATUS_ZOMBIE and COMMAND[-1] in each.cmdline():
                found += [each, *each.children(recursive=True)]
    return found


async def until_gone(processes: list[psutil.Process]) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while any(each.is_running() and each.status() != psutil.STATUS_ZOMBIE for each in processes):
            await asyncio.sleep(0.05)


async def test_a_model_is_loaded_by_a_process_of_its_own_and_asked_for_meanwhile() -> None:
    async with transformers_host() as host:
        with pytest.raises(ProblemError) as raised:
            await host.serve("lab/slow")
        assert raised.value.problem.code == MODEL_LOADING
        assert raised.value.problem.detail == "loading lab/slow, which may take minutes"
        endpoint = await loaded(host, "lab/slow")
        assert endpoint.model == "lab/slow"
        assert await host.serve("lab/slow") == endpoint
        assert len(servers()) == 1
        assert os.getpgid(servers()[0].pid) != os.getpgid(0)
    assert servers() == []


async def test_a_process_that_died_is_started_again_by_the_next_request() -> None:
    async with transformers_host() as host:
        first = await loaded(host, "lab/tiny")
        (process,) = servers()
        process.kill()
        await until_gone([process])
        async with asyncio.timeout(WAIT_SECONDS):
            while await loaded(host, "lab/tiny") == first:  # it is a moment until the host hears of the end
                await asyncio.sleep(0.01)
        assert len(servers()) == 1


async def test_a_model_waits_until_no_request_needs_the_one_that_is_loaded() -> None:
    async with transformers_host(in_use_seconds=1.0) as host:
        await loaded(host, "lab/a")
        with pytest.raises(ProblemError, match="waiting until no request needs lab/a, to load lab/b instead"):
            await host.serve("lab/b")
        assert (await loaded(host, "lab/b")).model == "lab/b"
        assert len(servers()) == 1


async def test_an_idle_process_is_stopped() -> None:
    async with transformers_host(idle_seconds=0.3) as host:
        await loaded(host, "lab/tiny")
        await until_gone(servers())
        assert (await loaded(host, "lab/tiny")).model == "lab/tiny"


async def test_a_process_that_ignores_signals_is_killed_with_those_it_started() -> None:
    async with transformers_host(options=ServeOptions(command=COMMAND, grace_seconds=0.3)) as host:
        await loaded(host, "lab/stubborn")
        started = servers()
        assert len(started) == 2
    await until_gone(started)


async def test_a_model_that_cannot_be_loaded_says_why_and_what_to_install() -> None:
    async with transformers_host() as host:
        with pytest.raises(ProblemError) as raised:
            await loaded(host, "lab/broken")
        problem = raised.value.problem
        assert (problem.code, problem.status) == ("model_not_started", 503)
        assert "`transformers serve lab/broken` exited with code 1" in problem.detail
        assert "Missing dependencies for serving" in problem.detail
        assert "pip install 'assay[transformers]'" in problem.detail


async def test_a_missing_program_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ProblemError) as raised:
        find_command(())
    assert raised.value.problem.code == "library_missing"
    assert "pip install 'assay[transformers]'" in raised.value.problem.detail
    host = TransformersHost(options=ServeOptions(command=("no-such-program",)))
    with pytest.raises(ProblemError, match="ASSAY_TRANSFORMERS_COMMAND"):
        await host.serve("lab/tiny")


async def test_the_name_of_a_model_is_never_an_option() -> None:
    options = ServeOptions(arguments=("--device", "cpu"))
    assert list(serve_arguments("lab/a", options, 7))[-4:] == ["--device", "cpu", "--", "lab/a"]
    with pytest.raises(ProblemError, match="is not the name of a model"):
        await TransformersHost().serve("--trust-remote-code")


def test_a_killed_model_host_leaves_no_process() -> None:
    program = (
        "import asyncio, os, signal\n"
        "from tests.embedded.test_transformers_host import loaded, servers, transformers_host\n"
        "async def main():\n"
        "    async with transformers_host() as host:\n"
        "        await loaded(host, 'lab/tiny')\n"
        "        print(servers()[0].pid, flush=True)\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    pid = int(ran.stdout.split()[-1])
    try:
        psutil.Process(pid).wait(WAIT_SECONDS)
    except psutil.NoSuchProcess:
        return
