"""The queries of the Grafana dashboard, and what Prometheus answers to them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx2

DASHBOARD = Path(__file__).parents[2] / "deploy" / "grafana" / "dashboards" / "assay.json"
_RATE_INTERVAL = "$__rate_interval"
_METRIC = re.compile(r"\b(?:assay|process)_[a-z_]+")


def panels() -> list[dict[str, Any]]:
    """All but the rows."""
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def queries(rate_interval: str = "1m") -> list[str]:
    return [target["expr"].replace(_RATE_INTERVAL, rate_interval) for panel in panels() for target in panel["targets"]]


def metrics() -> set[str]:
    """The names of all metrics in the queries."""
    return {name for query in queries() for name in _METRIC.findall(query)}


def without_data(prometheus_url: str, rate_interval: str = "1m") -> list[str]:
    """The queries that return no series, or nothing but NaN."""
    with httpx2.Client(base_url=prometheus_url, timeout=30) as http:
        return [query for query in queries(rate_interval) if not _values(http, query)]


def scraped_jobs(prometheus_url: str) -> set[str]:
    """The jobs of which Prometheus has samples; none before it serves."""
    try:
        with httpx2.Client(base_url=prometheus_url, timeout=30) as http:
            answer = http.get("/api/v1/query", params={"query": "up == 1"}).json()
    except (httpx2.TransportError, ValueError):
        return set()
    return {series["metric"]["job"] for series in answer["data"]["result"]}


def _values(http: httpx2.Client, query: str) -> list[str]:
    answer = http.get("/api/v1/query", params={"query": query}).json()
    assert answer["status"] == "success", (query, answer)
    return [value for series in answer["data"]["result"] if (value := series["value"][1]) != "NaN"]
