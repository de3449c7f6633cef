"""``python -m bench``: every benchmark, one after the other. What the figures were is in bench/README.md."""

from __future__ import annotations

from bench import sandbox, spine

if __name__ == "__main__":
    spine.main()
    sandbox.main()
