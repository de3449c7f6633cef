"""A catalogue on disk: tasks, suites, models, prices and scripts, loaded on demand and reloaded when they change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from msgspec import structs

from assay.catalog.errors import InvalidCatalog, Mistake, UnknownModel, UnknownSuite, UnknownTask
from assay.catalog.file_cache import FileCache, Loaded
from assay.catalog.models import BASELINES, Registry, load_registry
from assay.catalog.prices.rates import REGISTRY_VERSION, token_price
from assay.catalog.prices.table import LOCAL, PriceTable, load_prices
from assay.catalog.scripts import Script, load_script
from assay.catalog.selection.resolve import resolve
from assay.catalog.selection.selection import Selection
from assay.catalog.suites import SuiteManifest, load_suite, suite_task_ids, task_weights
from assay.catalog.tasks.task import Task, declared_category, load_task
from assay.contracts.catalog import CatalogMistake, CatalogPart
from assay.contracts.models import SCRIPTED, Capabilities, ModelName
from assay.contracts.money import Price
from assay.contracts.providers import HOSTED, Provider, ProviderKind
from assay.contracts.runs import RunRequest
from assay.contracts.tasks import SuiteView


class Catalog:
    """Use ``Catalog.open``. An invalid task does not affect the others: looking it up raises, ``tasks()`` leaves it
    out, and ``mistakes()`` lists what is wrong with it."""

    def __init__(self, root: Path, cache: FileCache, registered: Mapping[str, Provider] | None = None) -> None:
        self.root = root
        self._cache, self._registered = cache, registered or {}

    @classmethod
    def open(cls, path: Path | str, recheck_seconds: float = 1.0) -> Catalog:
        """The catalogue in a folder that contains ``tasks/``; otherwise raises InvalidCatalog. Changes on disk are
        noticed within ``recheck_seconds`` (0: at once)."""
        root = Path(path)
        message = "is not a catalogue: it has no folder tasks; set ASSAY_CATALOG to a catalogue's folder"
        try:
            found = (root / "tasks").is_dir()
        except OSError as error:
            found, message = False, f"cannot be read: {error.strerror or error}"
        if not found:
            raise InvalidCatalog([Mistake(file=str(path), message=message)])
        return cls(root, FileCache(recheck_seconds))

    def with_registered(self, providers: Mapping[str, Provider]) -> Catalog:
        """The same catalogue, with these providers of the ledger besides those of ``models.yaml``."""
        return Catalog(self.root, self._cache, providers)

    # --- tasks and suites

    def tasks(self) -> list[Task]:
        """Every valid task, by id."""
        return [loaded.value for _, loaded in self._tasks() if loaded.value is not None]

    def find_task(self, task_id: str) -> Task:
        """Raises UnknownTask with a suggestion, or InvalidCatalog with the task's mistakes."""
        names = self.task_names()
        if task_id not in names:
            raise UnknownTask(task_id, names)
        return self._task(task_id).get()

    def categories_by_task(self) -> dict[str, str]:
        """Categories by task id. Includes invalid tasks, so that a run by category never silently leaves one out; the
        category is empty where it cannot be read."""
        return {
            name: loaded.value.manifest.category if loaded.value else declared_category(self.root / "tasks" / name)
            for name, loaded in self._tasks()
        }

    def suites(self) -> list[SuiteView]:
        """Every valid suite, by id."""
        loaded = [self._suite(name) for name in self._names("suites")]
        return [self.suite_view(suite.value) for suite in loaded if suite.value is not None]

    def find_suite(self, suite_id: str) -> SuiteManifest:
        """Raises UnknownSuite with a suggestion, or InvalidCatalog with the suite's mistakes."""
        names = self._names("suites")
        if suite_id not in names:
            raise UnknownSuite(suite_id, names)
        return self._suite(suite_id).get()

    def suite_view(self, suite: SuiteManifest) -> SuiteView:
        categories = self.categories_by_task()
        return SuiteView(
            suite_id=suite.id,
            title=suite.title,
            description=suite.description,
            task_ids=suite_task_ids(suite, categories),
            repeats=suite.repeats,
            samples=suite.samples,
            weights=task_weights(suite, categories),
        )

    # --- models and prices

    def registry(self) -> Registry:
        """All models and their providers; raises InvalidCatalog when ``models.yaml`` has mistakes."""
        return self._registry().get().with_registered(self._registered)

    def script(self, model: ModelName) -> Script:
        """The stored responses of ``scripted/<name>``; raises UnknownModel with a suggestion."""
        provider, _, name = model.partition("/")
        names = self._names(SCRIPTED)
        if provider != SCRIPTED or name not in names:
            raise UnknownModel(model, [f"{SCRIPTED}/{known}" for known in names])
        return self._script(name).get()

    def price(self, model: ModelName, today: date | None = None, *, use_prices_file: bool = True) -> Price | None:
        """The model's price on a day (default: today): None for the baselines, zero and ``local`` for models of local
        providers without a price of their own. Without ``use_prices_file`` only the price database counts. Raises
        UnpricedModel, UnknownModel or UnknownProvider."""
        registry = self.registry()
        entry = registry.entry(model)
        if model in BASELINES:
            return None
        provider_id = model.partition("/")[0]
        provider = registry.provider(model)
        if provider_id == SCRIPTED:
            charged = self.script(model).price
            own = self.prices().find_in_file(model, today) if use_prices_file else None
            return own or (charged.price(model) if charged else Price(version=model, local=True))
        if provider.kind in HOSTED:
            return LOCAL
        if entry.price:
            return token_price(entry.price, REGISTRY_VERSION)
        if provider.local:
            return LOCAL
        table, known = self.prices(), registry.names()
        return table.find(model, provider.prices or provider_id, today, known, use_file=use_prices_file)

    def capabilities(self, model: ModelName) -> Capabilities:
        """What is known of the model; its context window is the price database's, unless ``models.yaml`` has one.
        Raises UnknownModel, UnknownProvider or InvalidCatalog."""
        registry = self.registry()
        known, provider = registry.capabilities(model), registry.provider(model)
        if known.context_tokens is not None or provider.kind in (ProviderKind.BUILTIN, *HOSTED):
            return known
        from assay.catalog.prices.database import context_window  # takes a second to load

        provider_id, _, name = model.partition("/")
        return structs.replace(known, context_tokens=context_window(provider.prices or provider_id, name))

    def prices(self) -> PriceTable:
        """The catalogue's own prices; raises InvalidCatalog when ``prices.yaml`` has mistakes."""
        return self._prices().get()

    def resolve(self, request: RunRequest, today: date | None = None) -> Selection:
        """The request's tasks and models; raises InvalidSelection with every field that cannot be resolved."""
        return resolve(self, request, today)

    # --- the catalogue as a whole

    def mistakes(self) -> list[Mistake]:
        """Every mistake in the catalogue, by file and line."""
        found = [loaded.error for _, _, loaded in self._load_all() if loaded.error is not None]
        listed = [mistake for error in found for mistake in error.mistakes]
        return list(InvalidCatalog([*self._folder_mistakes(), *listed]).mistakes)

    def broken(self) -> list[CatalogMistake]:
        """Every mistake, with the task, suite or other part that cannot be used because of it."""
        found = [
            _described(part, name, mistake)
            for part, name, loaded in self._load_all()
            for mistake in (loaded.error.mistakes if loaded.error else ())
        ]
        return [*found, *(_described(CatalogPart.FOLDER, "", mistake) for mistake in self._folder_mistakes())]

    def _load_all(self) -> Iterator[tuple[CatalogPart, str, Loaded[Any]]]:
        for name, loaded in self._tasks():
            yield CatalogPart.TASK, name, loaded
        for name in self._names("suites"):
            yield CatalogPart.SUITE, name, self._suite(name)
        for name in self._names(SCRIPTED):
            yield CatalogPart.SCRIPT, name, self._script(name)
        yield CatalogPart.MODELS, "models.yaml", self._registry()
        yield CatalogPart.PRICES, "prices.yaml", self._prices()

    def _folder_mistakes(self) -> Iterator[Mistake]:
        """Folders that cannot be listed, and files in them that are not read."""
        for folder in ("tasks", "suites", SCRIPTED):
            entries, reason = _listing(self.root / folder)
            if reason:
                yield Mistake(file=self._display_path(self.root / folder), message=f"cannot be read: {reason}")
            for entry in entries:
                if folder != "tasks" and entry.suffix == ".yml":
                    yield Mistake(file=self._display_path(entry), message="is not read; its name must end with .yaml")

    def _display_path(self, path: Path) -> str:
        """The path shown in messages: it begins with the catalogue's folder, so it is the same on every machine."""
        shown = f"{self.root.resolve().name}/{path.relative_to(self.root).as_posix()}"
        return shown.encode("utf-8", "backslashreplace").decode()

    def task_names(self) -> list[str]:
        """Ids of all tasks, valid or not."""
        entries, _ = _listing(self.root / "tasks")
        return [entry.name for entry in entries if entry.is_symlink() or entry.is_dir()]

    def _names(self, folder: str) -> list[str]:
        entries, _ = _listing(self.root / folder)
        return sorted(entry.stem for entry in entries if entry.suffix == ".yaml")

    def _tasks(self) -> list[tuple[str, Loaded[Task]]]:
        return [(name, self._task(name)) for name in self.task_names()]

    def _task(self, name: str) -> Loaded[Task]:
        folder = self.root / "tasks" / name
        return self._cache.get(folder, lambda: load_task(folder, self._display_path(folder)))

    def _suite(self, name: str) -> Loaded[SuiteManifest]:
        path = self.root / "suites" / f"{name}.yaml"
        tasks = self.categories_by_task()
        return self._cache.get(
            path, lambda: load_suite(path, self._display_path(path), tasks), frozenset(tasks.items())
        )

    def _script(self, name: str) -> Loaded[Script]:
        path = self.root / SCRIPTED / f"{name}.yaml"
        tasks = {task: frozenset(loaded.value.sample_ids if loaded.value else ()) for task, loaded in self._tasks()}
        return self._cache.get(
            path, lambda: load_script(path, self._display_path(path), tasks), frozenset(tasks.items())
        )

    def _registry(self) -> Loaded[Registry]:
        path = self.root / "models.yaml"
        scripts = tuple(self._names(SCRIPTED))
        return self._cache.get(path, lambda: load_registry(path, self._display_path(path), scripts), scripts)

    def _prices(self) -> Loaded[PriceTable]:
        path = self.root / "prices.yaml"
        registry = self._registry().value
        providers = tuple(registry.providers) if registry else ()
        return self._cache.get(path, lambda: load_prices(path, self._display_path(path), providers), providers)


def _listing(folder: Path) -> tuple[list[Path], str]:
    """The folder's entries by name, and why it cannot be listed. A folder that does not exist is empty."""
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith(".")), ""
    except FileNotFoundError:
        return [], ""
    except OSError as error:
        return [], error.strerror or str(error)


def _described(part: CatalogPart, name: str, mistake: Mistake) -> CatalogMistake:
    shown = name.encode("utf-8", "backslashreplace").decode()
    return CatalogMistake(part=part, name=shown, **structs.asdict(mistake))
