"""Validates the images that a task and its samples name among the task's files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assay.catalog.tasks.folder import files_in
from assay.catalog.tasks.manifest import MAX_IMAGES, SampleManifest, TaskManifest
from assay.catalog.yaml.document import Document, FieldPath
from assay.contracts.tasks import Solver
from assay.files import Files
from assay.files.images import MEDIA_TYPES, declared_media_type, detected_media_type
from assay.validation.did_you_mean import closest, shortened

MAX_IMAGE_BYTES = 3_750_000
"""Size limit of one image. Images are sent in base64, a third longer, and the smallest limit of a provider is 5 MB of
that (Claude at Amazon Bedrock and Google Cloud)."""
IMAGE_FOLDERS = ("images", "workspace")
_EXTENSIONS = {media_type: f".{extension}" for extension, media_type in reversed(MEDIA_TYPES.items())}

_Named = tuple[Document, FieldPath, str]
"""An image's path, and where it is named."""


def image_paths(manifest: TaskManifest, sample: SampleManifest) -> tuple[str, ...]:
    """The images of one prompt, in the order in which they are sent."""
    return (*manifest.images, *sample.images)


def all_image_paths(manifest: TaskManifest) -> frozenset[str]:
    return frozenset(path for sample in manifest.samples for path in image_paths(manifest, sample))


def without_image_content(manifest: TaskManifest, files: Files) -> Files:
    """The files, those that are sent as images being empty: what prompts contain as text."""
    images = all_image_paths(manifest)
    return {path: b"" if path in images else content for path, content in files.items()}


def check_images(
    manifest: TaskManifest, files: Files, document: Document, folder: Document, sources: Sequence[Document]
) -> None:
    """Adds every mistake to its document; ``sources`` has the document of each sample."""
    if manifest.solver is Solver.COMMAND and all_image_paths(manifest):
        message = "is only allowed for solvers 'answer', 'files' and 'agent'; put the files in workspace/ instead"
        document.add_mistake(("images",), message)
    for source, at, path in _named(manifest, document, sources):
        if problem := _mistake(path, files, broken=bool(folder.mistakes)):
            source.add_mistake(at, *problem)
    _check_counts(manifest, document, sources)
    for path in sorted(files.keys() - all_image_paths(manifest)):
        if path.startswith("images/"):
            folder.add_mistake((), f"{path} is not named by the task or a sample; add it to images, or remove it")


def _named(manifest: TaskManifest, document: Document, sources: Sequence[Document]) -> Iterator[_Named]:
    for index, path in enumerate(manifest.images):
        yield document, ("images", index), path
    for at, sample, source in _samples(manifest, document, sources):
        for index, path in enumerate(sample.images):
            yield source, (*at, "images", index), path


def _samples(
    manifest: TaskManifest, document: Document, sources: Sequence[Document]
) -> Iterator[tuple[FieldPath, SampleManifest, Document]]:
    for index, (sample, source) in enumerate(zip(manifest.samples, sources, strict=True)):
        yield ("samples", index) if source is document else (), sample, source


def _mistake(path: str, files: Files, *, broken: bool) -> tuple[str, str | None] | None:
    """What is wrong with one image, with a suggestion. ``broken``: a file that cannot be read is already a mistake."""
    shown, declared = repr(shortened(path)), declared_media_type(path)
    if path.partition("/")[0] not in IMAGE_FOLDERS:
        return f"{shown} is not in the folder images or workspace", closest(f"images/{path}", files)
    if declared is None:
        names = ", ".join(f".{extension}" for extension in MEDIA_TYPES)
        return f"{shown} is not an image that models accept; its name must end with one of {names}", None
    if path not in files:
        known = [name for folder in IMAGE_FOLDERS for name in (f"{folder}/{file}" for file in files_in(files, folder))]
        return f"the task has no file {shown}", closest(path, known)
    content = files[path]
    if not content and broken:
        return None
    if len(content) > MAX_IMAGE_BYTES:
        limit = f"{MAX_IMAGE_BYTES} (5 MB when sent in base64)"
        return f"{shown} has {len(content)} bytes, more than {limit}; scale it down or compress it", None
    detected = detected_media_type(content)
    if detected is None:
        return f"{shown} is not a valid image: it does not begin like a PNG, JPEG, GIF or WebP file", None
    if detected != declared:
        return f"{shown} contains {detected}, not {declared}; rename it to end with {_EXTENSIONS[detected]}", None
    return None


def _check_counts(manifest: TaskManifest, document: Document, sources: Sequence[Document]) -> None:
    """No prompt has an image twice, or too many."""
    _check_repeated(manifest.images, (), document, ("images",))
    for at, sample, source in _samples(manifest, document, sources):
        where = (*at, "images")
        _check_repeated(sample.images, manifest.images, source, where)
        count = len(image_paths(manifest, sample))
        if count > MAX_IMAGES:
            message = f"{count} images with those of the task, more than {MAX_IMAGES}; remove some"
            source.add_mistake(where, message)


def _check_repeated(paths: Sequence[str], earlier: Sequence[str], source: Document, at: FieldPath) -> None:
    seen = set(earlier)
    for index, path in enumerate(paths):
        if path in seen:
            source.add_mistake((*at, index), f"{shortened(path)!r} is listed twice")
        seen.add(path)
