"""Attempts that search for secrets or sabotage their own sandbox, in the whole system (faults 36 and 40).

Canary secrets are in every provider's key, in Assay's own secrets, in files of the host, and in the hidden tests and
expected answers of tasks. Agents search for them and providers repeat them; then all stored and published data is
searched.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.otlp_receiver import Receiver, otlp_receiver
from tests.system.harness import Stack, running_stack
from tests.system.hostile.canaries import Canaries
from tests.system.hostile.catalog import Catalog
from tests.system.hostile.exposed_data import api_responses, table_rows
from tests.system.hostile.listeners import Listeners, Provider
from tests.system.hostile.secret_search import program_agent, search_program, search_results
from tests.system.hostile.stored_keys import STORED, storing_keys

REAL = Path(__file__).parents[2] / "catalog" / "models.yaml"
ALLOWED_FILES = {
    "hidden_source": ("artifacts/hidden",),
    "hidden_expected": ("artifacts/hidden", "artifacts/reference"),
    "hidden_sample": ("artifacts/hidden", "artifacts/reference"),
    "nats": ("nats/accounts.conf", "bus-logins.json"),
}
"""Where canaries may be in the data folder: hidden bundles, solutions for ``oracle``, and the bus's logins."""
KINDS = [pytest.param("bubblewrap"), pytest.param("docker", marks=pytest.mark.docker)]


class Hostile(NamedTuple):
    kind: str
    stack: Stack
    canaries: Canaries
    catalog: Catalog
    listeners: Listeners
    provider: Provider
    traces: Receiver
    folder: Path

    def search_program(self) -> str:
        """A search program that knows all paths and ports."""
        ports = json.loads((self.stack.data / "stack.json").read_text())["ports"]
        paths = [self.folder, self.folder / "home", self.stack.data, self.catalog.folder, Path.cwd() / ".env"]
        sockets = [*map(str, (self.stack.data / "run").glob(".s*")), "/var/run/docker.sock", "/run/docker.sock"]
        known_ports = [
            int(self.stack.url.rpartition(":")[2]),
            *ports.values(),
            int(self.provider.url.split(":")[2][:-3]),
        ]
        return search_program(list(map(str, paths)), known_ports, sockets)

    def submit(self, **body: Any) -> str:
        """Submit a run and subscribe to its live updates."""
        run_id = self.stack.submit(name=self.canaries["shown"], **body)
        attempts = [attempt["attempt_id"] for attempt in self.stack.attempts(run_id)]
        self.listeners.watch(
            "runs", "leaderboard", f"run:{run_id}", *(f"attempt:{attempt_id}" for attempt_id in attempts)
        )
        return run_id

    def finish(self, run_id: str) -> list[dict[str, Any]]:
        """Wait for the run; returns its attempts."""
        self.stack.finish(run_id)
        return self.stack.attempts(run_id)

    def lost_tries(self, attempt: dict[str, Any]) -> list[str]:
        """The causes of failure of all tries before the last one."""
        tries = self.stack.http.get(f"/attempts/{attempt['attempt_id']}").raise_for_status().json()["tries"]
        return [try_["cause"] for try_ in tries[:-1]]

    def artifact(self, attempt: dict[str, Any], name: str) -> str:
        response = self.stack.http.get(f"/attempts/{attempt['attempt_id']}/artifacts/{name}")
        return response.raise_for_status().text


@pytest.fixture(scope="module", params=KINDS)
def hostile(dist: Path, request: pytest.FixtureRequest) -> Iterator[Hostile]:  # served by the gateway
    canaries, folder = Canaries(), Path(tempfile.mkdtemp(prefix="assay-hostile-"))
    folder.chmod(0o755)
    try:
        _place_files(folder, canaries)
        catalog = Catalog(folder / "catalog", canaries)
        with Provider() as provider, otlp_receiver() as traces:
            environment = {**_environment(folder, canaries, provider), "ASSAY_SANDBOX": str(request.param)}
            environment |= {"OTEL_EXPORTER_OTLP_ENDPOINT": traces.url, "OTEL_BSP_SCHEDULE_DELAY": "200"}
            with running_stack("--runners", "1", "--judges", "1", data=folder / "data", **environment) as stack:
                stack.http.headers["authorization"] = f"Bearer {canaries['token']}"
                with Listeners(stack, canaries["token"]) as listeners:
                    yield Hostile(str(request.param), stack, canaries, catalog, listeners, provider, traces, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _place_files(folder: Path, canaries: Canaries) -> None:
    """Place world-readable files, so that only isolation protects them."""
    (folder / "data").mkdir()
    (folder / "home" / ".aws").mkdir(parents=True)
    (folder / "home" / ".aws" / "credentials").write_text(canaries["home"])
    (folder / "home" / ".bash_history").write_text(f"export KEY={canaries['home']}")
    (folder / "neighbour.txt").write_text(canaries["neighbour"])


def _environment(folder: Path, canaries: Canaries, provider: Provider) -> dict[str, str]:
    providers = yaml.safe_load(REAL.read_text())["providers"].values()
    keys = [each["api_key_env"] for each in providers if "api_key_env" in each] + ["CANARY_API_KEY"]
    assert len(keys) >= 5
    return {
        **{name: canaries["key_" + name.lower().replace("assay_", "")] for name in keys},
        "AWS_SECRET_ACCESS_KEY": canaries["aws"],
        "ASSAY_TOKEN": canaries["token"],
        "ASSAY_CANARY": canaries["setting"],
        "ASSAY_LOOPBACK_URL": provider.url,
        "ASSAY_CATALOG": str(folder / "catalog"),
        "HOME": str(folder / "home"),
    }


def test_no_canary_is_found_stored_or_published(hostile: Hostile) -> None:
    search = hostile.search_program()
    hostile.catalog.task(
        "program", {"solver": "command", "command": ["python3", "tools/agent.py"]}, agent=program_agent(search)
    )
    bash = "cat > /tmp/h.py <<'SEARCH'\n" + search + "\nSEARCH\npython3 /tmp/h.py"
    turns = (("python", {"code": search}), ("bash", {"command": bash}), ("git_diff", {}))
    model = hostile.catalog.script("searcher", "search", *turns)
    run_ids = [
        hostile.submit(tasks=["search"], models=[model, "nop"]),
        hostile.submit(tasks=["program"], models=["keyed/searcher"]),
        hostile.submit(tasks=["early"], models=["nop"]),
        hostile.submit(tasks=["question"], models=["keyed/loud", "keyed/stream", "keyed/searcher"]),
    ]
    with storing_keys(hostile.stack.http, hostile.provider.url, hostile.canaries):
        run_ids.append(hostile.submit(tasks=["program"], models=["vault/searcher"]))
        run_ids.append(hostile.submit(tasks=["question"], models=["vault/loud", "vault/stream", "vault/searcher"]))
        probed = [f"{provider}/{name}" for provider in ("keyed", "vault") for name in ("loud", "stream")]
        probes = [hostile.stack.http.post("/models/test", json={"model": name}) for name in probed]
        for run_id in run_ids[-2:]:
            hostile.stack.finish(run_id)
    ended = [hostile.finish(run_id) for run_id in run_ids]
    assert not [attempt for attempts in ended for attempt in attempts if attempt["outcome"] == "passed"]
    _assert_only_bait_found(hostile, ended[0], ended[1])
    _assert_nothing_published(hostile, run_ids, probes)
    _assert_nothing_stored(hostile)


def _assert_only_bait_found(hostile: Hostile, agents: list[dict[str, Any]], programs: list[dict[str, Any]]) -> None:
    """The searches read many files, found only the bait in their own workspace, and reached no service."""
    (agent,) = [attempt for attempt in agents if attempt["model"] != "nop"]
    found = [*search_results(_unescaped(hostile.artifact(agent, "transcript.jsonl")))]
    assert len(found) >= 2, hostile.artifact(agent, "transcript.jsonl")[-3000:]
    program = search_results(hostile.artifact(programs[0], "stdout.txt"))
    assert len(program) == 2, hostile.artifact(programs[0], "stderr.txt")
    for each in (*found, *program):
        assert each["found"] == [hostile.canaries["bait"]]
        assert each["reached"] == []
        assert each["files_read"] > 100


def _unescaped(lines: str) -> str:
    """The text of every step of a transcript."""
    return "\n".join(json.loads(line).get("text", "") for line in lines.splitlines())


def _assert_nothing_published(hostile: Hostile, run_ids: list[str], probes: list[Any]) -> None:
    """On the bus, in responses of the gateway, and in live frames."""
    canaries, wanted = hostile.canaries, {"shown"}
    keys = {f"Bearer {canaries[name]}" for name in ("key_canary_api_key", *STORED)}
    assert set(hostile.provider.keys) == keys and len(hostile.provider.keys) >= 6, "the key was used and repeated"
    assert all("[key]" in probe.text for probe in probes), [probe.text for probe in probes]
    bodies = dict(api_responses(hostile.stack, run_ids))
    assert len(bodies) > 40
    _wait_for_frames(hostile, {"shown", "bait"})
    places = {
        "responses": [path.encode() + body for path, body in bodies.items()],
        "the bus": hostile.listeners.messages,
        "streams": hostile.listeners.stored_messages(),
        "live frames": hostile.listeners.frames,
        "model tests": [probe.content for probe in probes],
        "traces": hostile.traces.bodies,
    }
    for place, messages in places.items():
        found = {name: message for message in messages for name in canaries.in_text(message)}
        leaked = {name: message[:3000] for name, message in found.items() if name not in ("shown", "bait")}
        assert leaked == {}, place
        assert messages and (wanted <= found.keys() or place in ("model tests", "traces")), f"{place}: nothing found"


def _wait_for_frames(hostile: Hostile, names: set[str]) -> None:
    """Wait until frames contained these canaries, and a little longer for late frames."""
    deadline, seen, searched = time.monotonic() + 60, set[str](), 0
    while not names <= seen:
        assert time.monotonic() < deadline, f"no live frame contained {names - seen}"
        time.sleep(0.3)
        frames = hostile.listeners.frames[searched:]
        searched += len(frames)
        seen.update(*map(hostile.canaries.in_text, frames))
    time.sleep(0.3)


def _assert_nothing_stored(hostile: Hostile) -> None:
    """In the artifact store, logs, files of the bus, and Postgres."""
    canaries, data = hostile.canaries, hostile.stack.data
    passwords = _logins(data)
    for number, password in enumerate(passwords):
        canaries.words.setdefault(f"nats{number}", password)
    rows = canaries.in_text(table_rows(data))
    assert rows == {"shown"}, rows
    everywhere = [(name, path.relative_to(data)) for name, path in canaries.in_files(data)]
    assert [(name, path) for name, path in everywhere if name in STORED] == []
    found = [(name, path) for name, path in everywhere if "postgres" not in path.parts]
    leaked = [(name, path) for name, path in found if not str(path).startswith(_allowed_files(name))]
    assert [(name, path) for name, path in leaked if name not in ("shown", "bait")] == []
    stored = {(name, path.parts[1]) for name, path in found if path.parts[0] == "artifacts"}
    assert stored >= {("bait", "attempts"), ("hidden_source", "hidden"), ("hidden_sample", "reference")}
    assert {path.name for name, path in found if name.startswith("nats")} == {"accounts.conf", "bus-logins.json"}


def _allowed_files(name: str) -> tuple[str, ...]:
    return ALLOWED_FILES.get("nats" if name.startswith("nats") else name, ("-",))


def _logins(data: Path) -> list[str]:
    text = (data / "nats" / "accounts.conf").read_text()
    return [piece.partition('"')[0] for piece in text.split('password: "')[1:]]


SABOTAGE = {
    "kill": "kill -9 -1; kill -9 1; kill -STOP 1",
    "fill_disk": "for d in /workspace /tmp /dev/shm; do head -c 999999999 /dev/zero > $d/x; done; echo x > solution.py",
    "fork_bomb": "python3 -c 'import os\nwhile True: os.fork()'",
    "fill_memory": "python3 -c 'x = []\nwhile True: x.append(bytearray(b\"1\") * 9999999)'",
    "stop_self": "kill -STOP $$",
    "destroy": "chmod -R 000 /workspace /tmp; rm -rf /tmp/* /workspace/*; umount -l /workspace /proc /tmp; exec 1>&-",
    "many_processes": "for i in $(seq 60); do sleep 900 & done",
    "background_killer": "(setsid sh -c 'while :; do kill -9 -1; done' &)",
}


def test_attempts_that_sabotage_their_sandbox_fail_without_harming_others(hostile: Hostile) -> None:
    """No such attempt passes, stops its worker, or is retried as an infrastructure failure."""
    models: list[str] = []
    chosen = (
        SABOTAGE
        if hostile.kind == "bubblewrap"
        else {name: SABOTAGE[name] for name in ("kill", "fill_disk", "background_killer")}
    )
    for name, command in chosen.items():
        turns = (("bash", {"command": command, "timeout_seconds": 2}), ("git_diff", {}))
        models.append(hostile.catalog.script(name, "search", *turns))
    attempts = hostile.finish(hostile.submit(tasks=["search"], models=models))
    ended = {attempt["model"]: (attempt["outcome"], attempt["reason"]) for attempt in attempts}
    assert len(ended) == len(chosen)
    wrong = {model: end for model, end in ended.items() if end[0] not in ("failed", "agent_error")}
    assert wrong == {}, hostile.stack.logs()
    # On a busy host a single try can be lost, with a stated cause; an attempt never is.
    lost = [cause for attempt in attempts for cause in hostile.lost_tries(attempt)]
    assert len(lost) <= 1 and all(lost), lost
    after = hostile.finish(hostile.submit(tasks=["search"], models=["oracle"]))
    assert [attempt["outcome"] for attempt in after] == ["passed"]
