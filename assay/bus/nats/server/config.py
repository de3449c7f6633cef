"""The configuration file of a nats-server for the bus."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from assay.bus.consumers import consumer_login, exported_services, imported_services
from assay.bus.permissions import Permissions, consumer_permissions, permissions
from assay.bus.subjects import SERVER_HEALTH, SERVER_REPORT

_MAX_PAYLOAD_BYTES = 8_388_608
"""Requests can be this long, such as an imported run; what the streams store is limited to about 1 MB."""
_LOGIN_SECONDS = 10
"""How long a client has to log in. The server's default of 2 s is too short on a busy machine."""
_CONSUMER_LIMITS = "{ max_connections: 32, max_subscriptions: 256, max_payload: 65536 }"
"""Consumers send only requests and acknowledgements, which are short."""


def nats_conf(
    *,
    host: str,
    port: int,
    store: Path,
    passwords: Mapping[str, str],
    pools: Iterable[str] = ("default",),
    consumers: Mapping[str, str] | None = None,
    sync_always: bool = True,
) -> str:
    """``passwords`` by user (permissions.USERS), ``consumers``: passwords of external consumers, by name
    (consumers.py). ``sync_always=False`` is for the test that it is refused."""
    server = server_conf(host=host, port=port, store=store, sync_always=sync_always)
    return server + accounts_conf(passwords, pools, consumers)


def server_conf(*, host: str, port: int, store: Path, sync_always: bool = True) -> str:
    """The part of the configuration that cannot change while the server runs."""
    sync = "always" if sync_always else '"2m"'
    return f"""\
listen: {_quoted(f"{host}:{port}")}
max_payload: {_MAX_PAYLOAD_BYTES}
write_deadline: "10s"
authorization {{ timeout: {_LOGIN_SECONDS} }}
jetstream {{
  store_dir: {_quoted(str(store))}
  sync_interval: {sync}
  max_file: 1TB
}}
"""


def accounts_conf(
    passwords: Mapping[str, str],
    pools: Iterable[str] = ("default",),
    consumers: Mapping[str, str] | None = None,
) -> str:
    """The logins, which a running server reloads on SIGHUP. The services' users are in one account, which imports two
    services of the system account: the storage report and the health check. Each consumer is in an account of its own,
    which imports what its login may do."""
    pools = tuple(pools)
    users = "\n".join(_user(user, password, permissions(user, pools)) for user, password in passwords.items())
    reports = [_quoted(subject) for subject in (SERVER_REPORT, SERVER_HEALTH)]
    exports = ", ".join(f"{{ service: {subject}, accounts: [ASSAY] }}" for subject in reports)
    imports = ", ".join(f"{{ service: {{ account: SYS, subject: {subject} }} }}" for subject in reports)
    accounts = "\n".join(_consumer_account(name, password) for name, password in (consumers or {}).items())
    return f"""\
accounts {{
  SYS {{
    exports: [ {exports} ]
  }}
  ASSAY {{
    jetstream: enabled
    imports: [ {imports} ]
    exports: [ {", ".join(_export(subject, several) for subject, several in exported_services())} ]
    users: [
{users}
    ]
  }}
{accounts}
}}
system_account: SYS
"""


def _export(subject: str, several_replies: bool) -> str:
    return f"{{ service: {_quoted(subject)}, response_type: {'stream' if several_replies else 'single'} }}"


def _consumer_account(name: str, password: str) -> str:
    imports = ", ".join(
        f"{{ service: {{ account: ASSAY, subject: {_quoted(subject)} }}, to: {_quoted(own)} }}"
        for subject, own in imported_services(name).items()
    )
    login = consumer_login(name)
    return f"""\
  {_quoted(login)} {{
    limits: {_CONSUMER_LIMITS}
    imports: [ {imports} ]
    users: [
{_user(login, password, consumer_permissions(name))}
    ]
  }}"""


def _user(user: str, password: str, allowed: Permissions) -> str:
    return (
        f"      {{ user: {_quoted(user)}, password: {_quoted(password)}, permissions: {{\n"
        f"        publish: {{ allow: {json.dumps(allowed.publish)} }}\n"
        f"        subscribe: {{ allow: {json.dumps(allowed.subscribe)} }}\n"
        "      } }"
    )


def _quoted(text: str) -> str:
    return json.dumps(text)
