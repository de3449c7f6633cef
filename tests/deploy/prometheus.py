"""A real Prometheus, from the image assay/prometheus, that scrapes addresses of this machine every second."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from assay.embedded.process_identity import free_port

IMAGE = "assay/prometheus"


@contextmanager
def running_prometheus(targets: Mapping[str, str]) -> Generator[str]:
    """Its URL. ``targets`` are the addresses, ``host:port``, by job."""
    jobs = [{"job_name": job, "static_configs": [{"targets": [address]}]} for job, address in targets.items()]
    config = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": jobs}
    address = f"127.0.0.1:{free_port()}"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "prometheus.yml").write_text(json.dumps(config))
        options = ["--network=host", f"--volume={folder}:/etc/prometheus:ro"]
        arguments = ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]
        command = ["docker", "run", "--detach", "--rm", *options, IMAGE, *arguments, f"--web.listen-address={address}"]
        container = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        try:
            yield f"http://{address}"
        finally:
            subprocess.run(["docker", "kill", container], capture_output=True, check=True)
