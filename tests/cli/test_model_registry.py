"""A new user's models, from the command line alone, against a real stack and a server that speaks OpenAI's format."""

from __future__ import annotations

import sys
from collections.abc import Generator

import pytest

from tests.cli.harness import ROOT, Assay
from tests.fakes.providers.endpoint import FakeEndpoint, Reply, serve_in_thread
from tests.fakes.providers.lmstudio import FakeLMStudio

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def stack_environment() -> dict[str, str]:
    command = f"env PYTHONPATH={ROOT} {sys.executable} -m tests.fakes.providers.transformers_serve"
    return {"MODEL_KEY_MINE": "sk-not-the-right-one", "ASSAY_TRANSFORMERS_COMMAND": command}


@pytest.fixture
def server() -> Generator[FakeEndpoint]:
    with serve_in_thread(FakeEndpoint()) as endpoint:
        yield endpoint


def test_a_local_model_is_added_tested_run_changed_and_removed(assay: Assay, server: FakeEndpoint) -> None:
    added = assay("models", "add", "mine/tiny", "--url", server.url, "--local", "--param", "temperature=0")
    assert added.code == 0, added.err
    assert "price: local, tokens are free" in added.out and "assay models test mine/tiny" in added.out
    again = assay("models", "add", "mine/tiny", "--url", server.url)
    assert again.code == 2 and "assay models edit mine/tiny" in again.err

    tested = assay("models", "test", "mine/tiny")
    assert tested.code == 0, tested.out
    assert "hello world" in tested.out and "11 tokens in, 7 out" in tested.out and "price: local" in tested.out
    assert server.bodies[-1]["model"] == "tiny" and server.bodies[-1]["temperature"] == 0

    offered = assay("models", "list", "--provider", "mine")
    assert "mine/alpha" in offered.out and "2 models, as mine listed them" in offered.err

    run = assay("run", "--task", "add_two", "--model", "mine/tiny", "--param", "seed=7", "--json")
    assert run.code == 0, run.err
    assert run.data["progress"]["done"] == 1
    assert server.bodies[-1]["seed"] == 7
    rows = {row["name"]: row for row in assay("models", "list", "--json").data}
    assert (rows["mine/tiny"]["origin"], rows["mine/tiny"]["price"]["version"]) == ("database", "local")
    assert rows["openai/gpt-4.1"]["origin"] == "file"

    hosted = assay("models", "edit", "mine/tiny", "--hosted", "--price", "1/2")
    assert hosted.code == 2 and "not a public address" in hosted.err
    assert assay("models", "edit", "mine/tiny", "--price", "1/2").code == 0
    priced = assay("models", "test", "mine/tiny")
    assert "cost: $0.000025" in priced.out
    edited = assay("models", "edit", "mine/tiny", "--unset", "price", "--unset", "param.temperature", "--vision")
    assert "price: local, tokens are free" in edited.out
    (tiny,) = [row for row in assay("models", "list", "--json").data if row["name"] == "mine/tiny"]
    assert (tiny["parameters"].get("temperature"), tiny["capabilities"]["vision"]) == (None, True)
    assert assay("models", "edit", "mine/other").code == 2
    removed = assay("models", "remove", "mine/tiny")
    assert removed.code == 0, removed.err
    assert removed.out == "removed provider mine and 1 model\n"
    assert assay("models", "test", "mine/tiny").code == 2


def test_a_wrong_key_is_explained_before_and_during_a_run(assay: Assay, server: FakeEndpoint) -> None:
    server.default = Reply(status=401, text="Incorrect API key provided", error_type="invalid_request_error")
    variable = ("--key-env", "MODEL_KEY_MINE")
    added = assay("models", "add", "keyed/m", "--url", server.url, "--local", *variable, "--price", "1/2")
    assert "its key is read from MODEL_KEY_MINE" in added.out
    tested = assay("models", "test", "keyed/m")
    assert tested.code == 1
    assert "authentication" in tested.out and "Incorrect API key provided" in tested.out
    run = assay("run", "--task", "add_two", "--model", "keyed/m")
    assert run.code == 1
    assert "Incorrect API key provided" in run.out + run.err
    assert "sk-not-the-right-one" not in tested.out + run.out + run.err


def test_a_key_is_stored_used_replaced_and_removed(assay: Assay, server: FakeEndpoint) -> None:
    first, second = "sk-canary-first-0123456789", "sk-canary-second-0123456789"
    added = assay("models", "add", "stored/m", "--url", server.url, "--local", "--key", stdin=f"{first}\n")
    assert added.code == 0, added.err
    assert "its key is stored, encrypted" in added.out
    assert assay("models", "test", "stored/m").code == 0
    assert server.headers[-1]["authorization"] == f"Bearer {first}"

    assert assay("models", "key", "stored", stdin=second).out.startswith("stored: key stored, change 2")
    assert assay("models", "add", "later/m", "--url", server.url, "--local").code == 0
    assert assay("models", "key", "later", stdin=first).code == 0
    unkeyed = assay("models", "key", "local", stdin=first)
    assert unkeyed.code == 2 and "called without a key" in unkeyed.err and first not in unkeyed.err
    run = assay("run", "--task", "add_two", "--model", "stored/m", "--json")
    assert run.code == 0, run.err
    assert server.headers[-1]["authorization"] == f"Bearer {second}"
    listed = assay("models", "providers")
    assert "last used" in listed.out

    moved = assay("models", "edit", "stored/m", "--url", "http://127.0.0.1:9/v1")
    assert moved.code != 0 and "assay models key stored --remove" in moved.err
    assert assay("models", "key", "stored", "--remove").code == 0
    missing = assay("models", "test", "stored/m")
    assert missing.code == 1 and "has no key" in missing.out and "assay models key stored" in missing.out
    everything = [added, run, listed, moved, missing]
    assert not any(key in each.out + each.err for each in everything for key in (first, second))


def test_models_of_lm_studio_are_loaded_one_after_the_other_and_unloaded(assay: Assay) -> None:
    with serve_in_thread(FakeLMStudio()) as studio:
        for name in ("alpha", "beta"):
            added = assay("models", "add", f"studio/{name}", "--kind", "lmstudio", "--url", studio.url, "--local")
            assert added.code == 0, added.err
        models = ("--model", "studio/beta", "--model", "studio/alpha")
        run = assay("run", "--task", "add_two", *models, "--repeats", "3", "--json")
        assert run.code == 0, run.err
        assert run.data["progress"]["done"] == 6
        loads = [entry for entry in studio.history if not entry.startswith("chat")]
        assert loads == ["load alpha", "unload alpha", "load beta"]
        listed = assay("models", "list", "--provider", "studio").out
        assert "llm, 8B, Q4_K_M, 5.2 GB, 32768 tokens context, loaded" in listed


def test_a_model_of_transformers_is_served_by_the_model_host(assay: Assay) -> None:
    broken = assay("models", "test", "transformers/lab/broken")
    assert broken.code == 1
    assert "Missing dependencies for serving" in broken.out
    tested = assay("models", "test", "transformers/lab/tiny")
    assert tested.code == 0, tested.out
    assert "secrets:" in tested.out and "price: local" in tested.out
    run = assay("run", "--task", "add_two", "--model", "transformers/lab/tiny", "--json")
    assert run.code == 0, run.err


def test_ollama_downloads_a_model_and_the_progress_is_shown(assay: Assay, server: FakeEndpoint) -> None:
    assert assay("models", "add", "lab/tiny", "--kind", "ollama", "--url", server.root, "--local").code == 0
    server.default = Reply(pause_seconds=0.2)
    pulled = assay("models", "pull", "lab/tiny")
    assert pulled.code == 0, pulled.err
    assert "lab/tiny is installed" in pulled.out
    assert "lab/tiny: starting" in pulled.err and "lab/tiny: success, 0 of 0 MB (100 %)" in pulled.err
    server.default = Reply(finish_reason=None, text="pull model manifest: file does not exist")
    failed = assay("models", "pull", "lab/tiny", "--json")
    assert failed.code == 1
    assert failed.data["done"] and "file does not exist" in failed.data["error"]
    assert assay("models", "remove", "lab").code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("add", "tiny", "--url", "http://x/v1"), "provider, slash, model"),
        (("add", "mine/tiny", "--url", "x"), "--url"),
        (("add", "mine/tiny"), "base_url"),
        (("add", "openai/gpt-9"), "without adding"),
        (("add", "mine/tiny", "--url", "http://x/v1", "--param", "temprature=0"), "temperature"),
        (("add", "mine/tiny", "--url", "http://x/v1", "--param", "temperature=hot"), "temperature"),
        (("add", "mine/tiny", "--url", "http://x/v1", "--param", "{"), "JSON"),
        (("add", "mine/tiny", "--url", "http://x/v1", "--param", "extra=5"), "extra.NAME=VALUE"),
        (("add", "mine/tiny", "--url", "http://x/v1", "--price", "cheap"), "0.15/0.6"),
        (("add", "mine/tiny", "--url", "http://x/v1", "--key-env", "OPENAI_API_KEY"), "MODEL_KEY_"),
        (("add", "mine/tiny", "--url", "http://10.0.0.1/v1"), "(--local)"),
        (("edit", "mine/tiny", "--unset", "prise"), "cannot be unset"),
        (("edit", "mine/tiny", "--unset", "param.prise"), "no parameter 'prise'"),
        (("key", "nothing", "--remove"), "No key of 'nothing'"),
        (("key", "mien"), "no key was given"),
        (("pull", "openai/gpt-9"), "only kind 'ollama' can"),
        (("remove", "nothing/here"), "no provider 'nothing'"),
    ],
)
def test_mistakes_are_explained(assay: Assay, arguments: tuple[str, ...], message: str) -> None:
    result = assay("models", *arguments)
    assert result.code == 2
    assert message in result.err
