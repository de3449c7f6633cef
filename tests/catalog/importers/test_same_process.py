"""Exercises in Go, Rust and C++ in the real judge: solutions that end the process or print results gain nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from assay.catalog.importers.exercism import track
from assay.catalog.importers.plan import ImportedTask, ImportPlan, TaskOptions
from assay.catalog.tasks.folder import files_in
from assay.contracts.sandboxspec import SandboxSpec
from assay.sandbox import Command
from assay.sandbox.bubblewrap import BubblewrapProvider
from services.judge.validate import open_tools, validate_folder
from tests.catalog.importers import tracks
from tests.catalog.importers.compiled_tracks import GO_EXAMPLE, RUST_EXAMPLE, go_jar, rust_jar
from tests.catalog.importers.cpp_track import CPP_EXAMPLE, CPP_HEADER, cpp_jar
from tests.catalog.importers.harness import read_yaml, written

EXERCISES = {"go": go_jar, "rust": rust_jar, "cpp": cpp_jar}
Cheats = Mapping[str, str]
RAN, NOT_BUILT = "output is not the expected one", "exit code 1, not 0"
_RUST_GREETING = 'format!("Hello, {}.", name.unwrap_or("you"))'
_CPP_GREETING = 'return "Hello, " + (name.empty() ? "you" : name) + ".";'
_FORGED = r"sweet-jar::nobody\nsweet-jar::somebody\nsweet-jar::sweets::none_left\nsweet-jar::sweets::too_many\n"
_TO_RUNNER = f"""let parent = std::os::unix::process::parent_id();
    let _ = std::fs::write(format!("/proc/{{parent}}/fd/1"), "{_FORGED}");
    let _ = name;"""


def _rust(greeting: str) -> str:
    return RUST_EXAMPLE.replace("#![forbid(unsafe_code)]", "").replace(_RUST_GREETING, greeting)


def _cpp(greeting: str) -> str:
    return f"#include <unistd.h>\n#include <cstdlib>\n{CPP_EXAMPLE.replace(_CPP_GREETING, greeting)}"


GO: Cheats = {
    "wrong": GO_EXAMPLE.replace("> Limit", ">= Limit"),
    "exits_in_the_call": 'package jar\n\nimport "os"\n' + GO_EXAMPLE[11:].replace('name = "you"', "os.Exit(0)"),
}
RUST: Cheats = {
    "wrong": _rust(_RUST_GREETING).replace("<= 10", "< 9"),
    "exits_in_the_call": _rust('println!("test result: ok. 1 passed; 0 failed"); let _ = name; std::process::exit(0)'),
    "writes_to_the_runner": _rust(f"{_TO_RUNNER} std::process::exit(0)"),
}
CPP: Cheats = {
    "wrong": CPP_EXAMPLE.replace("> 10", "> 11"),
    "exits_in_the_call": _cpp("std::exit(name.empty() ? 0 : 0);"),
    "exits_at_exit": _cpp("std::atexit([] { _exit(0); }); return name;"),
}
UNFINISHED = b"package jar\n\nimport ("


def task_of(folder: Path, slug: str) -> ImportedTask:
    source = tracks.track(folder / "track", slug, {"practice/jar": EXERCISES[slug]()})
    [task] = track.read(source, TaskOptions()).tasks
    return task


@pytest.mark.slow
@pytest.mark.parametrize(
    ("slug", "file", "cheats"), [("go", "jar.go", {}), ("rust", "src/lib.rs", RUST), ("cpp", "jar.cpp", CPP)]
)
async def test_only_a_right_solution_scores(tmp_path: Path, slug: str, file: str, cheats: Cheats) -> None:
    task = task_of(tmp_path, slug)
    files = {**task.files, **{f"cheats/{name}/{file}": text.encode() for name, text in cheats.items()}}
    files |= {f"cheats/{name}/jar.h": CPP_HEADER.encode() for name in cheats if slug == "cpp"}
    if slug == "go":  # what can be built takes seconds: the next test has it
        files = {path: UNFINISHED if path.startswith("cheats/") else data for path, data in files.items()}
        files["noop/jar.go"] = UNFINISHED
    staged = written(ImportPlan(title="one", tasks=(replace(task, files=files),)), tmp_path / "catalog")
    assert not staged.left_out
    async with open_tools("bubblewrap", jobs=2) as tools:
        graded = await validate_folder(staged.tasks[0].target, tools)
    reasons = {trial.name: trial.verdict.reason for trial in graded.trials}
    assert graded.ok, reasons
    assert {trial.name: trial.verdict.score for trial in graded.trials if trial.verdict.score} == {"reference": 1.0}
    assert NOT_BUILT in reasons.pop("noop")
    del reasons["reference"]
    assert len(reasons) >= 2
    assert all((NOT_BUILT if slug == "go" else RAN) in reason for reason in reasons.values()), reasons


@pytest.mark.slow
async def test_solutions_in_go_that_end_the_process_or_print_results_pass_no_test(tmp_path: Path) -> None:
    task = task_of(tmp_path, "go")
    manifest = read_yaml(task.files["task.yaml"])
    trials = {name: files_in(task.files, name) for name in ("reference", "workspace")}
    trials |= {name: files_in(task.files, f"cheats/{name}") for name in ("leaves_at_start", "prints_results")}
    trials |= {name: {**trials["reference"], "jar.go": text.encode()} for name, text in GO.items()}
    printed: dict[str, list[str]] = {}
    async with BubblewrapProvider().open(SandboxSpec(**manifest["sandbox"])) as sandbox:
        for name, submitted in trials.items():
            files = {**submitted, **files_in(task.files, "tests/exercise")}
            await sandbox.write({f"{name}/{path}": data for path, data in files.items()})
            result = await sandbox.run(Command(argv=manifest["checks"][0]["command"], cwd=name))
            assert result.exit_code == 0, result.stderr.decode()
            printed[name] = result.stdout.decode().split()
    both = ["TestFullJar", "TestGreeting"]
    assert printed.pop("reference") == both
    assert printed == {
        "workspace": [],
        "leaves_at_start": [],
        "prints_results": [],
        "wrong": ["TestGreeting"],
        "exits_in_the_call": ["TestFullJar"],
    }
