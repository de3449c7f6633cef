"""Validates that a task's manifest, samples and files fit together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from assay.catalog.plant.scenarios import SCENARIOS
from assay.catalog.tasks.checks import check_checks, runs_submitted_code
from assay.catalog.tasks.evaluation import check_evaluation
from assay.catalog.tasks.folder import (
    HIDDEN_FOLDERS,
    MAX_ENVIRONMENT_BYTES,
    MAX_PROMPT_BYTES,
    SUBMISSION_FOLDERS,
    files_in,
)
from assay.catalog.tasks.framework_tests import check_framework
from assay.catalog.tasks.images import check_images, without_image_content
from assay.catalog.tasks.manifest import TaskManifest
from assay.catalog.tasks.pytest_tests import check_pytest
from assay.catalog.tasks.sample_checks import check_samples
from assay.catalog.yaml.document import Document, FieldPath
from assay.contracts.checks import Tests
from assay.contracts.frameworks import Framework
from assay.contracts.sandboxspec import EGRESS_PORT
from assay.contracts.tasks import ACTION_LOG, Solver, Tool
from assay.files import Files, FilesRefused, check_path, matches
from assay.validation.did_you_mean import closest, unknown_name

MIN_CHEATS = 2
"""Minimum number of cheats in a task that runs code; each must score 0."""
_REQUIREMENTS = {
    Solver.AGENT: f"list the tools of solver 'agent': {', '.join(Tool)}",
    Solver.COMMAND: "name the program that solver 'command' runs in the workspace, for example [python3, agent.py]",
}


@dataclass(frozen=True, kw_only=True)
class TaskSource:
    """A task to validate. Mistakes in ``task.yaml`` are added to ``document``, those in files to ``folder``, those in a
    sample to its entry in ``samples``."""

    manifest: TaskManifest
    files: Files
    document: Document
    folder: Document
    samples: Sequence[Document]
    name: str


def validate_task(
    manifest: TaskManifest, files: Files, document: Document, folder: Document, samples: Sequence[Document], name: str
) -> None:
    """Adds every mistake to its document; ``name`` is the folder's name."""
    task = TaskSource(manifest=manifest, files=files, document=document, folder=folder, samples=samples, name=name)
    for rule in RULES:
        rule(task)


def _id_is_folder_name(task: TaskSource) -> None:
    if task.manifest.id != task.name:
        task.document.add_mistake(("id",), f"{task.manifest.id!r} is not the folder's name", task.name)


def _unique_names(task: TaskSource) -> None:
    names = [(("checks", index, "name"), check.name) for index, check in enumerate(task.manifest.checks)]
    for at, name in _repeated([(at, name) for at, name in names if name]):
        task.document.add_mistake(at, f"{name!r} is already the name of an earlier check")
    for at, name in _repeated([(("outputs", index), name) for index, name in enumerate(task.manifest.outputs)]):
        task.document.add_mistake(at, f"{name!r} is listed twice")


def _repeated(named: Iterable[tuple[FieldPath, str]]) -> Iterator[tuple[FieldPath, str]]:
    seen: set[str] = set()
    for at, name in named:
        if name in seen:
            yield at, name
        seen.add(name)


def _weights_count(task: TaskSource) -> None:
    if not any(check.weight for check in task.manifest.checks):
        task.document.add_mistake(("checks",), "every weight is 0, so no attempt could score")


def _solver_fits(task: TaskSource) -> None:
    manifest, document = task.manifest, task.document
    files = manifest.solver.hands_in_files
    if files and not manifest.outputs:
        message = f"is missing; list the files that solver {manifest.solver.value!r} submits"
        document.add_mistake(("outputs",), message)
    if not files and manifest.outputs:
        document.add_mistake(("outputs",), "is only allowed for solvers that submit files")
    for part in () if files else SUBMISSION_FOLDERS:
        if files_in(task.files, part):
            task.folder.add_mistake((), f"{part}/ is only allowed for solvers that submit files")


def _agent_fits(task: TaskSource) -> None:
    """Solvers that work in turns need tools or a program, and a limit on turns; other solvers have neither."""
    manifest, document = task.manifest, task.document
    solver, limits = manifest.solver, manifest.limits
    for name, of, given in (
        ("tools", Solver.AGENT, manifest.tools),
        ("command", Solver.COMMAND, manifest.command),
    ):
        if given and solver is not of:
            document.add_mistake((name,), f"is only allowed for solver {of.value!r}")
        elif not given and solver is of:
            document.add_mistake((name,), f"is missing; {_REQUIREMENTS[of]}")
    for at, name in _repeated([(("tools", index), tool.value) for index, tool in enumerate(manifest.tools)]):
        document.add_mistake(at, f"{name!r} is listed twice")
    if solver in _REQUIREMENTS and limits.turns is None:
        document.add_mistake(("limits", "turns"), "is missing; set the maximum number of turns of an attempt")
    if solver not in _REQUIREMENTS and limits.turns is not None:
        document.add_mistake(("limits", "turns"), "only solvers 'agent' and 'command' have turns")
    if solver not in _REQUIREMENTS and limits.tool_calls is not None:
        document.add_mistake(("limits", "tool_calls"), "only solvers 'agent' and 'command' have tool calls")


def _plant_fits(task: TaskSource) -> None:
    manifest, document = task.manifest, task.document
    if manifest.plant is None:
        return
    if manifest.solver is not Solver.AGENT:
        document.add_mistake(("plant",), "is only allowed for solver 'agent'")
    if manifest.plant.scenario not in SCENARIOS:
        document.add_mistake(("plant", "scenario"), *unknown_name("scenario", manifest.plant.scenario, SCENARIOS))
    if ACTION_LOG not in manifest.outputs:
        document.add_mistake(("outputs",), f"must contain {ACTION_LOG!r}, the log of the plant's tools")


def _services_fit(task: TaskSource) -> None:
    """Services share one network, so names and ports must be unique."""
    services, document = task.manifest.sandbox.services, task.document
    at: FieldPath = ("sandbox", "services")
    for place, name in _repeated([((*at, index, "name"), one.name) for index, one in enumerate(services)]):
        document.add_mistake(place, f"{name!r} is already the name of an earlier service")
    ports = [((*at, index, "ports"), str(port)) for index, one in enumerate(services) for port in one.ports]
    for place, port in _repeated(ports):
        document.add_mistake(place, f"{port} is listed twice; all services share one network")
    for place, host in _repeated([(("sandbox", "egress"), host) for host in task.manifest.sandbox.egress]):
        document.add_mistake(place, f"{host} is listed twice")
    for index, one in enumerate(services):
        if task.manifest.sandbox.egress and EGRESS_PORT in one.ports:
            document.add_mistake((*at, index, "ports"), f"{EGRESS_PORT} is reserved for the egress proxy")
        if not one.ports and one.health is None:
            document.add_mistake(
                (*at, index), "has neither ports nor health; one of them is needed to detect when it is ready"
            )


def _servers_fit(task: TaskSource) -> None:
    """Each MCP server has a unique name and is either a program or a URL."""
    manifest, document = task.manifest, task.document
    if manifest.mcp and manifest.solver is not Solver.AGENT:
        document.add_mistake(("mcp",), "is only allowed for solver 'agent'")
    for at, name in _repeated([(("mcp", index, "name"), server.name) for index, server in enumerate(manifest.mcp)]):
        document.add_mistake(at, f"{name!r} is already the name of an earlier server")
    for index, server in enumerate(manifest.mcp):
        if bool(server.command) == bool(server.url):
            document.add_mistake(("mcp", index), "must be either a command, run in the sandbox, or a url")


def _environment_fits(task: TaskSource) -> None:
    """A sandbox image is either named in the manifest or built from the folder ``environment/``."""
    sandbox, document = task.manifest.sandbox, task.document
    environment = files_in(task.files, "environment")
    if sandbox.build:
        document.add_mistake(("sandbox", "build"), "cannot be set here; put the Dockerfile in the folder environment/")
    if environment and sandbox.image:
        document.add_mistake(("sandbox", "image"), "is set although there is a folder environment/; keep one of them")
    if environment and "Dockerfile" not in environment:
        task.folder.add_mistake((), "environment/ has no Dockerfile")
    size = sum(map(len, environment.values()))
    if size > MAX_ENVIRONMENT_BYTES:
        task.folder.add_mistake((), f"environment/ has {size} bytes, more than {MAX_ENVIRONMENT_BYTES}")


def _outputs_are_paths(task: TaskSource) -> None:
    for index, path in enumerate(task.manifest.outputs):
        try:
            check_path(path.removesuffix("/"))
        except FilesRefused as refused:
            task.document.add_mistake(("outputs", index), str(refused))


def _tests_exist(task: TaskSource) -> None:
    for index, check in enumerate(task.manifest.checks):
        if isinstance(check, Tests):
            _check_tests(task, check, ("checks", index))


def _check_tests(task: TaskSource, check: Tests, at: FieldPath) -> None:
    if check.path != "tests" and not check.path.startswith("tests/"):
        task.document.add_mistake((*at, "path"), f"{check.path!r} is not in the folder tests", "tests")
        return
    check_framework(check, task.files, task.document, task.folder, at)
    if check.framework is Framework.PYTEST:
        check_pytest(check, task.files, task.document, task.folder, at)


def _reference_and_noop(task: TaskSource) -> None:
    """The baselines' submissions: the reference must cover every output, and both may contain only outputs."""
    if not task.manifest.solver.hands_in_files:
        return
    for part, score in (("reference", 1), ("noop", 0)):
        files = files_in(task.files, part)
        if not files and not (task.manifest.impossible and part == "reference"):
            fallback = ", and workspace/ has no outputs to use instead" if part == "noop" else ""
            task.folder.add_mistake((), f"{part}/ is missing or empty{fallback}; add outputs that score {score}")
        for path in files:
            if not matches(path, task.manifest.outputs):
                task.folder.add_mistake(
                    (), f"{part}/{path} is not among the outputs", closest(path, task.manifest.outputs)
                )
    reference = files_in(task.files, "reference")
    for index, output in enumerate(task.manifest.outputs if reference or not task.manifest.impossible else ()):
        if not any(matches(path, (output,)) for path in reference):
            task.document.add_mistake(("outputs", index), f"reference/ has no {output!r}")


def _cheats(task: TaskSource) -> None:
    cheats = files_in(task.files, "cheats")
    for path in cheats:
        if "/" not in path:
            task.folder.add_mistake((), f"cheats/{path}: each cheat needs its own folder, cheats/<name>/{path}")
    names = {path.partition("/")[0] for path in cheats if "/" in path}
    runs_code = any(map(runs_submitted_code, task.manifest.checks))
    if runs_code and len(names) < MIN_CHEATS:
        task.folder.add_mistake((), f"cheats/ has {len(names)} cheats; a task that runs code needs {MIN_CHEATS}")


def _no_leaked_solution(task: TaskSource) -> None:
    """The workspace, which the attempt can read, must contain neither a hidden test nor the whole solution."""
    workspace = files_in(task.files, "workspace")
    by_content = {content: path for path, content in workspace.items() if content.strip()}
    hidden = {path: data for path, data in task.files.items() if path.partition("/")[0] in HIDDEN_FOLDERS}
    for path, content in hidden.items():
        if content in by_content:
            task.folder.add_mistake(
                (), f"workspace/{by_content[content]} is a copy of {path}, which the attempt must not see"
            )
    reference = files_in(task.files, "reference")
    if reference and all(workspace.get(path) == content for path, content in reference.items()):
        task.folder.add_mistake((), "workspace/ already contains the reference solution")


def _prompt_fits(task: TaskSource) -> None:
    size = len(task.manifest.instructions.encode()) + len(task.manifest.system.encode())
    texts = without_image_content(task.manifest, task.files)
    size += sum(map(len, files_in(texts, "workspace").values()))
    if size > MAX_PROMPT_BYTES:
        task.folder.add_mistake((), f"instructions and workspace have {size} bytes, more than {MAX_PROMPT_BYTES}")


def _images(task: TaskSource) -> None:
    check_images(task.manifest, task.files, task.document, task.folder, task.samples)


def _checks(task: TaskSource) -> None:
    check_checks(task.manifest, task.files, task.document)


def _evaluation(task: TaskSource) -> None:
    check_evaluation(task.manifest, task.document)


def _samples(task: TaskSource) -> None:
    check_samples(task.manifest, task.document, task.samples)


RULES: tuple[Callable[[TaskSource], None], ...] = (
    _id_is_folder_name,
    _unique_names,
    _weights_count,
    _solver_fits,
    _agent_fits,
    _plant_fits,
    _services_fit,
    _servers_fit,
    _environment_fits,
    _outputs_are_paths,
    _checks,
    _evaluation,
    _tests_exist,
    _reference_and_noop,
    _cheats,
    _no_leaked_solution,
    _prompt_fits,
    _images,
    _samples,
)
