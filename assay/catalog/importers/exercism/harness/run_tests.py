"""Runs in the sandbox of a submission: builds it with the tests of its exercise, runs each test in a process of its
own, and prints the names of those that pass.

    python3 -I run_tests.py go
    python3 -I run_tests.py rust CRATE EDITION
    python3 -I run_tests.py cpp TEST_FILE... -- SOURCE_FILE...

Tests and submission share a process, whose end and output prove nothing. So our part of each test program reads a
secret from its standard input before the test, and writes it to a pipe once the test has passed.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

BUILD = Path("assay_build").absolute()
PROGRAM = str(BUILD / "tests")
PR_SET_DUMPABLE = 4
RUSTC = ("rustc", "--cap-lints", "allow", "-C", "opt-level=1", "-C", "debug-assertions=on", "-C", "strip=symbols")
GXX = ("g++", "-std=c++17", "-pipe", "-I.", "-pthread", "-w")
GO_ENVIRONMENT = {
    "CGO_ENABLED": "0",
    "GOCACHE": "/tmp/go-build",
    "GOENV": "off",
    "GOFLAGS": "-mod=mod",
    "GOGC": "off",
    "GOPATH": "/tmp/go",
    "GOPROXY": "off",
    "GOTOOLCHAIN": "local",
    "GOWORK": "off",
}
Tests = dict[str, Sequence[str]]
"""What runs each test, by its name."""


def go() -> Tests:
    """Go's own packages are compiled each time, so that is done as quickly as possible."""
    flags = ("-gcflags=std=-N -l -dwarf=false", "-ldflags=-s -w")
    build("go", "build", *flags, "-o", PROGRAM, "./assay_main", environment=GO_ENVIRONMENT)
    options = ("-test.short", "-test.paniconexit0", "-test.v")
    return {name: (PROGRAM, "-test.run", name, *options) for name in listed(PROGRAM, "-test.list", "*")}


def rust(crate: str, edition: str) -> Tests:
    """A program for each file, as Cargo has it."""
    library = f"{BUILD}/lib{crate}.rlib"
    compiler = (*RUSTC, "--edition", edition)
    build(*compiler, "--crate-type", "rlib", "--crate-name", crate, "-o", library, "src/lib.rs")
    tests: Tests = {}
    for file in sorted(Path("tests").glob("*.rs")):
        program = f"{BUILD}/{file.stem}"
        build(*compiler, "--test", "--extern", f"{crate}={library}", "-o", program, str(file))
        for line in listed(program, "--list", "--format", "terse"):
            name = line.removesuffix(": test")
            tests[f"{file.stem}::{name}"] = (program, name, "--exact", "--include-ignored", "--nocapture")
    return tests


def cpp(*files: str) -> Tests:
    """Catch2 comes last, because it takes long to compile, and some submissions do not compile at all."""
    separator = files.index("--")
    objects = [compiled(file, "-O0", "-DEXERCISM_RUN_ALL_TESTS") for file in files[:separator]]
    objects += [compiled(file, "-O1") for file in files[separator + 1 :]]
    objects.append(compiled("assay_main.cpp", "-O0"))
    amalgamated = Path("test/catch_amalgamated.cpp").exists()
    if amalgamated:
        objects.append(compiled("test/catch_amalgamated.cpp", "-O0", "-DCATCH_AMALGAMATED_CUSTOM_MAIN"))
    build(*GXX, "-o", PROGRAM, *objects)
    names = listed(PROGRAM, *(("--list-tests", "-v", "quiet") if amalgamated else ("--list-test-names-only",)))
    return {plain(name): (PROGRAM, catch_pattern(plain(name))) for name in names}


def compiled(file: str, *options: str) -> str:
    target = f"{BUILD}/{file.replace('/', '_')}.o"
    build(*GXX, *options, "-c", "-o", target, file)
    return target


def plain(listed_name: str) -> str:
    """Catch2 puts names that begin with # in quotes."""
    return listed_name[1:-1] if listed_name.startswith('"#') else listed_name


def catch_pattern(name: str) -> str:
    """The pattern that matches this name alone."""
    return "".join(f"\\{letter}" if letter in '\\,[]"*~-' else letter for letter in name)


def build(*command: str, environment: Mapping[str, str] | None = None) -> None:
    """Ends this program if the command fails. The compiler's messages are on standard error."""
    try:
        done = subprocess.run(command, stdout=sys.stderr, env={**os.environ, **(environment or {})}, check=False)
    except FileNotFoundError:
        sys.exit(f"the judge's sandbox has no {command[0]}: install it on the judge's host, or set the task's image")
    if done.returncode != 0:
        sys.exit(f"{command[0]} ended with exit code {done.returncode}")


def listed(*command: str) -> list[str]:
    """The lines that a test program prints about its tests. A forged list does not help: each test has to pass."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    return [line for line in done.stdout.decode("utf-8", "replace").splitlines() if line.strip()]


def passes(command: Sequence[str]) -> bool:
    secret = secrets.token_hex(16)
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=sys.stderr, pass_fds=[writer], start_new_session=True
        )
        process.communicate(f"{secret} {writer}\n".encode())
        kill_group(process.pid)
        return process.returncode == 0 and read_some(reader) == secret.encode()
    finally:
        os.close(reader)
        os.close(writer)


def kill_group(group: int) -> None:
    """What a test leaves running must not disturb the next one."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def read_some(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 1000)
    except BlockingIOError:
        return b""


def main() -> None:
    # The tests run as the same user: this hides our memory and descriptors from them.
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    languages: dict[str, Callable[..., Tests]] = {"go": go, "rust": rust, "cpp": cpp}
    BUILD.mkdir()
    tests = languages[sys.argv[1]](*sys.argv[2:])
    for name in sorted(tests):
        if passes(tests[name]):
            print(name)


if __name__ == "__main__":
    main()
