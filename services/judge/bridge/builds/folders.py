"""The folders of a build: beside the submitted files, one for the task's driver and one for our library."""

from __future__ import annotations

from assay.files import Files

DRIVER = "assay_driver"
LIBRARY = "assay_library"


def under(folder: str, files: Files) -> Files:
    return {f"{folder}/{path}": content for path, content in files.items()}


def without_ours(submitted: Files) -> Files:
    """Submitted files, without those that would get into our folders."""
    return {path: content for path, content in submitted.items() if path.partition("/")[0] not in (DRIVER, LIBRARY)}


def library_files(programs: Files, folder: str) -> Files:
    """``programs`` without the folder in front, inside the library's folder."""
    return under(LIBRARY, {path.removeprefix(f"{folder}/"): content for path, content in programs.items()})
