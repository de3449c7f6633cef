"""The stack of deploy/compose.yaml: a run with Docker sandboxes on two runners, killed containers, `down` and `up`, and
what Prometheus sees. Nothing is lost or paid twice."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import httpx2

from tests.cluster.report import record
from tests.compose.docker_compose import run
from tests.compose.installation import SERVICES, Installation
from tests.database import check_sums, leader_address, rows
from tests.deploy.dashboard import queries, without_data

AGENT = {"tasks": ["invoice_totals"], "models": ["scripted/repairer"], "sandbox": "docker"}
END_SECONDS = 1200.0


def test_a_run_with_docker_sandboxes_passes_on_two_runners(assay: Installation, results: Path) -> None:
    database = assay.submit(tasks=["postgres_migration"], models=["oracle"])
    agent = assay.submit(**AGENT, repeats=4)
    bubblewrap = assay.submit(tasks=["add_two"], models=["oracle"], sandbox="bubblewrap")
    began = time.monotonic()
    for run_id in (database, agent, bubblewrap):
        wait_until_ended(assay, run_id)
    assert outcomes(assay, database, agent, bubblewrap) == {"passed": 6}
    assert len(workers(assay)) == 2
    record(results, "6 attempts in Docker and bubblewrap, two runners", f"{time.monotonic() - began:.0f} s, all passed")


def test_a_runner_and_the_leading_ledger_are_killed(assay: Installation, results: Path) -> None:
    run_id = assay.submit(**AGENT, repeats=24)
    began = time.monotonic()
    assay.wait_until(lambda: assay.progress(run_id)["done"] >= 1, 600, "an attempt is done")
    runner, ledger, database = assay.containers("runner")[0], leading_ledger(assay), assay.database_url
    begins = f"runner {runner} begins an attempt"
    assay.wait_until(lambda: has_begun(database, run_id, runner), 120, begins, poll_seconds=0.02)
    run(["docker", "kill", runner, ledger])
    wait_until_ended(assay, run_id)
    assert outcomes(assay, run_id) == {"passed": 24}
    tries = rows(assay.database_url, "SELECT sum(tries - 1)::int FROM attempts WHERE run_id = $1", run_id)[0][0]
    assert tries >= 1
    check_sums(assay.database_url)
    record(
        results,
        "`docker kill` of a runner and of the leading ledger",
        f"all 24 passed after {time.monotonic() - began:.0f} s; {tries} tries repeated; all sums agree",
    )
    assay.up()


def test_prometheus_scrapes_every_service_and_every_query_of_the_dashboard_has_data(assay: Installation) -> None:
    expected = {f"assay-{service}": count for service, count in SERVICES.items()}
    assay.wait_until(lambda: healthy_targets(assay) == expected, 180, "Prometheus reaches every container")
    assay.wait_until(lambda: require_data(assay), 240, "every query has data", poll_seconds=20)
    assert len(queries()) > 30, "so many are checked"


def require_data(assay: Installation) -> bool:
    """After one more run: a rate needs a counter that increases between two scrapes. Raises ValueError with the queries
    that have none."""
    wait_until_ended(assay, assay.submit(**AGENT, repeats=1))
    if missing := without_data(assay.prometheus_url, "5m"):
        raise ValueError(f"no data: {'; '.join(missing)}")
    return True


def test_everything_is_kept_when_all_containers_are_removed(assay: Installation, results: Path) -> None:
    stored = "SELECT run_id, total, cost_nanousd, finished_at FROM runs ORDER BY run_id"
    before = [tuple(row) for row in rows(assay.database_url, stored)]
    assay.down()
    began = time.monotonic()
    assay.up()
    assert [tuple(row) for row in rows(assay.database_url, stored)] == before
    attempt = assay.get(f"/runs/{before[-1][0]}/attempts")["items"][0]["attempt_id"]
    artifacts = assay.get(f"/attempts/{attempt}")["artifacts"]
    assert artifacts
    with assay.http() as http:
        assert {http.get(f"/attempts/{attempt}/artifacts/{name}").status_code for name in artifacts} == {200}
    wait_until_ended(assay, assay.submit(tasks=["add_two"], models=["oracle"]))
    check_sums(assay.database_url)
    record(results, "`down` and `up`", f"serves again {time.monotonic() - began:.0f} s later; runs and artifacts kept")


def wait_until_ended(assay: Installation, run_id: str) -> None:
    assay.wait_until(lambda: assay.get(f"/runs/{run_id}")["status"] == "finished", END_SECONDS, "the run ends")


def outcomes(assay: Installation, *run_ids: str) -> Counter[str]:
    found = rows(assay.database_url, "SELECT outcome FROM attempts WHERE run_id = ANY($1)", list(run_ids))
    return Counter(row["outcome"] for row in found)


def workers(assay: Installation) -> set[str]:
    return {row["worker_id"] for row in rows(assay.database_url, "SELECT DISTINCT worker_id FROM tries")}


def has_begun(database_url: str, run_id: str, container: str) -> bool:
    """Whether it began an attempt just now. A worker's id contains its host's name, which is the container's short
    id."""
    begun = """
    SELECT 1 FROM attempts WHERE run_id = $1 AND state = 'running' AND worker_id LIKE $2
      AND changed_at > clock_timestamp() - interval '0.3 s'
    """
    return bool(rows(database_url, begun, run_id, f"%{container[:12]}%"))


def leading_ledger(assay: Installation) -> str:
    """The container whose session holds the advisory lock of the leader."""
    address = leader_address(assay.database_url)
    return next(each for each in assay.containers("ledger") if assay.address(each, "database") == address)


def healthy_targets(assay: Installation) -> Counter[str]:
    targets = httpx2.get(f"{assay.prometheus_url}/api/v1/targets", timeout=10).json()["data"]["activeTargets"]
    return Counter(each["labels"]["job"] for each in targets if each["health"] == "up")
