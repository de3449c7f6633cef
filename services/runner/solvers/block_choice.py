"""Which of several blocks is a file's content: the last complete one that is neither a usage example nor a test.

A block that defines nothing while another one does, or that uses what another one defines, is an example; so is one
that imports the file. What defines the same names as another block replaces it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence, Set

from services.runner.solvers.fenced_blocks import Block

_SHELL_LANGUAGES = ("bash", "sh", "shell", "console", "zsh", "powershell", "terminal", "shellsession")
_TEXT_LANGUAGES = ("text", "txt", "output", "plaintext", "log")
_LANGUAGES = {
    "py": ("python", "py", "python3"),
    "js": ("javascript", "js", "node", "jsx", "mjs"),
    "ts": ("typescript", "ts", "tsx"),
    "json": ("json", "jsonc", "json5"),
    "sql": ("sql", "postgresql", "postgres", "sqlite", "mysql", "psql"),
    "sh": _SHELL_LANGUAGES,
    "txt": _TEXT_LANGUAGES,
    "md": ("markdown", "md"),
    "yaml": ("yaml", "yml"),
    "rs": ("rust", "rs"),
    "go": ("go", "golang"),
    "html": ("html",),
    "css": ("css",),
}
_ENDINGS = {
    "yml": "yaml",
    "bash": "sh",
    "mjs": "js",
    "jsx": "js",
    "tsx": "ts",
    "markdown": "md",
    "log": "txt",
    "htm": "html",
}
_DEFINITION = re.compile(
    r"\s*(?:(?:export|default|pub|async|static|public|private|protected|final|abstract|inline|unsafe|override)\s+)*"
    r"(?:def|class|function|fn|func|struct|enum|trait|interface|type|impl|module|const|let|var|record)\s+\*?([A-Za-z_$][\w$]*)"
)
_TYPED_FUNCTION = re.compile(r"[^()]*?\b([A-Za-z_]\w*)\s*\([^()]*\)[\w\s]*\{\s*")
_STATEMENTS = ("if", "for", "while", "switch", "catch", "else", "foreach", "with")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)\s*(?::[^=]+)?=[^=]")
_TEST = re.compile(
    r"\s*(?:def test_|async def test_|import pytest|from pytest|import unittest|class Test\w*\()|assert\s"
)
_TRANSCRIPT = re.compile(r"\s*(?:>>> |\$ |Traceback )")
_EXAMPLE = re.compile(
    r"\b(?:usage|use[sd]?|using|examples?|tests?|testing|try|demo|run|running|output|verify|beispiele?|aufruf|verwendung"
    r"|ejemplos?|exemples?|esempi[oi]?)\b|例|使用|测试",
    re.IGNORECASE,
)
_MAX_LINE_CHARACTERS = 300
_MAX_BLOCKS = 100
"""Of the last blocks for a file, so that a hostile answer takes no longer."""


def choose_block(blocks: Sequence[Block], path: str) -> Block:
    """The last complete block that is no example beside the others. The last one if all are, or none is complete."""
    complete = [block for block in blocks if block.complete] or blocks
    fitting = ([block for block in complete if fits(block, path)] or complete)[-_MAX_BLOCKS:]
    defined = [definitions(block) for block in fitting]
    counts = Counter(name for names in defined for name in names)
    for block, names in zip(reversed(fitting), reversed(defined), strict=True):
        elsewhere = (counts - Counter(names)).keys()
        if not _is_example(block, names, elsewhere, path, alone=len(fitting) == 1):
            return block
    return fitting[-1]


def _is_example(block: Block, defined: Set[str], elsewhere: Set[str], path: str, *, alone: bool) -> bool:
    """Whether a block shows how the file is used or tested, instead of being it."""
    if alone or _is_test_path(path) or defined & elsewhere:
        return False
    if tests_file(block, path) or _EXAMPLE.search(f"{block.before}\n{block.section}"):
        return True
    return bool(elsewhere) and (not defined or bool(elsewhere & _words(block)))


def tests_file(block: Block, path: str) -> bool:
    """Whether its code imports the file, is a test, or a session in a terminal."""
    stem = re.escape(path.rpartition("/")[2].partition(".")[0])
    imports = re.compile(
        rf"\s*(?:from\s+[\w.]*\b{stem}\s+import\b|import\s+[\w.]*\b{stem}\b)|.*\b(?:require|from)\b.*[\"'/]{stem}\b"
    )
    if _is_test_path(path):
        return False
    lines = [line[:_MAX_LINE_CHARACTERS] for line in block.lines if line.strip()]
    return any(imports.match(line) or _TEST.match(line) for line in lines) or bool(
        lines and _TRANSCRIPT.match(lines[0])
    )


def definitions(block: Block) -> set[str]:
    """The names that a block's code defines."""
    found: set[str] = set()
    for line in block.lines:
        line = line[:_MAX_LINE_CHARACTERS]
        match = _DEFINITION.match(line) or _ASSIGNMENT.match(line)
        if not match and line.rstrip().endswith("{"):
            match = _TYPED_FUNCTION.fullmatch(line)
        if match and match[1] not in _STATEMENTS:
            found.add(match[1])
    return found


def _words(block: Block) -> set[str]:
    return set(re.findall(r"\w+", block.content))


def fits(block: Block, path: str) -> bool:
    """Not if its language is one of another kind of file."""
    ending = path.rpartition(".")[2].lower()
    own = _LANGUAGES.get(_ENDINGS.get(ending, ending))
    if block.language in (own or ()):
        return True
    others = (
        (*_SHELL_LANGUAGES, *_TEXT_LANGUAGES)
        if own is None
        else [name for names in _LANGUAGES.values() for name in names]
    )
    return block.language not in others


def _is_test_path(path: str) -> bool:
    return bool(re.search(r"(?:^|[/_.-])(?:tests?|spec|examples?|demo|usage)(?:[/_.-]|$)", path, re.IGNORECASE))


def is_shell(block: Block) -> bool:
    """A command to type, or its output."""
    return block.language in (*_SHELL_LANGUAGES, *_TEXT_LANGUAGES)
