"""Small tasks in the formats of Harbor and Terminal-Bench, with content of our own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

CONFIG = """\
schema_version = "1.1"

[task]
name = "ours/{name}"

[metadata]
author_name = "Assay"
difficulty = "easy"
category = "file-operations"
tags = ["Text Files", "counting"]

[verifier]
timeout_sec = 60.0

[agent]
timeout_sec = 120.0

[environment]
build_timeout_sec = 600.0
cpus = 1
memory_mb = 1024
storage_mb = 10240
gpus = 0
allow_internet = true
mcp_servers = []

[verifier.env]

[environment.env]
GREETING = "good $day"

[solution.env]
WORDS = "3"
"""
DOCKERFILE = """\
# An image of this machine, so that nothing is pulled.
FROM assay/sandbox-python:latest AS base
FROM base
ENV KIND=letters \\
    PATH=/opt/tools:$PATH
COPY shout /opt/tools/shout
COPY letters.txt /app/input/letters.txt
WORKDIR /app
"""
SOLVE = """\
#!/bin/bash
set -e
mkdir -p /app/out
/usr/local/bin/shout "$(wc -w < /app/input/letters.txt | tr -d ' ') words, $WORDS expected, $KIND" > /app/out/count.txt
printf '#!/bin/sh\\necho "$GREETING"\\n' > greet.sh
"""
TEST_SH = """\
#!/bin/bash
# Half of the reward for each file.
reward=0
[ "$(cat /app/out/count.txt)" = "3 WORDS, 3 EXPECTED, LETTERS" ] && reward=0.5
if [ "$(/app/greet.sh)" = 'good $day' ] && [ "$reward" = 0.5 ]; then reward=1; fi
echo "greeted: $GREETING"
echo $reward > /logs/verifier/reward.txt
"""
UV_TEST_SH = """\
#!/bin/bash

# What most tasks do to get pytest.
apt-get update
apt-get install -y curl

curl -LsSf https://astral.sh/uv/0.9.5/install.sh | sh
source $HOME/.local/bin/env

if [ "$PWD" = "/" ]; then
  exit 1
fi
uvx \\
  -p 3.13 \\
  -w pytest==8.4.1 \\
  -w pytest-json-ctrf==0.3.5 \\
  pytest --ctrf /logs/verifier/ctrf.json /tests/test_outputs.py -rA

if [ $? -eq 0 ]; then
  echo 1 > /logs/verifier/reward.txt
else
  echo 0 > /logs/verifier/reward.txt
fi
"""
TEST_OUTPUTS = 'def test_count():\n    assert open("/app/out/count.txt").read()\n'

TERMINAL_BENCH_DOCKERFILE = """\
FROM assay/sandbox-python:latest
RUN rm -rf /workspace
WORKDIR /app
COPY numbers.txt .
"""
TASK_YAML = """\
# Nobody's canary.
instruction: |-
  Write the sum of the numbers in /app/numbers.txt to /app/sum.txt.
author_name: Assay
author_email: nobody@example.org
difficulty: medium
category: data
tags:
  - sums
parser_name: pytest
max_agent_timeout_sec: 360.0
max_test_timeout_sec: 60.0
run_tests_in_same_shell: false
estimated_duration_sec:
"""
COMPOSE = """\
services:
  client:
    build:
      dockerfile: Dockerfile
    image: ${T_BENCH_TASK_DOCKER_CLIENT_IMAGE_NAME}
    container_name: ${T_BENCH_TASK_DOCKER_CLIENT_CONTAINER_NAME}
    command: [ "sh", "-c", "sleep infinity" ]
    environment:
      - TEST_DIR=${T_BENCH_TEST_DIR}
    volumes:
      - ${T_BENCH_TASK_LOGS_PATH}:${T_BENCH_CONTAINER_LOGS_PATH}
"""
RUN_TESTS = """\
#!/bin/bash
python3 - "$TEST_DIR/expected.txt" << 'END'
import sys

passed = open("/app/sum.txt").read().strip() == open(sys.argv[1]).read().strip()
print("PASSED test_outputs.py::test_sum" if passed else "FAILED test_outputs.py::test_sum")
sys.exit(not passed)
END
"""


def harbor_task(folder: Path, **changes: str | None) -> Path:
    """``changes`` are contents of files by path, with ``__`` for ``/`` and ``_`` for a dot; None: without the file."""
    return write(
        folder,
        {
            "task.toml": CONFIG.replace("{name}", folder.name),
            "instruction.md": "Count the words of /app/input/letters.txt into /app/out/count.txt; write greet.sh.\n",
            "environment/Dockerfile": DOCKERFILE,
            "environment/letters.txt": "a b c\n",
            "environment/shout": '#!/bin/sh\necho "$*" | tr a-z A-Z\n',
            "solution/solve.sh": SOLVE,
            "tests/test.sh": TEST_SH,
            "tests/test_outputs.py": TEST_OUTPUTS,
            "README.md": "Not part of the task.\n",
        },
        changes,
    )


def terminal_bench_task(folder: Path, **changes: str | None) -> Path:
    return write(
        folder,
        {
            "task.yaml": TASK_YAML,
            "Dockerfile": TERMINAL_BENCH_DOCKERFILE,
            "numbers.txt": "1\n2\n4\n",
            "docker-compose.yaml": COMPOSE,
            "solution.sh": "#!/bin/bash\nawk '{ total += $1 } END { print total }' numbers.txt > sum.txt\n",
            "run-tests.sh": RUN_TESTS,
            "tests/expected.txt": "7\n",
        },
        changes,
    )


def write(folder: Path, files: Mapping[str, str], changes: Mapping[str, str | None]) -> Path:
    by_key = {path.replace("/", "__").replace(".", "_").replace("-", "_"): path for path in files}
    changed = {by_key.get(key, key.replace("__", "/")): text for key, text in changes.items()}
    for path, text in {**files, **changed}.items():
        if text is not None:
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
    return folder
