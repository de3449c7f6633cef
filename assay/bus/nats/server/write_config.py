"""``python -m assay.bus.nats.server.write_config --passwords DIR --out FILE``: writes the configuration of a NATS
server with a login per service.

DIR has one file per user (permissions.USERS) with its password; ``modelhost`` and ``observer`` may be missing and then
have no login. ``--consumers`` names a folder with one file per external consumer. FILE can be read by its owner and
group only.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from assay.bus.errors import BusMisconfigured
from assay.bus.nats.server.config import nats_conf
from assay.bus.permissions import USERS
from assay.files.secrets import SecretUnreadable, read_file

_OPTIONAL = ("modelhost", "observer")


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        passwords = _passwords(options.passwords, USERS)
        if missing := [user for user in USERS if user not in passwords and user not in _OPTIONAL]:
            raise SecretUnreadable(f"no password for {', '.join(missing)}: {options.passwords} needs a file for each")
        names = sorted(path.name for path in options.consumers.iterdir() if path.is_file()) if options.consumers else ()
        config = nats_conf(
            host=options.host,
            port=options.port,
            store=options.store,
            passwords=passwords,
            pools=options.pool or ("default",),
            consumers=_passwords(options.consumers, names) if options.consumers else None,
        )
        _write(options.out, f'{config}http: "{options.monitor_host}:{options.monitor_port}"\n')
    except (OSError, BusMisconfigured, SecretUnreadable) as error:
        print(f"write_config: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m assay.bus.nats.server.write_config",
        description="Writes the configuration of a NATS server with a login per service.",
    )
    parser.add_argument("--passwords", type=Path, required=True, metavar="DIR", help="a file per user: its password")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the configuration to write")
    parser.add_argument(
        "--store", type=Path, default=Path("/data"), metavar="DIR", help="JetStream's folder (%(default)s)"
    )
    parser.add_argument("--host", default="0.0.0.0", help="address to listen on (%(default)s)")  # noqa: S104
    parser.add_argument("--port", type=int, default=4222, help="port for clients (%(default)s)")
    parser.add_argument("--monitor-host", default="0.0.0.0", help="address of the monitoring endpoint")  # noqa: S104
    parser.add_argument("--monitor-port", type=int, default=8222, help="port of the monitoring endpoint (%(default)s)")
    parser.add_argument("--pool", action="append", help="a pool of workers; repeat for several (default: default)")
    parser.add_argument("--consumers", type=Path, metavar="DIR", help="a file per external consumer: its password")
    return parser


def _passwords(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """By name, of those that have a file. Raises SecretUnreadable for an empty one."""
    found = {name: read_file(folder / name) for name in names if (folder / name).exists()}
    if empty := [name for name, password in found.items() if not password]:
        raise SecretUnreadable(f"the password in {folder / empty[0]} is empty")
    return found


def _write(path: Path, text: str) -> None:
    """Replaces the file at once."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "w") as file:
        file.write(text)
    draft.replace(path)


if __name__ == "__main__":
    sys.exit(main())
