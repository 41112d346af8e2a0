"""Measures prodlint against Bandit, Ruff and the bare interpreter on one tree, in turn, and prints the ratios.

    python -m tests.benchmark PATH [--runs 5] [--large PATH]

PATH is an application of some 70,000 lines, `--large` a tree of some 400,000 (made of copies of PATH when it is left
out). The budgets are ratios, because machines differ: a cold run at most 0.8 x `bandit -r`, a warm unchanged run at
most 12 x `python -c pass`, one changed file in the large tree at most 1 x `ruff check --no-cache --select S`, no
process over 600 MB there, and time that grows linearly. Needs `bandit` and `ruff` beside the interpreter.

A changed file is measured twice: where the edit leaves its facts the same (a comment), and where it does not (a new
function), when all is linked and judged anew.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

BIN = Path(sys.executable).parent
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Installed packages come with their byte code; one that is installed as editable writes it on its first run."""


def seconds(command: list[str], folder: Path) -> float:
    """Wall time of a command; its findings, and so its exit status 1, do not matter."""
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, env=ENVIRONMENT)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)} failed: {done.stderr.decode()[-500:]}")
    return time.perf_counter() - started


def compare(title: str, budget: float, ours: Callable[[], float], theirs: Callable[[], float], runs: int) -> None:
    """Run both in turn and print the median of the ratios, pair by pair."""
    pairs = [(ours(), theirs()) for _ in range(runs)]
    ratios = [one / other for one, other in pairs]
    ratio = statistics.median(ratios)
    mine, other = (statistics.median(each) for each in zip(*pairs, strict=True))
    verdict = "within" if ratio <= budget else "OVER"
    print(
        f"{title}: {mine:.2f} s against {other:.2f} s, ratio {ratio:.2f} "
        f"({min(ratios):.2f} to {max(ratios):.2f}), {verdict} the budget of {budget:g}"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--large", type=Path)
    options = parser.parse_args()
    prodlint = [sys.executable, "-m", "prodlint", "--quiet"]
    with tempfile.TemporaryDirectory() as temporary:
        tree = Path(temporary) / "tree"
        shutil.copytree(options.path, tree, symlinks=True, ignore=shutil.ignore_patterns(".git", ".prodlint_cache"))
        (tree / ".git").mkdir()

        def cold() -> float:
            shutil.rmtree(tree / ".prodlint_cache", ignore_errors=True)
            return seconds([*prodlint, "."], tree)

        bandit = [sys.executable, "-m", "bandit", "-r", ".", "-q", "-f", "json"]
        compare("cold run / bandit -r", 0.8, cold, lambda: seconds(bandit, tree), min(options.runs, 3))
        seconds([*prodlint, "."], tree)
        time.sleep(2)
        seconds([*prodlint, "."], tree)
        bare = [sys.executable, "-c", "pass"]
        compare(
            "warm run / python -c pass",
            12,
            lambda: seconds([*prodlint, "."], tree),
            lambda: seconds(bare, tree),
            options.runs,
        )
        start = [*prodlint[:3], "--version"]
        compare(
            "start-up / python -c pass", 12, lambda: seconds(start, tree), lambda: seconds(bare, tree), options.runs
        )

        large = options.large or copies(tree, Path(temporary) / "large")
        python = sorted(large.rglob("*.py"))
        lines = sum(path.read_bytes().count(b"\n") for path in python)
        print(f"large tree: {len(python)} files, {lines} lines")
        changed = max(python, key=lambda path: path.stat().st_size if path.stat().st_size < 60_000 else 0)
        print(f"  first run of it: {seconds([*prodlint, '.'], large):.1f} s")

        def one_changed(edit: str = "\n# changed\n") -> float:
            with changed.open("a") as file:
                file.write(edit)
            return seconds([*prodlint, "."], large)

        ruff = [str(BIN / "ruff"), "check", "--no-cache", "--select", "S", "--exit-zero", "."]
        compare("one comment changed / ruff --select S", 1, one_changed, lambda: seconds(ruff, large), options.runs)
        anew = "\n\ndef changed(value):\n    return value\n"
        compare("one function added / ruff --select S", 1, lambda: one_changed(anew), lambda: seconds(ruff, large), 1)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"peak memory of any process: {peak:.0f} MB, budget 600 MB")


def copies(tree: Path, large: Path) -> Path:
    """A tree of six copies, each an application of its own."""
    for number in range(6):
        shutil.copytree(
            tree, large / f"app{number}", symlinks=True, ignore=shutil.ignore_patterns(".prodlint_cache", ".git")
        )
    (large / ".git").mkdir()
    return large


if __name__ == "__main__":
    main()
