"""``assay import hub`` with the real library ``datasets`` against a local hub, and series of readings from any file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from assay.catalog import load_task
from assay.catalog.importers.glue.sets import SETS
from assay.cli.errors import FAILED
from tests.cli.harness import CommandResult, run_assay
from tests.fakes.hub import FILE, NAME, FakeHub, fake_hub, parquet

TOKEN = "hf_only_for_this_test"
SERIES: dict[str, list[Any]] = {
    "values": [[1.0, 2.0, 4.5], [7.0, 7.5], [float("nan"), 1.0], [3.0]],
    "machine": ["pump", "fan", "fan", "pump"],
}
FOUR = {"mean": 2.5, "min": 1.0, "max": 4.5}


@pytest.fixture(scope="module")
def hub() -> Iterator[FakeHub]:
    with fake_hub({FILE: parquet(SERIES)}, TOKEN) as found:
        yield found


def import_hub(folder: Path, hub: FakeHub, *options: str, name: str = NAME, token: str = TOKEN) -> CommandResult:
    more = {"HF_ENDPOINT": hub.url, "HF_HOME": str(folder / "hf"), "HF_TOKEN": token}
    return run_assay(folder, "import", "hub", name, *options, "--into", str(folder / "catalog"), **more)


def samples(folder: Path, task: str) -> dict[str, tuple[str, Any]]:
    manifest = load_task(folder / "catalog/tasks" / task).manifest
    return {sample.sample_id: (sample.input, sample.expected) for sample in manifest.samples}


def test_a_gated_dataset_of_series_becomes_a_telemetry_task(tmp_path: Path, hub: FakeHub) -> None:
    done = import_hub(tmp_path, hub, "--check", "telemetry", "--json")
    assert done.code == 0, done.err
    assert samples(tmp_path, "plant") == {
        "1": ("1, 2, 4.5", FOUR),
        "2": ("7, 7.5", {"mean": 7.25, "min": 7, "max": 7.5}),
    }
    (check,) = load_task(tmp_path / "catalog/tasks/plant").manifest.checks
    assert check.__struct_config__.tag == "telemetry"
    report = json.loads(done.out)
    assert report["left_out"][0]["count"] == 2
    assert "no list of at least two numbers" in report["left_out"][0]["why"]
    assert f"Bearer {TOKEN}" in hub.authorizations
    assert TOKEN not in done.out + done.err


def test_importing_the_same_again_changes_nothing(tmp_path: Path, hub: FakeHub) -> None:
    import_hub(tmp_path, hub, "--check", "telemetry")
    again = import_hub(tmp_path, hub, "--check", "telemetry")
    assert "0 new, 1 unchanged, 0 different" in again.out


def test_a_subset_and_other_columns(tmp_path: Path, hub: FakeHub) -> None:
    options = (
        "--input",
        "values",
        "--expected",
        "machine",
        "--check",
        "choice",
        "--options",
        "pump,fan",
        "--task",
        "which",
    )
    done = import_hub(tmp_path, hub, *options, "--limit", "2", "--seed", "3")
    assert done.code == 0, done.err
    assert "2 of 4 rows, chosen at random with seed 3" in done.out
    assert len(samples(tmp_path, "which")) == 2


def test_a_token_can_come_from_the_file_with_settings(tmp_path: Path, hub: FakeHub) -> None:
    (tmp_path / ".env").write_text(f"HF_TOKEN={TOKEN}\n")
    more = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf")}
    done = run_assay(
        tmp_path, "import", "hub", NAME, "--check", "telemetry", "--into", str(tmp_path / "catalog"), **more
    )
    assert done.code == 0, done.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"token": "hf_wrong"}, "set HF_TOKEN to a token of your account"),
        ({"name": "acme/nothing"}, "acme/nothing: cannot be loaded from the hub (DatasetNotFoundError)"),
        ({"split": "train"}, 'Unknown split "train"'),
    ],
)
def test_what_cannot_be_loaded_is_explained(
    tmp_path: Path, hub: FakeHub, options: dict[str, str], message: str
) -> None:
    split = ("--split", options.pop("split")) if "split" in options else ()
    done = import_hub(tmp_path, hub, "--check", "telemetry", *split, **options)
    assert done.code == FAILED
    assert message in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "catalog").exists()


@pytest.mark.parametrize("kind", ["parquet", "jsonl", "csv"])
def test_series_in_local_files_are_read_alike(tmp_path: Path, kind: str) -> None:
    source = tmp_path / f"series.{kind}"
    series: list[list[float]] = [[1.0, 2.0, 4.5], [7.0, 7.5]]
    if kind == "parquet":
        pyarrow.parquet.write_table(pyarrow.table({"values": series}), source)
    elif kind == "jsonl":
        source.write_text("".join(json.dumps({"values": each}) + "\n" for each in series))
    else:
        source.write_text('values\n"1.0, 2.0, 4.5"\n7.0 7.5\n')
    done = run_assay(tmp_path, "import", kind, str(source), "--check", "telemetry", "--into", str(tmp_path / "catalog"))
    assert done.code == 0, done.err
    assert samples(tmp_path, "series")["1"] == ("1, 2, 4.5", FOUR)


def test_the_column_of_the_series_must_be_known(tmp_path: Path) -> None:
    source = tmp_path / "series.csv"
    source.write_text("a,b\n1 2,3 4\n")
    done = run_assay(
        tmp_path, "import", "csv", str(source), "--check", "telemetry", "--into", str(tmp_path / "catalog")
    )
    assert done.code == FAILED
    assert "which column has the series is not clear; name one by --input. The columns are: a, b" in done.err


def test_the_sets_of_glue_are_configurations(tmp_path: Path) -> None:
    data = {
        f"{glue.configuration}/{glue.split}-00000-of-00001.parquet": parquet(
            {
                **{columns[-1] if glue.name == "ax" else columns[0]: ["One.", "Two."] for _, columns in glue.parts},
                "label": [1, 0] if glue.labels else [4.5, 0.5],
                "idx": [7, 8],
            }
        )
        for glue in SETS
    }
    configs = [
        {"config_name": name, "data_files": [{"split": split, "path": f"{name}/{split}-*"} for split in splits]}
        for name, splits in _splits().items()
    ]
    card = f"---\nconfigs: {json.dumps(configs)}\n---\n# GLUE\n"
    with fake_hub({"README.md": card.encode(), **data}) as hub:
        more = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf")}
        done = run_assay(tmp_path, "import", "glue", NAME, "--into", str(tmp_path / "catalog"), **more)
    assert done.code == 0, done.err
    assert f"{len(SETS)} new" in done.out
    for glue in SETS:
        found = samples(tmp_path, f"glue_{glue.name}")
        first = glue.label("1") if glue.labels else 4.5
        assert found["7"][1] == first, glue.name
        assert list(found) == ["7", "8"]


def _splits() -> dict[str, list[str]]:
    splits: dict[str, list[str]] = {}
    for glue in SETS:
        splits.setdefault(glue.configuration, []).append(glue.split)
    return splits
