"""Tool definitions for models: a description and the arguments of each tool."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from assay.contracts.codec import Data
from assay.contracts.tasks import Tool
from services.runner.models import ToolDefinition

Seconds = Annotated[float, Meta(gt=0, description="It is killed after this time; the sandbox has a limit of its own")]


class Bash(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    command: Annotated[str, Meta(min_length=1, description="The command line")]
    timeout_seconds: Seconds | None = None


class Python(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: Annotated[str, Meta(min_length=1, description="The program; print what you want to see")]
    timeout_seconds: Seconds | None = None


class TextEditor(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    command: Annotated[
        Literal["view", "create", "str_replace", "insert", "undo"], Meta(description="What to do with the file")
    ]
    path: Annotated[str, Meta(description="Relative to /workspace")]
    view_range: Annotated[
        tuple[int, int] | None,
        Meta(description="view: the first and the last line, counted from 1; last -1 is the end"),
    ] = None
    file_text: Annotated[str | None, Meta(description="create: the whole content")] = None
    old_str: Annotated[str | None, Meta(description="str_replace: text that occurs exactly once in the file")] = None
    new_str: Annotated[str | None, Meta(description="str_replace: its replacement; empty to delete it")] = None
    insert_line: Annotated[int | None, Meta(description="insert: the line to insert after; 0 is the beginning")] = None
    insert_text: Annotated[str | None, Meta(description="insert: the lines to insert")] = None


class GitDiff(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    path: Annotated[str | None, Meta(description="Only this file, or this folder (ending in /)")] = None


class Submit(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    message: Annotated[str, Meta(description="What you did, in a sentence")] = ""


ARGUMENTS: dict[Tool, type[Data]] = {
    Tool.BASH: Bash,
    Tool.PYTHON: Python,
    Tool.TEXT_EDITOR: TextEditor,
    Tool.GIT_DIFF: GitDiff,
    Tool.SUBMIT: Submit,
}

_DESCRIPTIONS = {
    Tool.BASH: "Runs a bash command line in /workspace. Each call is a new shell: files persist, variables do not. "
    "There is no network and no interactive input.",
    Tool.PYTHON: "Runs a Python program in /workspace, in a new process.",
    Tool.TEXT_EDITOR: "Views and edits one text file. view shows it with line numbers, create writes the whole file, "
    "str_replace replaces a text that occurs once, insert adds lines, undo reverts the last edit of the file.",
    Tool.GIT_DIFF: "Shows what has changed in /workspace since the beginning, as a unified diff.",
    Tool.SUBMIT: "Ends your work: the files are handed in as they are now. Nothing can be done afterwards.",
}


def definitions(tools: Sequence[Tool]) -> list[ToolDefinition]:
    return [
        ToolDefinition(name=tool.value, description=_DESCRIPTIONS[tool], arguments=argument_schema(ARGUMENTS[tool]))
        for tool in tools
    ]


def argument_schema(kind: type[Data]) -> dict[str, Any]:
    """Without titles, and without null as a choice for optional arguments: models tend to fill those in."""
    _, components = msgspec.json.schema_components((kind,))
    schema = components[kind.__name__]
    properties = {name: _without_null(field) for name, field in schema["properties"].items()}
    required = schema.get("required", [])
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _without_null(field: dict[str, Any]) -> dict[str, Any]:
    choices = [choice for choice in field.get("anyOf", ()) if choice.get("type") != "null"]
    rest = {name: value for name, value in field.items() if name not in ("anyOf", "default")}
    return {**choices[0], **rest} if len(choices) == 1 else {**field}
