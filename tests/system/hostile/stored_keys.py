"""A provider whose key the ledger stores."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle
from threading import Event

import httpx2

from tests.system.hostile.canaries import Canaries

STORED = ("stored_key", "next_stored_key")
"""The canaries that are its keys, one after the other."""


@contextmanager
def storing_keys(http: httpx2.Client, url_of_provider: str, canaries: Canaries) -> Generator[None]:
    """The provider ``vault``, whose key the ledger stores, and which is replaced again and again (fault 50)."""
    url = "/providers/vault"
    provider = {"kind": "openai", "title": "Stored", "base_url": url_of_provider, "any_model": True}
    body = {"provider": {**provider, "local": True, "stored_key": True}, "revision": 0}
    http.put(url, json=body).raise_for_status()
    stop = Event()

    def store(name: str) -> None:
        key = {"key": canaries[name], "revision": 1}
        http.put(f"{url}/key", json=key).raise_for_status()

    def replace() -> None:
        for name in cycle(STORED):
            if stop.wait(0.1):
                return
            store(name)

    for name in STORED:
        store(name)
        http.post("/models/test", json={"model": "vault/searcher"}).raise_for_status()
    with ThreadPoolExecutor(1) as pool:
        replacing = pool.submit(replace)
        try:
            yield
        finally:
            stop.set()
        replacing.result()
