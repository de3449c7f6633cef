"""Attempts that hunt for secrets, and attempts that break their own sandbox, in the whole system (faults 36 and 40).

Canaries are in every provider's key, in Assay's own secrets, in files of the host, and in the hidden tests and answers
of tasks. Agents search for them; providers repeat them; then everything that is kept or told is searched.
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

from tests.system.harness import Stack, running_stack
from tests.system.hostile.canaries import Canaries
from tests.system.hostile.catalog import Catalogue
from tests.system.hostile.exposed_data import answers, tables
from tests.system.hostile.listeners import Listeners, Provider
from tests.system.hostile.secret_search import hunted, hunter, program_agent

REAL = Path(__file__).parents[2] / "catalog" / "models.yaml"
MAY_BE = {
    "hidden_source": ("artifacts/hidden",),
    "hidden_expected": ("artifacts/hidden", "artifacts/reference"),
    "hidden_sample": ("artifacts/hidden", "artifacts/reference"),
    "nats": ("nats/nats.conf",),
}
"""Where in the data folder they live: hidden bundles, solutions for the baseline ``oracle``, the bus's own logins."""
KINDS = [pytest.param("bubblewrap"), pytest.param("docker", marks=pytest.mark.docker)]


class Hostile(NamedTuple):
    kind: str
    stack: Stack
    canaries: Canaries
    catalogue: Catalogue
    listeners: Listeners
    provider: Provider
    folder: Path

    def hunter(self) -> str:
        """It knows where everything is."""
        ports = json.loads((self.stack.data / "stack.json").read_text())["ports"]
        paths = [self.folder, self.folder / "home", self.stack.data, self.catalogue.folder, Path.cwd() / ".env"]
        sockets = [*map(str, (self.stack.data / "run").glob(".s*")), "/var/run/docker.sock", "/run/docker.sock"]
        known = [int(self.stack.url.rpartition(":")[2]), *ports.values(), int(self.provider.url.split(":")[2][:-3])]
        return hunter(list(map(str, paths)), known, sockets)

    def begin(self, **body: Any) -> str:
        """A run that is watched."""
        run_id = self.stack.submit(name=self.canaries["shown"], **body)
        attempts = [attempt["attempt_id"] for attempt in self.stack.attempts(run_id)]
        self.listeners.watch("runs", "leaderboard", f"run:{run_id}", *(f"attempt:{one}" for one in attempts))
        return run_id

    def finish(self, run_id: str) -> list[dict[str, Any]]:
        """Its attempts, when they have ended."""
        self.stack.finish(run_id)
        return self.stack.attempts(run_id)

    def lost_tries(self, attempt: dict[str, Any]) -> list[str]:
        """Why each try before the last one came to nothing."""
        tries = self.stack.http.get(f"/attempts/{attempt['attempt_id']}").raise_for_status().json()["tries"]
        return [one["cause"] for one in tries[:-1]]

    def artifact(self, attempt: dict[str, Any], name: str) -> str:
        answer = self.stack.http.get(f"/attempts/{attempt['attempt_id']}/artifacts/{name}")
        return answer.raise_for_status().text


@pytest.fixture(scope="module", params=KINDS)
def hostile(dist: Path, request: pytest.FixtureRequest) -> Iterator[Hostile]:  # the gateway serves it
    canaries, folder = Canaries(), Path(tempfile.mkdtemp(prefix="assay-hostile-"))
    folder.chmod(0o755)
    try:
        _place_files(folder, canaries)
        catalogue = Catalogue(folder / "catalogue", canaries)
        with Provider() as provider:
            environment = {**_environment(folder, canaries, provider), "ASSAY_SANDBOX": str(request.param)}
            with running_stack("--runners", "1", "--judges", "1", data=folder / "data", **environment) as stack:
                stack.http.headers["authorization"] = f"Bearer {canaries['token']}"
                with Listeners(stack, canaries["token"]) as listeners:
                    yield Hostile(str(request.param), stack, canaries, catalogue, listeners, provider, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _place_files(folder: Path, canaries: Canaries) -> None:
    """Readable by everybody, so that only walls keep them from being read."""
    (folder / "data").mkdir()
    (folder / "home" / ".aws").mkdir(parents=True)
    (folder / "home" / ".aws" / "credentials").write_text(canaries["home"])
    (folder / "home" / ".bash_history").write_text(f"export KEY={canaries['home']}")
    (folder / "beside.txt").write_text(canaries["beside"])


def _environment(folder: Path, canaries: Canaries, provider: Provider) -> dict[str, str]:
    listed = yaml.safe_load(REAL.read_text())["providers"].values()
    keys = [one["api_key_env"] for one in listed if "api_key_env" in one] + ["CANARY_API_KEY"]
    assert len(keys) >= 5
    return {
        **{name: canaries["key_" + name.lower().replace("assay_", "")] for name in keys},
        "AWS_SECRET_ACCESS_KEY": canaries["aws"],
        "ASSAY_TOKEN": canaries["token"],
        "ASSAY_CANARY": canaries["setting"],
        "ASSAY_LOOPBACK_URL": provider.url,
        "ASSAY_CATALOG": str(folder / "catalogue"),
        "HOME": str(folder / "home"),
    }


def test_no_canary_is_seen_kept_or_told(hostile: Hostile) -> None:
    hunt = hostile.hunter()
    hostile.catalogue.task(
        "program", {"solver": "command", "command": ["python3", "tools/agent.py"]}, agent=program_agent(hunt)
    )
    bash = "cat > /tmp/h.py <<'HUNT'\n" + hunt + "\nHUNT\npython3 /tmp/h.py"
    turns = (("python", {"code": hunt}), ("bash", {"command": bash}), ("git_diff", {}))
    model = hostile.catalogue.script("hunter", "hunt", *turns)
    run_ids = [
        hostile.begin(tasks=["hunt"], models=[model, "nop"]),
        hostile.begin(tasks=["program"], models=["keyed/hunter"]),
        hostile.begin(tasks=["early"], models=["nop"]),
        hostile.begin(tasks=["question"], models=["keyed/loud", "keyed/stream", "keyed/hunter"]),
    ]
    told = [hostile.stack.http.post("/models/test", json={"model": f"keyed/{name}"}) for name in ("loud", "stream")]
    ended = [hostile.finish(run_id) for run_id in run_ids]
    assert not [attempt for attempts in ended for attempt in attempts if attempt["outcome"] == "passed"]
    _hunted_in_vain(hostile, ended[0], ended[1])
    _nothing_told(hostile, run_ids, told)
    _nothing_kept(hostile)


def _hunted_in_vain(hostile: Hostile, agents: list[dict[str, Any]], programs: list[dict[str, Any]]) -> None:
    """The hunters read much, found the bait, which is in their own workspace, and reached nobody."""
    (agent,) = [attempt for attempt in agents if attempt["model"] != "nop"]
    told = [*hunted(_unescaped(hostile.artifact(agent, "transcript.jsonl")))]
    assert len(told) >= 2, hostile.artifact(agent, "transcript.jsonl")[-3000:]
    program = hunted(hostile.artifact(programs[0], "stdout.txt"))
    assert len(program) == 2, hostile.artifact(programs[0], "stderr.txt")
    for one in (*told, *program):
        assert one["found"] == [hostile.canaries["bait"]]
        assert one["reached"] == []
        assert one["looked"] > 100


def _unescaped(lines: str) -> str:
    """The text of every step of a transcript."""
    return "\n".join(json.loads(line).get("text", "") for line in lines.splitlines())


def _nothing_told(hostile: Hostile, run_ids: list[str], told: list[Any]) -> None:
    """On the bus, by the gateway, to live clients."""
    canaries, wanted = hostile.canaries, {"shown"}
    keys = {f"Bearer {canaries['key_canary_api_key']}"}
    assert set(hostile.provider.keys) == keys and len(hostile.provider.keys) >= 6, "the key was used and repeated"
    assert all("[key]" in answer.text for answer in told), [answer.text for answer in told]
    bodies = dict(answers(hostile.stack, run_ids))
    assert len(bodies) > 40
    _wait_for_frames(hostile, {"shown", "bait"})
    places = {
        "answers": [path.encode() + body for path, body in bodies.items()],
        "the bus": hostile.listeners.heard,
        "streams": hostile.listeners.stored(),
        "live frames": hostile.listeners.frames,
        "answers to tests of models": [answer.content for answer in told],
    }
    for place, messages in places.items():
        found = {name: message for message in messages for name in canaries.in_text(message)}
        leaked = {name: message[:3000] for name, message in found.items() if name not in ("shown", "bait")}
        assert leaked == {}, place
        assert wanted <= found.keys() or place.startswith("answers to"), f"{place} were searched"


def _wait_for_frames(hostile: Hostile, names: set[str]) -> None:
    """Until these canaries were in some, and a little longer for what comes late."""
    deadline, seen, looked_at = time.monotonic() + 60, set[str](), 0
    while not names <= seen:
        assert time.monotonic() < deadline, f"{names - seen} were in no live frame"
        time.sleep(0.3)
        frames = hostile.listeners.frames[looked_at:]
        looked_at += len(frames)
        seen.update(*map(hostile.canaries.in_text, frames))
    time.sleep(0.3)


def _nothing_kept(hostile: Hostile) -> None:
    """In the artifact store, in logs, in the bus's files, in Postgres."""
    canaries, data = hostile.canaries, hostile.stack.data
    passwords = _logins(data)
    for number, password in enumerate(passwords):
        canaries.words.setdefault(f"nats{number}", password)
    rows = canaries.in_text(tables(data))
    assert rows == {"shown"}, rows
    found = [(name, path.relative_to(data)) for name, path in canaries.in_files(data) if "postgres" not in path.parts]
    leaked = [(name, path) for name, path in found if not str(path).startswith(_may_be(name))]
    assert [(name, path) for name, path in leaked if name not in ("shown", "bait")] == []
    kept = {(name, path.parts[1]) for name, path in found if path.parts[0] == "artifacts"}
    assert kept >= {("bait", "attempts"), ("hidden_source", "hidden"), ("hidden_sample", "reference")}
    assert {path.name for name, path in found if name.startswith("nats")} == {"nats.conf"}


def _may_be(name: str) -> tuple[str, ...]:
    return MAY_BE.get("nats" if name.startswith("nats") else name, ("-",))


def _logins(data: Path) -> list[str]:
    text = (data / "nats" / "nats.conf").read_text()
    return [piece.partition('"')[0] for piece in text.split('password: "')[1:]]


HARMS = {
    "kills": "kill -9 -1; kill -9 1; kill -STOP 1",
    "fills": "for d in /workspace /tmp /dev/shm; do head -c 999999999 /dev/zero > $d/x; done; echo x > solution.py",
    "forks": "python3 -c 'import os\nwhile True: os.fork()'",
    "grows": "python3 -c 'x = []\nwhile True: x.append(bytearray(b\"1\") * 9999999)'",
    "stops": "kill -STOP $$",
    "wrecks": "chmod -R 000 /workspace /tmp; rm -rf /tmp/* /workspace/*; umount -l /workspace /proc /tmp; exec 1>&-",
    "crowds": "for i in $(seq 60); do sleep 900 & done",
    "haunts": "(setsid sh -c 'while :; do kill -9 -1; done' &)",
}


def test_attempts_that_break_their_sandbox_fail_and_the_next_ones_do_not(hostile: Hostile) -> None:
    """None passes, none takes its worker along, none is tried again as if we had been at fault."""
    models: list[str] = []
    chosen = HARMS if hostile.kind == "bubblewrap" else {name: HARMS[name] for name in ("kills", "fills", "haunts")}
    for name, harm in chosen.items():
        turns = (("bash", {"command": harm, "timeout_seconds": 2}), ("git_diff", {}))
        models.append(hostile.catalogue.script(name, "hunt", *turns))
    attempts = hostile.finish(hostile.begin(tasks=["hunt"], models=models))
    ended = {attempt["model"]: (attempt["outcome"], attempt["reason"]) for attempt in attempts}
    assert len(ended) == len(chosen)
    wrong = {model: how for model, how in ended.items() if how[0] not in ("failed", "agent_error")}
    assert wrong == {}, hostile.stack.logs()
    # A try may be lost to a host that many other tests keep busy, for a reason that is told; never an attempt.
    lost = [cause for attempt in attempts for cause in hostile.lost_tries(attempt)]
    assert len(lost) <= 1 and all(lost), lost
    after = hostile.finish(hostile.begin(tasks=["hunt"], models=["oracle"]))
    assert [attempt["outcome"] for attempt in after] == ["passed"]
