"""Puts the files that the image's working folder had into the workspace, and prints what cannot be taken along."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

START, WORKSPACE = Path("/opt/assay/start"), Path("/workspace")


def main() -> None:
    paths = sorted(START.rglob("*"))
    links = [str(path.relative_to(START)) for path in paths if path.is_symlink()]
    for path in paths:
        target = WORKSPACE / path.relative_to(START)
        if path.is_file() and not path.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    print(json.dumps({"links": links[:1], "repository": (START / ".git").exists()}))


if __name__ == "__main__":
    main()
