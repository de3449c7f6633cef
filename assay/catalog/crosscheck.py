"""What a manifest alone cannot say: that its parts, its samples and the files in its folder fit together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from assay.catalog.document import At, Document
from assay.catalog.folder import MAX_ENVIRONMENT_BYTES, MAX_PROMPT_BYTES, PARTS, below
from assay.catalog.manifest import TaskManifest
from assay.catalog.near import near
from assay.catalog.shapes import check_samples
from assay.catalog.testnames import FoundTest, found_tests
from assay.contracts.sandboxspec import EGRESS_PORT
from assay.contracts.tasks import Solver, Tests, Tool
from assay.files import Files, FilesRefused, check_path, matches

MIN_CHEATS = 2
"""Every task that runs code ships at least so many cheats, which must all score 0."""
_NEEDS = {
    Solver.AGENT: f"solver 'agent' uses the tools listed here: {', '.join(Tool)}",
    Solver.COMMAND: "solver 'command' runs the program named here, in the workspace: [python3, agent.py]",
}


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A task under examination: mistakes in ``task.yaml`` go to ``document``, those of files to ``folder``, those of a
    sample to its entry of ``samples``."""

    manifest: TaskManifest
    files: Files
    document: Document
    folder: Document
    samples: Sequence[Document]
    name: str


def cross_check(
    manifest: TaskManifest, files: Files, document: Document, folder: Document, samples: Sequence[Document], name: str
) -> None:
    """Adds every mistake to the documents; ``name`` is the folder's name."""
    subject = Subject(manifest=manifest, files=files, document=document, folder=folder, samples=samples, name=name)
    for rule in RULES:
        rule(subject)


def _id_is_folder_name(subject: Subject) -> None:
    if subject.manifest.id != subject.name:
        subject.document.wrong(("id",), f"{subject.manifest.id!r} is not the folder's name", subject.name)


def _unique_names(subject: Subject) -> None:
    names = [(("checks", index, "name"), check.name) for index, check in enumerate(subject.manifest.checks)]
    for at, name in _repeated([(at, name) for at, name in names if name]):
        subject.document.wrong(at, f"{name!r} is the name of an earlier check too")
    for at, name in _repeated([(("outputs", index), name) for index, name in enumerate(subject.manifest.outputs)]):
        subject.document.wrong(at, f"{name!r} is listed twice")


def _repeated(named: Iterable[tuple[At, str]]) -> Iterator[tuple[At, str]]:
    seen: set[str] = set()
    for at, name in named:
        if name in seen:
            yield at, name
        seen.add(name)


def _weights_count(subject: Subject) -> None:
    if not any(check.weight for check in subject.manifest.checks):
        subject.document.wrong(("checks",), "every weight is 0, so nothing can score")


def _solver_fits(subject: Subject) -> None:
    manifest, document = subject.manifest, subject.document
    files = manifest.solver.hands_in_files
    if files and not manifest.outputs:
        message = f"is missing; solver {manifest.solver.value!r} hands in the files listed here"
        document.wrong(("outputs",), message)
    if not files and manifest.outputs:
        document.wrong(("outputs",), "is only for solvers that hand in files")
    for index, check in enumerate(manifest.checks):
        if isinstance(check, Tests) != files:
            kind = check.__struct_config__.tag
            document.wrong(("checks", index, "kind"), f"check {kind!r} cannot grade solver {manifest.solver.value!r}")
    for part in () if files else PARTS:
        if below(subject.files, part):
            subject.folder.wrong((), f"{part}/ is only for solvers that hand in files")


def _agent_fits(subject: Subject) -> None:
    """What works in turns has tools or is a program, and has an end; the rest has neither."""
    manifest, document = subject.manifest, subject.document
    solver, limits = manifest.solver, manifest.limits
    for name, of, given in (
        ("tools", Solver.AGENT, manifest.tools),
        ("command", Solver.COMMAND, manifest.command),
    ):
        if given and solver is not of:
            document.wrong((name,), f"is only for solver {of.value!r}")
        elif not given and solver is of:
            document.wrong((name,), f"is missing; {_NEEDS[of]}")
    for at, name in _repeated([(("tools", index), tool.value) for index, tool in enumerate(manifest.tools)]):
        document.wrong(at, f"{name!r} is listed twice")
    if solver in _NEEDS and limits.turns is None:
        document.wrong(("limits", "turns"), "is missing; it says how many turns an attempt may take")
    if solver not in _NEEDS and limits.turns is not None:
        document.wrong(("limits", "turns"), "only solvers 'agent' and 'command' have turns")
    if solver not in _NEEDS and limits.tool_calls is not None:
        document.wrong(("limits", "tool_calls"), "only solvers 'agent' and 'command' have tool calls")


def _services_fit(subject: Subject) -> None:
    """They share one network: a name and a port are one service's."""
    services, document = subject.manifest.sandbox.services, subject.document
    at: At = ("sandbox", "services")
    for place, name in _repeated([((*at, index, "name"), one.name) for index, one in enumerate(services)]):
        document.wrong(place, f"{name!r} is the name of an earlier service too")
    ports = [((*at, index, "ports"), str(port)) for index, one in enumerate(services) for port in one.ports]
    for place, port in _repeated(ports):
        document.wrong(place, f"{port} is listed twice, and all services share one range of ports")
    for place, host in _repeated([(("sandbox", "egress"), host) for host in subject.manifest.sandbox.egress]):
        document.wrong(place, f"{host} is listed twice")
    for index, one in enumerate(services):
        if subject.manifest.sandbox.egress and EGRESS_PORT in one.ports:
            document.wrong((*at, index, "ports"), f"{EGRESS_PORT} is the port of the way out")
        if not one.ports and one.health is None:
            document.wrong((*at, index), "has neither ports nor health, so nobody could tell when it is ready")


def _servers_fit(subject: Subject) -> None:
    """Each is a program or an address, under a name of its own."""
    manifest, document = subject.manifest, subject.document
    if manifest.mcp and manifest.solver is not Solver.AGENT:
        document.wrong(("mcp",), "is only for solver 'agent'")
    for at, name in _repeated([(("mcp", index, "name"), server.name) for index, server in enumerate(manifest.mcp)]):
        document.wrong(at, f"{name!r} is the name of an earlier server too")
    for index, server in enumerate(manifest.mcp):
        if bool(server.command) == bool(server.url):
            document.wrong(("mcp", index), "is either a command, run in the sandbox, or a url")


def _environment_fits(subject: Subject) -> None:
    """An image is named or built, and what it is built from is a folder."""
    sandbox, document = subject.manifest.sandbox, subject.document
    environment = below(subject.files, "environment")
    if sandbox.build:
        document.wrong(("sandbox", "build"), "is read from the folder environment/; put the Dockerfile there")
    if environment and sandbox.image:
        document.wrong(("sandbox", "image"), "is named here and built from environment/; keep one of them")
    if environment and "Dockerfile" not in environment:
        subject.folder.wrong((), "environment/ has no Dockerfile")
    size = sum(map(len, environment.values()))
    if size > MAX_ENVIRONMENT_BYTES:
        subject.folder.wrong((), f"environment/ has {size} bytes, more than {MAX_ENVIRONMENT_BYTES}")


def _outputs_are_paths(subject: Subject) -> None:
    for index, path in enumerate(subject.manifest.outputs):
        try:
            check_path(path.removesuffix("/"))
        except FilesRefused as refused:
            subject.document.wrong(("outputs", index), str(refused))


def _tests_exist(subject: Subject) -> None:
    for index, check in enumerate(subject.manifest.checks):
        if isinstance(check, Tests):
            _check_tests(subject, check, ("checks", index))


def _check_tests(subject: Subject, check: Tests, at: At) -> None:
    if check.path != "tests" and not check.path.startswith("tests/"):
        subject.document.wrong((*at, "path"), f"{check.path!r} is not in the folder tests", "tests")
        return
    try:
        found = found_tests(below(subject.files, check.path))
    except (SyntaxError, ValueError) as error:
        place = f"{check.path}/{getattr(error, 'filename', '')}:{getattr(error, 'lineno', 0)}"
        subject.folder.wrong((), f"{place}: is not Python: {getattr(error, 'msg', error)}")
        return
    _compare(subject.document, (*at, "expected"), check.expected, found)


def _compare(document: Document, at: At, expected: tuple[str, ...], found: list[FoundTest]) -> None:
    """Every listed test is in the files and every test in the files is listed, parameter sets one by one."""
    names = [test.name for test in found]
    for index, name in enumerate(expected):
        if name in expected[:index]:
            document.wrong((*at, index), f"test {name!r} is listed twice")
        elif name.partition("[")[0] not in names:
            document.wrong((*at, index), f"no test {name!r} in the test files", near(name.partition("[")[0], names))
    for test in found:
        listed = [name for name in expected if name.partition("[")[0] == test.name]
        if problem := _miscounted(test, listed):
            document.wrong(at, problem)


def _miscounted(test: FoundTest, listed: list[str]) -> str:
    if not listed:
        return f"test {test.name!r} is in the test files but not listed"
    bracketed = [name for name in listed if "[" in name]
    if test.cases is None:
        return f"test {test.name!r} has no parameters, but {bracketed[0]!r} is listed" if bracketed else ""
    if len(bracketed) != len(listed):
        return f"test {test.name!r} has parameters: list each case, like '{test.name}[1-2]'"
    if test.cases and test.cases != len(listed):
        return f"test {test.name!r} has {test.cases} cases, but {len(listed)} are listed"
    return ""


def _reference_and_noop(subject: Subject) -> None:
    """What the baselines hand in: the reference covers every output, and both hold outputs and nothing else."""
    if not subject.manifest.solver.hands_in_files:
        return
    for part, score in (("reference", 1), ("noop", 0)):
        files = below(subject.files, part)
        if not files:
            stand_in = ", and workspace/ has no output to stand for it" if part == "noop" else ""
            subject.folder.wrong((), f"{part}/ is missing or empty{stand_in}; it holds outputs that score {score}")
        for path in files:
            if not matches(path, subject.manifest.outputs):
                subject.folder.wrong(
                    (), f"{part}/{path} is not among the outputs", near(path, subject.manifest.outputs)
                )
    for index, output in enumerate(subject.manifest.outputs):
        if not any(matches(path, (output,)) for path in below(subject.files, "reference")):
            subject.document.wrong(("outputs", index), f"reference/ has no {output!r}")


def _cheats(subject: Subject) -> None:
    cheats = below(subject.files, "cheats")
    for path in cheats:
        if "/" not in path:
            subject.folder.wrong((), f"cheats/{path}: each cheat is a folder of its own, cheats/<name>/{path}")
    names = {path.partition("/")[0] for path in cheats if "/" in path}
    runs_code = any(isinstance(check, Tests) for check in subject.manifest.checks)
    if runs_code and len(names) < MIN_CHEATS:
        subject.folder.wrong((), f"cheats/ has {len(names)} cheats; a task that runs code needs {MIN_CHEATS}")


def _nothing_given_away(subject: Subject) -> None:
    """Neither a test nor the whole solution lies in the workspace, which the attempt may read."""
    workspace = below(subject.files, "workspace")
    shown = {content: path for path, content in workspace.items() if content.strip()}
    for path, content in below(subject.files, "tests").items():
        if content in shown:
            subject.folder.wrong((), f"workspace/{shown[content]} is tests/{path}: the attempt would see a hidden test")
    reference = below(subject.files, "reference")
    if reference and all(workspace.get(path) == content for path, content in reference.items()):
        subject.folder.wrong((), "workspace/ already holds the reference solution")


def _prompt_fits(subject: Subject) -> None:
    size = len(subject.manifest.instructions.encode()) + len(subject.manifest.system.encode())
    size += sum(map(len, below(subject.files, "workspace").values()))
    if size > MAX_PROMPT_BYTES:
        subject.folder.wrong((), f"instructions and workspace have {size} bytes, more than {MAX_PROMPT_BYTES}")


def _samples(subject: Subject) -> None:
    check_samples(subject.manifest, subject.document, subject.samples)


RULES: tuple[Callable[[Subject], None], ...] = (
    _id_is_folder_name,
    _unique_names,
    _weights_count,
    _solver_fits,
    _agent_fits,
    _services_fit,
    _servers_fit,
    _environment_fits,
    _outputs_are_paths,
    _tests_exist,
    _reference_and_noop,
    _cheats,
    _nothing_given_away,
    _prompt_fits,
    _samples,
)
