"""What a solution looks like from outside: signatures without bodies."""

from __future__ import annotations

import ast
from collections.abc import Collection

from assay.catalog.importers.python_code import NOT_IMPLEMENTED, defined_names


def stub_of(module: ast.Module, names: Collection[str]) -> str:
    """The named functions and classes, each of whose bodies raises NotImplementedError."""
    defined = defined_names(module)
    return "\n\n".join(_stub(name, defined[name]) for name in names)


def _stub(name: str, node: ast.stmt) -> str:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return _function(node, "")
    if isinstance(node, ast.ClassDef):
        methods = [_function(each, "    ") for each in node.body if isinstance(each, ast.FunctionDef)]
        return f"class {name}:\n" + ("\n".join(methods) or "    pass\n")
    return f"{name} = None\n"


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, indent: str) -> str:
    word = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    return f"{indent}{word} {node.name}({ast.unparse(_plain(node.args))}):\n{indent}    {NOT_IMPLEMENTED}\n"


def _plain(given: ast.arguments) -> ast.arguments:
    """Without annotations, and without defaults that are more than a literal: both could need other names."""

    def bare(one: ast.arg | None) -> ast.arg | None:
        return one and ast.arg(arg=one.arg)

    return ast.arguments(
        posonlyargs=[ast.arg(arg=each.arg) for each in given.posonlyargs],
        args=[ast.arg(arg=each.arg) for each in given.args],
        vararg=bare(given.vararg),
        kwonlyargs=[ast.arg(arg=each.arg) for each in given.kwonlyargs],
        kw_defaults=[each and _literal(each) for each in given.kw_defaults],
        kwarg=bare(given.kwarg),
        defaults=[_literal(each) for each in given.defaults],
    )


def _literal(node: ast.expr) -> ast.expr:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return ast.Constant(value=None)
    return node
