"""What operators see of a real system: metrics, traces and logs of every service."""

from __future__ import annotations

import json
import random
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.deploy import dashboard
from tests.deploy.prometheus import running_prometheus
from tests.otlp_receiver import ReceivedSpan, Receiver, otlp_receiver
from tests.system.harness import Stack, running_stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
ROOT = Path(__file__).parents[2]
SERVICES = ("ledger", "runner", "judge")
"""In the order in which ``assay up`` counts up their ports."""
_ROW = re.compile(r"^\| `(assay_\w+)` \|[^|]*\| ([^|]+) \|", re.MULTILINE)
_NAME = re.compile(r"\bassay_\w+")
MODEL = "scripted/mixed"


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
    """A running system, its metrics and traces, and the run that it finished."""

    def __init__(self, stack: Stack, first_port: int, receiver: Receiver) -> None:
        self.stack, self.receiver, self.run_id = stack, receiver, ""
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
    first_port = free_ports(len(SERVICES) + 1)  # the last is the gateway's
    with otlp_receiver() as receiver:
        environment = {
            "ASSAY_METRICS_PORT": str(first_port),
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
            "OTEL_BSP_SCHEDULE_DELAY": "200",  # milliseconds
            "ASSAY_LOOPBACK_URL": "",
        }
        with running_stack(data=None, **environment) as stack:
            observed = Observed(stack, first_port, receiver)
            observed.run_id = stack.submit(tasks=["add_two"], models=["oracle", "nop", MODEL])
            stack.finish(observed.run_id, 300)
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
    """On a busy machine tries can be repeated, so some counters are compared with what became of the attempts."""
    value, stack = observed.value, observed.stack
    attempts = stack.attempts(observed.run_id)
    for outcome in {attempt["outcome"] for attempt in attempts}:
        expected = sum(attempt["outcome"] == outcome for attempt in attempts)
        assert value("ledger", "assay_attempts_finished_total", outcome=outcome) == expected
    assert value("ledger", "assay_ledger_leads") == 1
    assert value("ledger", "assay_tries_started_total", stage="run") >= len(attempts)
    assert value("ledger", "assay_tries_started_total", stage="judge") >= 1
    assert value("ledger", "assay_rpc_duration_seconds_count", verb="runs.submit") >= 1
    assert value("runner", "assay_work_duration_seconds_count", stage="run") >= len(attempts)
    assert value("judge", "assay_work_duration_seconds_count", stage="judge") >= 1
    calls = {"provider": "scripted", "model": "mixed"}
    assert value("runner", "assay_model_calls_total", **calls) >= 1
    assert value("runner", "assay_model_tokens_total", direction="output", **calls) >= 1
    assert value("runner", "assay_model_call_duration_seconds_count", **calls) >= 1
    assert value("runner", "assay_model_cost_usd_total", **calls) > 0
    assert value("ledger", "assay_spend_usd_total", purpose="model") > 0
    assert value("judge", "assay_sandbox_open_seconds_count", kind="bubblewrap") >= 1
    submitted = {"method": "POST", "path": "/api/v1/runs", "status_code": "201"}
    assert value("gateway", "assay_http_requests_total", **submitted) >= 1


def test_the_leader_reports_the_slots_and_that_nothing_waits(observed: Observed) -> None:
    value, wait_until = observed.value, observed.stack.wait_until
    wait_until(lambda: value("ledger", "assay_slots", stage="run") == value("runner", "assay_worker_slots") > 0)
    wait_until(lambda: value("ledger", "assay_slots", stage="judge") == value("judge", "assay_worker_slots") > 0)
    wait_until(lambda: value("ledger", "assay_orders") == value("ledger", "assay_outbox_rows") == 0)


def test_no_label_is_an_id(observed: Observed) -> None:
    for service in observed.urls:
        assert observed.run_id not in observed.scrape(service)


def test_the_probes_of_every_service_answer(observed: Observed) -> None:
    for url in observed.urls.values():
        assert httpx2.get(f"{url}/healthz").status_code == 200
        ready = httpx2.get(f"{url}/readyz")
        assert (ready.status_code, ready.json()["ready"]) == (200, True)


def submission_of(observed: Observed) -> ReceivedSpan:
    observed.stack.wait_until(lambda: bool(observed.receiver.named("POST /api/v1/runs")))
    return observed.receiver.named("POST /api/v1/runs")[0]


def path_of(span: ReceivedSpan, spans: list[ReceivedSpan]) -> list[str]:
    """From the first step of the trace to the span: service and name."""
    by_id = {each.span_id: each for each in spans}
    path: list[str] = []
    current: ReceivedSpan | None = span
    while current is not None:
        path.insert(0, f"{current.service.removeprefix('assay-')}: {current.name}")
        current = by_id[current.parent] if current.parent else None
    return path


def test_a_run_is_one_trace_through_all_services(observed: Observed) -> None:
    trace_id = submission_of(observed).trace_id
    observed.stack.wait_until(
        lambda: [span.name for span in observed.receiver.trace(trace_id)].count("book attempt.judged") >= 3
    )
    spans = observed.receiver.trace(trace_id)
    paths = {name: path_of(span, spans) for span in spans for name in [span.name]}
    submit = ["gateway: POST /api/v1/runs", "gateway: runs.submit", "ledger: runs.submit"]
    execute = [*submit, "ledger: order attempt.execute", "runner: try"]
    grade = [*submit, "ledger: order attempt.grade", "judge: grading"]
    assert paths[f"chat {MODEL}"] == [*execute, f"runner: chat {MODEL}"]
    assert paths["book attempt.executed"] == [*execute, "ledger: book attempt.executed"]
    assert paths["book attempt.judged"] == [*grade, "ledger: book attempt.judged"]
    assert {"open sandbox"} <= paths.keys()
    attempts = {span.attributes["assay.attempt_id"] for span in spans if span.name == "try"}
    assert attempts == {f"{observed.run_id}-{ordinal}" for ordinal in (1, 2, 3)}


def test_what_belongs_to_no_request_is_not_traced(observed: Observed) -> None:
    names = {span.name for span in observed.receiver.spans}
    assert not {"workers.heartbeat", "GET /readyz", "GET /metrics"} & names


def test_log_lines_say_which_run_attempt_and_trace_they_are_about(observed: Observed) -> None:
    stack = observed.stack
    run_id = stack.submit(tasks=["add_two"], models=["loopback/without-an-address"])
    stack.finish(run_id)
    lines = [json.loads(line) for line in (stack.data / "logs" / "runner.log").read_text().splitlines()]
    ended = next(line for line in lines if line["event"] == "attempt.ended" and line["run_id"] == run_id)
    assert ended["attempt_id"] == f"{run_id}-1"
    services = {"assay-gateway", "assay-ledger", "assay-runner"}
    stack.wait_until(lambda: services <= {span.service for span in observed.receiver.trace(ended["trace_id"])})


@pytest.mark.docker
def test_every_query_of_the_dashboard_returns_data(observed: Observed) -> None:
    scraped = set[str]().union(*(names_in(observed.scrape(service)) for service in observed.urls))
    names = {name for name in dashboard.metrics() if name.startswith("assay_")}
    assert names - scraped == set()
    targets = {f"assay-{service}": url.removeprefix("http://") for service, url in observed.urls.items()}
    with running_prometheus(targets) as prometheus_url:
        observed.stack.wait_until(lambda: dashboard.scraped_jobs(prometheus_url) == targets.keys())
        observed.stack.finish(observed.stack.submit(tasks=["add_two"], models=["oracle", MODEL]))
        try:
            observed.stack.wait_until(lambda: not dashboard.without_data(prometheus_url))
        except AssertionError:
            raise AssertionError(f"without data: {dashboard.without_data(prometheus_url)}") from None
