"""The program: python3 -m larder JOURNAL"""

import sys
from pathlib import Path

from larder.errors import LarderError
from larder.program import report, stock

try:
    print("\n".join(report(stock(Path(sys.argv[1]).read_text(encoding="utf-8")))))
except LarderError as error:
    print(f"larder: {error}", file=sys.stderr)
    sys.exit(1)
