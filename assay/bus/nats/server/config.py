"""The configuration file of a nats-server for the bus."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from assay.bus.permissions import permissions
from assay.bus.subjects import SERVER_HEALTH, SERVER_REPORT

_MAX_PAYLOAD_BYTES = 1_048_576


def nats_conf(
    *,
    host: str,
    port: int,
    store: Path,
    passwords: Mapping[str, str],
    pools: Iterable[str] = ("default",),
    sync_always: bool = True,
) -> str:
    """``passwords`` by user (permissions.USERS). All users are in one account, which imports two services of the system
    account: the storage report and the health check. ``sync_always=False`` is for the test that it is refused."""
    pools = tuple(pools)
    users = "\n".join(_user(user, password, pools) for user, password in passwords.items())
    reports = [_quoted(subject) for subject in (SERVER_REPORT, SERVER_HEALTH)]
    exports = ", ".join(f"{{ service: {subject}, accounts: [ASSAY] }}" for subject in reports)
    imports = ", ".join(f"{{ service: {{ account: SYS, subject: {subject} }} }}" for subject in reports)
    sync = "always" if sync_always else '"2m"'
    return f"""\
listen: {_quoted(f"{host}:{port}")}
max_payload: {_MAX_PAYLOAD_BYTES}
write_deadline: "10s"
jetstream {{
  store_dir: {_quoted(str(store))}
  sync_interval: {sync}
  max_file: 1TB
}}
accounts {{
  SYS {{
    exports: [ {exports} ]
  }}
  ASSAY {{
    jetstream: enabled
    imports: [ {imports} ]
    users: [
{users}
    ]
  }}
}}
system_account: SYS
"""


def _user(user: str, password: str, pools: tuple[str, ...]) -> str:
    allowed = permissions(user, pools)
    return (
        f"      {{ user: {_quoted(user)}, password: {_quoted(password)}, permissions: {{\n"
        f"        publish: {{ allow: {json.dumps(allowed.publish)} }}\n"
        f"        subscribe: {{ allow: {json.dumps(allowed.subscribe)} }}\n"
        "      } }"
    )


def _quoted(text: str) -> str:
    return json.dumps(text)
