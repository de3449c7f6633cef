"""The runner's catalogue: providers and scripted models. Tasks reach runners through the artifact store."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from assay.artifacts import unpack_text
from assay.catalog import Catalog


@contextmanager
def open_catalog(folder: Path, content: str) -> Generator[Catalog]:
    """The catalogue in the folder, or the ``content`` that `assay workers token` wrote. Raises InvalidCatalog, or
    FilesRefused if the content is damaged."""
    if not content:
        yield Catalog.open(folder)
        return
    with TemporaryDirectory(prefix="assay-catalog-") as temporary:
        for path, data in unpack_text(content).items():
            file = Path(temporary, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        yield Catalog.open(temporary)
