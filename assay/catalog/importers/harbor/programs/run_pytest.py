"""``python -m pytest``, except that modules of the submission, in the working folder, come last: one called ``pytest``
or ``json`` replaces nothing."""

import os
import sys

if __name__ == "__main__":
    sys.path[:] = [*sys.path[1:], os.getcwd()]  # noqa: PTH109 - pathlib could be the submission's
    import pytest

    sys.exit(pytest.main())
