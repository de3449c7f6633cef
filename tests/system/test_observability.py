"""What operators see of a real system: metrics of every service."""

from __future__ import annotations

import random
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.system.harness import Stack, running_stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
ROOT = Path(__file__).parents[2]
SERVICES = ("ledger", "runner", "judge")
"""In the order in which ``assay up`` counts up their ports."""
_ROW = re.compile(r"^\| `(assay_\w+)` \|[^|]*\| ([^|]+) \|", re.MULTILINE)
_NAME = re.compile(r"\bassay_\w+")
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def free_ports(count: int) -> int:
    """The first of adjacent free ports, below those that outgoing connections use."""
    while True:
        first = random.randrange(20_000, 30_000)
        try:
            for port in range(first, first + count):
                socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return first


class Observed:
    """A running system and its metrics."""

    def __init__(self, stack: Stack, first_port: int) -> None:
        self.stack = stack
        ports = zip(SERVICES, range(first_port, first_port + len(SERVICES)), strict=True)
        self.urls = {"gateway": stack.url, **{name: f"http://127.0.0.1:{port}" for name, port in ports}}

    def scrape(self, service: str) -> str:
        return httpx2.get(f"{self.urls[service]}/metrics", timeout=60).raise_for_status().text

    def value(self, service: str, name: str, **labels: str) -> float:
        """The sum of the series with these labels; 0 without any."""
        return sum(
            sample.value
            for family in text_string_to_metric_families(self.scrape(service))
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )


@pytest.fixture(scope="module")
def observed() -> Iterator[Observed]:
    first_port = free_ports(len(SERVICES))
    with running_stack(ASSAY_METRICS_PORT=str(first_port)) as stack:
        observed = Observed(stack, first_port)
        stack.finish(stack.submit(tasks=["add_two"], models=["oracle", "nop", "local/smollm2-135m"]), 300)
        # The leader reads them every five seconds.
        stack.wait_until(lambda: observed.value("ledger", "assay_workers") == 2)
        yield observed


def names_in(text: str) -> set[str]:
    """The metrics of a scrape, with the names of their series."""
    names: set[str] = set()
    for family in text_string_to_metric_families(text):
        suffixes = {"counter": ("_total",), "histogram": ("", "_bucket", "_count", "_sum")}.get(family.type, ("",))
        names |= {family.name + suffix for suffix in suffixes}
    return names


def test_every_documented_metric_is_in_the_scrape_of_its_service(observed: Observed) -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    documented = _ROW.findall(page)
    assert len(documented) > 40
    scraped = {service: names_in(observed.scrape(service)) for service in observed.urls}
    missing = [
        (name, service)
        for name, services in documented
        for service in (observed.urls if services == "all" else re.findall(r"gateway|ledger|runner|judge", services))
        if name not in scraped[service]
    ]
    assert not missing
    ours = {name for names in scraped.values() for name in names if name.startswith("assay_")}
    undocumented = {re.sub(r"_(bucket|count|sum)$", "", name) for name in ours} - set(_NAME.findall(page))
    assert not undocumented, "add them to the table in docs/operations.md"


def test_every_metric_of_the_alerts_is_scraped(observed: Observed) -> None:
    groups = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yaml").read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) > 20
    assert len({rule["alert"] for rule in rules}) == len(rules)
    assert all(rule["annotations"].keys() == {"summary", "description"} for rule in rules)
    wanted = {name for rule in rules for name in _NAME.findall(rule["expr"])}
    scraped = set[str]().union(*(names_in(observed.scrape(service)) for service in observed.urls))
    assert not wanted - scraped


def test_the_work_of_a_run_is_counted_where_it_is_done(observed: Observed) -> None:
    value = observed.value
    assert value("ledger", "assay_ledger_leads") == 1
    assert value("ledger", "assay_attempts_finished_total") == 3
    assert value("ledger", "assay_attempts_finished_total", outcome="passed") >= 1
    assert value("ledger", "assay_tries_started_total", stage="run") == 3
    assert value("ledger", "assay_tries_started_total", stage="judge") == 3
    assert value("ledger", "assay_rpc_duration_seconds_count", verb="runs.submit") == 1
    assert value("ledger", "assay_slots", stage="run") == value("runner", "assay_worker_slots", stage="run") > 0
    assert value("ledger", "assay_slots", stage="judge") == value("judge", "assay_worker_slots") > 0
    assert value("runner", "assay_work_duration_seconds_count", stage="run") == 3
    assert value("judge", "assay_work_duration_seconds_count", stage="judge") == 3
    calls = {"provider": "local", "model": "smollm2-135m"}
    assert value("runner", "assay_model_calls_total", **calls) >= 1
    assert value("runner", "assay_model_tokens_total", direction="output", **calls) >= 1
    assert value("runner", "assay_model_call_duration_seconds_count", **calls) >= 1
    assert value("judge", "assay_sandbox_open_seconds_count", kind="bubblewrap") >= 1
    submitted = {"method": "POST", "path": "/api/v1/runs", "status_code": "201"}
    assert value("gateway", "assay_http_requests_total", **submitted) == 1
    assert value("ledger", "assay_orders") == value("ledger", "assay_outbox_rows") == 0


def test_no_label_is_an_id(observed: Observed) -> None:
    run_id = observed.stack.http.get("/runs").json()["items"][0]["run_id"]
    for service in observed.urls:
        assert run_id not in observed.scrape(service)


def test_the_probes_of_every_service_answer(observed: Observed) -> None:
    for url in observed.urls.values():
        assert httpx2.get(f"{url}/healthz").status_code == 200
        ready = httpx2.get(f"{url}/readyz")
        assert (ready.status_code, ready.json()["ready"]) == (200, True)
