"""Logs of the stack's processes: every line is a JSON object, whatever a process writes."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from assay.embedded.json_log import JsonLog, ParseLine, parse_nats, parse_plain, parse_postgres
from assay.embedded.log_files import last_lines, shorten

NATS = "[29840] 2026/11/28 11:44:52.230808 "
POSTGRES = "2026-11-28 11:44:52.229 UTC [123] "
LINES: list[tuple[ParseLine, str, dict[str, Any]]] = [
    (parse_nats, f"{NATS}[INF] Server is ready", {"event": "Server is ready", "level": "info", "pid": 29840}),
    (parse_nats, f"{NATS}[WRN] slow", {"event": "slow", "level": "warning", "pid": 29840}),
    (parse_nats, f"{NATS}[ERR] a [b] c", {"event": "a [b] c", "level": "error", "pid": 29840}),
    (parse_nats, f"{NATS}[FTL] no port", {"event": "no port", "level": "critical", "pid": 29840}),
    (parse_nats, f"{NATS}[INF] ", {"event": "", "level": "info", "pid": 29840}),
    (parse_nats, "panic: nil map", {"event": "panic: nil map", "level": "warning"}),
    (parse_postgres, f"{POSTGRES}LOG:  ready", {"event": "ready", "level": "info", "pid": 123}),
    (parse_postgres, f"{POSTGRES}ERROR:  no table", {"event": "no table", "level": "error", "pid": 123}),
    (parse_postgres, f"{POSTGRES}FATAL:  no role", {"event": "no role", "level": "critical", "pid": 123}),
    (
        parse_postgres,
        f"{POSTGRES}STATEMENT:  SELECT 1",
        {"event": "SELECT 1", "level": "info", "pid": 123, "kind": "statement"},
    ),
    (parse_postgres, "\tFROM runs", {"event": "FROM runs", "level": "info"}),
    (parse_plain, "Fatal Python error: Aborted", {"event": "Fatal Python error: Aborted", "level": "warning"}),
    (parse_plain, "{not json}", {"event": "{not json}", "level": "warning"}),
    (parse_plain, '{"a": 1} trailing', {"event": '{"a": 1} trailing', "level": "warning"}),
    (parse_plain, "[1, 2]", {"event": "[1, 2]", "level": "warning"}),
    (parse_plain, "\x1b[31mred\x00", {"event": "\x1b[31mred\x00", "level": "warning"}),
]


def written(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().split("\n")[:-1]]


@pytest.mark.parametrize(("parse", "line", "members"), LINES, ids=[line for _, line, _ in LINES])
def test_a_line_becomes_an_object_with_level_time_and_service(
    tmp_path: Path, parse: ParseLine, line: str, members: dict[str, Any]
) -> None:
    with closing(JsonLog("nats", tmp_path / "a.log", parse)) as log:
        log.feed(f"{line}\n".encode())
    (found,) = written(tmp_path / "a.log")
    assert datetime.fromisoformat(found.pop("timestamp")).tzinfo is not None
    assert found == {**members, "service": "nats"}


def test_json_objects_stay_as_they_are(tmp_path: Path) -> None:
    line = '{"event": "ready", "level":"info", "slots": 1e3}'
    with closing(JsonLog("runner", tmp_path / "a.log")) as log:
        log.feed(f"{line}\r\n".encode())
    assert (tmp_path / "a.log").read_text() == f"{line}\n"


def test_lines_arrive_in_any_pieces_and_the_last_may_have_no_end(tmp_path: Path) -> None:
    text = 'first\n\n{"event": "ä"}\nlast\xff'.encode()
    with closing(JsonLog("a", tmp_path / "a.log")) as log:
        for number in range(len(text)):
            log.feed(text[number : number + 1])
    assert [entry["event"] for entry in written(tmp_path / "a.log")] == ["first", "ä", "lastÿ"]


def test_bytes_that_are_not_text_and_endless_lines_are_kept(tmp_path: Path) -> None:
    with closing(JsonLog("a", tmp_path / "a.log")) as log:
        log.feed(b"\xff\xfe\n")
        for _ in range(40):
            log.feed(b"x" * 10_000)
    first, *others = [entry["event"] for entry in written(tmp_path / "a.log")]
    assert first == "\ufffd\ufffd"
    assert len(others) == 2 and "".join(others) == "x" * 400_000


def test_an_incomplete_line_of_an_earlier_process_is_removed(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text('{"event": "old"}\n{"event": "cut o')
    with closing(JsonLog("a", tmp_path / "a.log")) as log:
        log.feed(b"new\n")
    assert [entry["event"] for entry in written(tmp_path / "a.log")] == ["old", "new"]


def test_a_full_disk_leaves_no_incomplete_line(tmp_path: Path) -> None:
    """A limit on the file's size makes a write incomplete, as a full disk does."""
    program = f"""
import resource
from pathlib import Path
from assay.embedded.json_log import JsonLog
log = JsonLog("a", Path({str(tmp_path / "a.log")!r}))
log.feed(b"before\\n")
resource.setrlimit(resource.RLIMIT_FSIZE, (500, resource.RLIM_INFINITY))
for _ in range(20):
    log.feed(b"line\\n")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
log.feed(b"after\\n")
"""
    subprocess.run([sys.executable, "-c", program], check=True)
    events = [entry["event"] for entry in written(tmp_path / "a.log")]
    assert (events[0], set(events[1:-1]), events[-1]) == ("before", {"line"}, "after")
    assert len(events) < 20


def test_a_shortened_log_begins_with_a_complete_line(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    with closing(JsonLog("a", path)) as log:
        for number in range(100):
            log.feed(b"line %d\n" % number)
        shorten(path, max_bytes=1000)
        log.feed(b"after\n")
    assert [entry["event"] for entry in written(path)] == ["after"]
    assert written(path.with_name("a.log.1"))[-1]["event"] == "line 99"


def test_last_lines_show_plain_messages_without_their_json(tmp_path: Path) -> None:
    with closing(JsonLog("nats", tmp_path / "a.log", parse_nats)) as log:
        log.feed(f'{NATS}[FTL] no port\n{{"event":"failed","slots":1}}\n'.encode())
    assert last_lines(tmp_path / "a.log") == ("no port", '{"event":"failed","slots":1}')
