"""A line on the terminal's standard error, for runs that take longer than a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["Line"]

DELAY = 1.0
EVERY = 0.1


class Line:
    """Shows how many of `total` files are read. rich is imported when the line is first shown, and no thread is
    started, so that worker processes can be forked meanwhile."""

    def __init__(self, total: int, enabled: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._total = total
        self._done = 0
        self._clock = clock
        self._next = clock() + DELAY if enabled else float("inf")
        self._shown: tuple[Progress, TaskID] | None = None

    def advance(self) -> None:
        """One more file is read."""
        self._done += 1
        now = self._clock()
        if now < self._next:
            return
        self._next = now + EVERY
        if self._shown is None:
            from rich.console import Console
            from rich.progress import Progress

            progress = Progress(console=Console(stderr=True), transient=True, auto_refresh=False)
            self._shown = progress, progress.add_task("Reading files", total=self._total)
            progress.start()
        shown, task = self._shown
        shown.update(task, completed=self._done, refresh=True)

    def close(self) -> None:
        """Take the line away."""
        if self._shown is not None:
            self._shown[0].stop()
            self._shown = None
        self._next = float("inf")
