"""What can be seen in a task's files of why Assay's judge could not grade it: it has a fresh sandbox, with the files of
the workspace alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.catalog.importers.harbor.source_task import SourceTask
from assay.catalog.importers.harbor.verifier import downloads
from assay.catalog.importers.python_code import NotUsable
from assay.files import Files

_READS = r"(?:\b(?:Path|open|exists|isfile|isdir|listdir|stat|is_file|getsize)\(\s*[rf]?|^[A-Z_]+\s*=\s*)['\"]"
_FOLDERS = r"(?P<path>/(?:etc|root|home|var|srv)/[\w.-][\w./-]*)"
_PATH = re.compile(rf"{_READS}{_FOLDERS}", re.MULTILINE)
_SERVER = re.compile(r"\b(localhost|127\.0\.0\.1|0\.0\.0\.0)\b")
_STARTS_PROGRAMS = re.compile(r"\b(Popen|subprocess|multiprocessing|threading|pexpect)\b|&\s*$", re.MULTILINE)
_SYSTEM = re.compile(r"(?<![\w./-])(systemctl|crontab|service +\w+ +(status|start|restart)|pgrep|journalctl)(?![\w.-])")
_COMMENT = re.compile(r"^\s*(#|:  # in the image).*$", re.MULTILINE)
_SCRIPTS = (".sh", ".py")


def check_gradable(task: SourceTask, tests: Files, folder: str) -> None:
    """``tests`` without what was moved to the image; ``folder`` is the image's working folder, empty if unknown. Raises
    NotUsable."""
    texts = dict(_texts(tests))
    for text in texts.values():
        if found := _SYSTEM.search(text):
            raise NotUsable(f"its tests ask for running programs ({found[1]}); only files are graded")
        for path in (match["path"] for match in _PATH.finditer(text)):
            if not folder or not f"{path}/".startswith(f"{folder}/"):
                top = "/".join(path.split("/")[:2])
                raise NotUsable(f"its tests look at {top}, outside of the image's working folder")
    if any(map(_SERVER.search, texts.values())) and not any(map(_STARTS_PROGRAMS.search, texts.values())):
        raise NotUsable("its tests talk to a server that the agent leaves running; only files are graded")
    solution = task.solution[task.solution_script].decode("utf-8", "replace")
    if line := downloads(solution):
        raise NotUsable(f"its solution downloads something, and sandboxes have no network: {line}")


def _texts(tests: Files) -> Iterator[tuple[str, str]]:
    """Scripts without comments."""
    for path, content in tests.items():
        if path.endswith(_SCRIPTS):
            yield path, _COMMENT.sub("", content.decode("utf-8", "replace"))
