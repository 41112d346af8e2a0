"""The `prodlint` program, and `python -m prodlint`."""

from __future__ import annotations

import sys
from typing import NoReturn

__all__ = ["main"]


def main() -> NoReturn:
    """Run the command line. Its modules are imported here, so that Ctrl-C meanwhile is no traceback either."""
    try:
        from prodlint.cli import run
    except KeyboardInterrupt:
        sys.stderr.write("prodlint: Interrupted.\n")
        sys.exit(130)
    sys.exit(run())


if __name__ == "__main__":
    main()
