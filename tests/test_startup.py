"""What a warm run imports: nothing heavy, or no editor and no commit hook would wait for it."""

import os
import subprocess
import sys
from pathlib import Path

HEAVY = ("libcst", "yaml", "bandit", "detect_secrets", "sqlparse", "rich", "multiprocessing")
SCRIPT = """
import sys
from prodlint import cli
status = cli.run(sys.argv[1:])
heavy = sorted({name.partition(".")[0] for name in sys.modules} & set(%r))
print("imported:", *heavy, "status:", status, file=sys.stderr)
"""


def imported(tree: Path, *arguments: str) -> str:
    root = str(Path(__file__).resolve().parent.parent)
    environment = {**os.environ, "PYTHONPATH": root, "XDG_CACHE_HOME": str(tree / "cache")}
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT % (HEAVY,), *arguments], cwd=tree, env=environment, capture_output=True, text=True
    )
    return run.stderr.strip()


def a_tree(folder: Path) -> Path:
    (folder / ".git").mkdir()
    files = {
        "app/main.py": "import requests\n\n\ndef rates(url):\n    return requests.get(url)\n",
        "requirements.txt": "fastapi==0.110.0\n",
        "pyproject.toml": "[tool.prodlint]\nselect = ['all']\n",
        "compose.yaml": "services: {db: {image: postgres}}\n",
        "Dockerfile": "FROM python:3.12\n",
        ".gitignore": "cache\n",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return folder


def test_a_warm_run_imports_nothing_heavy(tmp_path: Path) -> None:
    tree = a_tree(tmp_path)
    first = imported(tree)
    assert "libcst" in first and "yaml" in first and first.endswith("status: 1")
    for arguments in ((), ("--format", "sarif"), ("--format", "json"), ("app/main.py",)):
        assert imported(tree, *arguments) == "imported: status: 1"


def test_a_run_over_kept_facts_imports_nothing_heavy(tmp_path: Path) -> None:
    # Another selection is another report, so that the checks run again over the facts that the cache holds.
    tree = a_tree(tmp_path)
    imported(tree)
    assert imported(tree, "--ignore", "unused-suppression") == "imported: status: 1"


def test_the_catalogue_imports_nothing_heavy(tmp_path: Path) -> None:
    tree = a_tree(tmp_path)
    imported(tree, "rules")
    assert imported(tree, "rules") == imported(tree, "explain", "unused-suppression") == "imported: status: 0"
