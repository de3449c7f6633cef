"""The table in docs/messages.md matches the code: tags, permitted senders, subjects and docstrings."""

from __future__ import annotations

import re
import typing
from pathlib import Path

from assay.bus.permissions import USERS, permissions
from assay.contracts import rpc, subjects
from assay.contracts.attempts import AttemptExecuted, AttemptJudged, ExecuteAttempt, GradeAttempt
from assay.contracts.codec import Message
from assay.contracts.facts import Fact
from assay.contracts.rpc import Request
from assay.contracts.tail import TailLine

DOCUMENT = Path(__file__).parents[1] / "docs" / "messages.md"
HEADER = "| message | sent by | subject | meaning |\n|---|---|---|---|\n"
_FACTS = "assay.evt.v1.<project>.{}.<run_id>"


def requests() -> list[type[Request[typing.Any]]]:
    return [kind for kind in vars(rpc).values() if isinstance(kind, type) and "reply" in vars(kind)]


def rows() -> list[tuple[type[Message], str]]:
    """Messages and their subjects, plane by plane: work, facts, tail, rpc."""
    work = [(ExecuteAttempt, "assay.work.run.<pool>"), (GradeAttempt, "assay.work.judge.<pool>")]
    reports = [(AttemptExecuted, "assay.work.report.run"), (AttemptJudged, "assay.work.report.judge")]
    facts = [(kind, _FACTS.format(kind.name())) for kind in typing.get_args(Fact)]
    tail = [(TailLine, "assay.tail.v1.<project>.<run_id>.<attempt_id>")]
    return [*work, *reports, *facts, *tail, *((kind, subjects.rpc(kind)) for kind in requests())]


def senders(subject: str) -> str:
    """The users with permission to publish on the subject, except the observer, which may do everything."""
    concrete = re.sub(r"<\w+>", "default", subject)
    found = [
        user for user in USERS if user != "observer" and any(covers(p, concrete) for p in permissions(user).publish)
    ]
    return ", ".join(found)


def covers(pattern: str, subject: str) -> bool:
    expression = re.escape(pattern).replace(r"\*", r"[^.]+").replace(">", r".+")
    return re.fullmatch(expression, subject) is not None


def meaning(kind: type[Message]) -> str:
    """The docstring's first sentence."""
    text = " ".join((kind.__doc__ or "").split())
    return re.split(r"(?<=\.) ", text)[0].rstrip(".").replace("``", "`")


def table() -> str:
    lines = [f"| `{kind.name()}` | {senders(on)} | `{on}` | {meaning(kind)} |" for kind, on in rows()]
    return HEADER + "\n".join(lines) + "\n"


def test_the_table_of_messages_matches_the_code() -> None:
    assert table() in DOCUMENT.read_text(), f"{DOCUMENT} must contain this table:\n\n{table()}"


def test_every_message_has_a_sender_and_a_docstring() -> None:
    assert all(senders(subject) for _, subject in rows())
    assert all(meaning(kind) for kind, _ in rows())
