"""The declared transitions of an attempt: the statements keep to them, all of them can happen, and the docs show them.

Every test of the ledger runs with the trigger of ``conftest.py``, which refuses transitions that are not declared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from assay.contracts.attempts import Stage, State
from assay.contracts.rpc import CancelRun
from assay.contracts.runs import CancelGrading
from services.ledger.attempts.diagram import PAGE, page_with_diagram
from services.ledger.attempts.lifecycle import TRANSITIONS
from tests.ledger.harness import LedgerHarness

ROOT = Path(__file__).parents[2]
UPDATE = re.compile(r"UPDATE\s+attempts\b(?P<set>.*?)(?:\bFROM\b|\bWHERE\b|\bRETURNING\b|\"\"\")", re.DOTALL)
WRITES_STATE = re.compile(r"(?:\bSET|,)\s*state\s*=")

RECORD = """
CREATE TABLE seen (before text, after text);
CREATE FUNCTION record_transition() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN INSERT INTO seen VALUES (old.state, new.state); RETURN new; END$$;
CREATE TRIGGER record_transition AFTER UPDATE OF state ON attempts FOR EACH ROW EXECUTE FUNCTION record_transition();
"""


def writers(folder: str) -> Iterator[str]:
    """Modules with a statement that writes the state."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        statements = UPDATE.finditer(path.read_text())
        if any("{_END}" in each["set"] or WRITES_STATE.search(each["set"]) for each in statements):
            yield str(path.relative_to(ROOT))


def test_no_other_module_writes_the_state_of_attempts() -> None:
    assert [*writers("assay"), *writers("services")] == ["services/ledger/attempts/transitions.py"]


def test_a_statement_that_writes_the_state_is_recognized() -> None:
    assert WRITES_STATE.search("UPDATE attempts a SET token = 1, state = 'done'")
    assert WRITES_STATE.search("UPDATE attempts SET\n  state = CASE")
    assert not WRITES_STATE.search("UPDATE attempts a SET lease_until = now()")


def test_the_architecture_page_shows_the_transitions() -> None:
    page = PAGE.read_text()
    assert page == page_with_diagram(page), "run `python -m services.ledger.attempts.diagram`"


def test_each_transition_is_declared_once() -> None:
    assert len({(rule.event, rule.before, rule.after) for rule in TRANSITIONS}) == len(TRANSITIONS)


async def test_a_transition_that_is_not_declared_is_refused(ledger: LedgerHarness) -> None:
    run = await ledger.submit(samples=1)
    with pytest.raises(asyncpg.RaiseError, match="undeclared transition waiting -> executed"):
        await ledger.rows("UPDATE attempts SET state = 'executed' WHERE run_id = $1", run.run_id)


async def test_every_declared_pair_of_states_can_happen(ledger: LedgerHarness) -> None:
    async with ledger.database.session() as connection:
        await connection.driver.execute(RECORD)
    first = await ledger.submit(samples=3)
    judged, _, again = await ledger.start_attempts(first, slots=2)
    await ledger.claim([again.attempt_id])
    await ledger.report_executed(judged, again)
    await ledger.grade(judged)
    await ledger.claim([again.attempt_id], Stage.JUDGE, "judge")
    await ledger.claim([again.attempt_id], Stage.JUDGE, "judge")
    await ledger.expire_leases()
    await ledger.control.pause(first.run_id)
    await ledger.control.cancel(CancelRun(run_id=first.run_id, grace_seconds=0, grading=CancelGrading.NONE))
    run = await ledger.submit(samples=5)
    await ledger.start_attempts(run, slots=2)
    await ledger.control.cancel(CancelRun(run_id=run.run_id, grace_seconds=0))
    third = await ledger.submit(samples=1)
    (executed,) = await ledger.start_attempts(third)
    await ledger.report_executed(executed)
    await ledger.control.cancel(CancelRun(run_id=third.run_id, grace_seconds=0, grading=CancelGrading.NONE))
    fourth = await ledger.submit(samples=1)
    await ledger.add_runner(1)
    await ledger.scheduler.schedule()
    await ledger.control.cancel(CancelRun(run_id=fourth.run_id, grace_seconds=0))
    rows = await ledger.rows("SELECT DISTINCT before, after FROM seen")
    assert {(State(row["before"]), State(row["after"])) for row in rows} == {
        (rule.before, rule.after) for rule in TRANSITIONS
    }
