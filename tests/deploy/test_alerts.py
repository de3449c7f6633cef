"""The recommended alerts, evaluated by a real Prometheus: each fires in its case, and none in a healthy system."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.prometheus import IMAGE

ALERTS = Path(__file__).parents[2] / "deploy" / "prometheus" / "alerts.yaml"
MINUTES = 120
Series = dict[str, str]


def steady(value: float) -> str:
    """The same value in every minute, in promtool's notation."""
    return f"{value}x{MINUTES}"


def growing(per_minute: float) -> str:
    return f"0+{per_minute}x{MINUTES}"


RUN = 'stage="run",pool="default"'
HEALTHY: Series = {
    'up{job="assay-ledger",instance="l1"}': steady(1),
    'assay_ledger_leads{instance="l1"}': steady(1),
    'assay_ledger_leads{instance="l2"}': steady(0),
    'assay_bus_connected{instance="l1"}': steady(1),
    'assay_bus_reconnects_total{instance="l1"}': steady(2),
    'assay_bus_round_trip_failures_total{instance="l1"}': steady(1),
    'assay_http_requests_total{instance="g",path="/api/v1/runs",status_code="200"}': growing(600),
    'assay_http_requests_total{instance="g",path="/api/v1/runs",status_code="503"}': growing(1),
    'assay_rpc_duration_seconds_count{instance="l1",verb="runs.get"}': growing(600),
    'assay_rpc_duration_seconds_bucket{instance="l1",verb="runs.get",le="0.1"}': growing(600),
    'assay_rpc_duration_seconds_bucket{instance="l1",verb="runs.get",le="+Inf"}': growing(600),
    'assay_rpc_errors_total{instance="l1",verb="runs.get",status="404"}': growing(100),
    'assay_rpc_errors_total{instance="l1",verb="runs.get",status="500"}': growing(1),
    'assay_outbox_lag_seconds{instance="l1"}': steady(0.2),
    'assay_outbox_rows{instance="l1",kind="fact"}': steady(300),
    'assay_reports_waiting{instance="l1"}': steady(40),
    'assay_database_connections{instance="l1",state="used"}': steady(3),
    'assay_database_connections{instance="l1",state="idle"}': steady(5),
    'assay_database_connections_limit{instance="l1"}': steady(8),
    'assay_leader_task_delays_total{instance="l1",task="sweep"}': steady(1),
    'assay_dead_letters_total{instance="l1"}': steady(3),
    f'assay_oldest_order_seconds{{instance="l1",{RUN}}}': steady(4000),
    f'assay_slots{{instance="l1",{RUN}}}': steady(32),
    f'assay_slots_in_use{{instance="l1",{RUN}}}': steady(32),
    'assay_attempts{instance="l1",state="waiting"}': steady(1000),
    'assay_leases_expired_total{instance="l1",stage="run"}': growing(0.1),
    'assay_tries_started_total{instance="l1",stage="run"}': growing(100),
    'assay_tries_repeated_total{instance="l1",stage="run",reason="lost"}': growing(1),
    'assay_attempts_finished_total{instance="l1",outcome="passed"}': growing(90),
    'assay_attempts_finished_total{instance="l1",outcome="infra_error"}': growing(1),
    'assay_sandbox_open_failures_total{instance="r",kind="docker"}': steady(2),
    'kubelet_volume_stats_available_bytes{persistentvolumeclaim="data-assay-nats-0"}': steady(8e9),
    'kubelet_volume_stats_capacity_bytes{persistentvolumeclaim="data-assay-nats-0"}': steady(1e10),
    'assay_bus_stream_bytes{instance="l1",stream="FACTS"}': growing(1e6),
    'assay_model_calls_total{instance="r",provider="openai",model="gpt-4o-mini"}': growing(60),
    'assay_model_call_errors_total{instance="r",provider="openai",model="gpt-4o-mini",kind="timeout"}': growing(1),
    'assay_model_call_errors_total{instance="r",provider="openai",model="gpt-4o-mini",kind="cancelled"}': growing(30),
    'assay_day_limit_usd{instance="l1",project="default"}': steady(20),
    'assay_day_spent_usd{instance="l1",project="default"}': steady(10),
    'assay_spend_usd_total{instance="l1",project="default",purpose="model"}': growing(0.1),
}
CASES: dict[str, Series] = {
    "AssayServiceDown": {'up{job="assay-ledger",instance="l1"}': steady(0)},
    "AssayNoLeader": {'assay_ledger_leads{instance="l1"}': steady(0)},
    "AssayBusDisconnected": {'assay_bus_connected{instance="l1"}': steady(0)},
    "AssayBusReconnects": {'assay_bus_reconnects_total{instance="l1"}': growing(1)},
    "AssayBusCarriesNoMessages": {'assay_bus_round_trip_failures_total{instance="l1"}': growing(8)},
    "AssayHttpErrors": {'assay_http_requests_total{instance="g",path="/api/v1/runs",status_code="503"}': growing(60)},
    "AssayRpcErrors": {'assay_rpc_errors_total{instance="l1",verb="runs.get",status="500"}': growing(60)},
    "AssayRpcSlow": {
        'assay_rpc_duration_seconds_bucket{instance="l1",verb="runs.get",le="0.1"}': growing(500),
        'assay_rpc_duration_seconds_bucket{instance="l1",verb="runs.get",le="5"}': growing(600),
    },
    "AssayOutboxLag": {'assay_outbox_lag_seconds{instance="l1"}': steady(90)},
    "AssayOutboxGrows": {'assay_outbox_rows{instance="l1",kind="fact"}': growing(100)},
    "AssayReportsWait": {'assay_reports_waiting{instance="l1"}': steady(4000)},
    "AssayDatabaseConnectionsUsedUp": {'assay_database_connections{instance="l1",state="used"}': steady(8)},
    "AssayLeaderTasksDelayed": {'assay_leader_task_delays_total{instance="l1",task="sweep"}': growing(30)},
    "AssayDeadLetters": {'assay_dead_letters_total{instance="l1"}': growing(0.2)},
    "AssayOrdersWait": {f'assay_slots_in_use{{instance="l1",{RUN}}}': steady(1)},
    "AssayNoWorkers": {f'assay_slots{{instance="l1",{RUN}}}': steady(0)},
    "AssayLeasesExpire": {'assay_leases_expired_total{instance="l1",stage="run"}': growing(2)},
    "AssayTriesRepeated": {'assay_tries_repeated_total{instance="l1",stage="run",reason="lost"}': growing(20)},
    "AssayInfraErrors": {'assay_attempts_finished_total{instance="l1",outcome="infra_error"}': growing(20)},
    "AssaySandboxesFail": {'assay_sandbox_open_failures_total{instance="r",kind="docker"}': growing(1)},
    "AssayBusDiskFull": {
        'kubelet_volume_stats_available_bytes{persistentvolumeclaim="data-assay-nats-0"}': steady(1e9)
    },
    "AssayBusStreamGrows": {'assay_bus_stream_bytes{instance="l1",stream="FACTS"}': growing(1e8)},
    "AssayModelUnavailable": {'assay_model_unavailable{instance="l1",model="openai/gpt-4o-mini"}': steady(1)},
    "AssayModelErrors": {
        'assay_model_call_errors_total{instance="r",provider="openai",model="gpt-4o-mini",kind="timeout"}': growing(20)
    },
    "AssayDayLimitNear": {'assay_day_spent_usd{instance="l1",project="default"}': steady(17)},
    "AssaySpendRateHigh": {'assay_spend_usd_total{instance="l1",project="default",purpose="model"}': growing(0.3)},
}


ALONE = "AssayNoWorkers"
"""It needs other slots than the alert about free ones."""


def case(series: Series, firing: Collection[str]) -> dict[str, Any]:
    """A healthy system with these series instead, in which these alerts fire at the end, or none at all."""
    end = {"eval_time": f"{MINUTES}m"}
    sample = [{"labels": "{}", "value": 1}]
    fires = [
        {**end, "expr": f'min(ALERTS{{alertname="{alert}",alertstate="firing"}})', "exp_samples": sample}
        for alert in firing
    ]
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in (HEALTHY | series).items()],
        "promql_expr_test": fires or [{**end, "expr": "count by (alertname) (ALERTS)", "exp_samples": []}],
    }


def promtool(folder: Path, *arguments: str) -> list[str]:
    """The command, where it is installed or else in the image."""
    if shutil.which("promtool"):
        return ["promtool", *arguments]
    options = ["--rm", f"--volume={folder}:{folder}:ro", f"--workdir={folder}", "--entrypoint=promtool"]
    return ["docker", "run", *options, IMAGE, *arguments]


def test_every_alert_has_a_case() -> None:
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    assert {rule["alert"] for group in groups for rule in group["rules"]} == CASES.keys()


@pytest.mark.docker
def test_each_alert_fires_in_its_case_and_none_in_a_healthy_system() -> None:
    together = CASES.keys() - {ALONE}
    ill = {name: values for alert in together for name, values in CASES[alert].items()}
    assert len(ill) == sum(len(CASES[alert]) for alert in together), "two cases change the same series"
    cases = [case({}, ()), case(ill, together), case(CASES[ALONE], (ALONE,))]
    tests = {"rule_files": [ALERTS.name], "evaluation_interval": "5m", "tests": cases}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copy(ALERTS, folder / ALERTS.name)
        (folder / "tests.yaml").write_text(json.dumps(tests))
        command = promtool(folder, "test", "rules", str(folder / "tests.yaml"))
        ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
