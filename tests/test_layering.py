"""Who may import whom, and what a light command must not load."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "anomalog_exp"
FLOW = ["data", "sequences", "features", "models", "evaluation", "results", "tracking"]
ENTRANCES = {"app.py", "job.py", "sweep.py", "__main__.py"}


def imports(path: Path) -> set[str]:
    """Modules that a file imports when it runs: what stands under TYPE_CHECKING does not count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            waiting += node.orelse
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        waiting += ast.iter_child_nodes(node)
    return found


def files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("room", FLOW)
def test_rooms_import_only_from_rooms_before_them_in_the_flow(room):
    later = {f"anomalog_exp.{name}" for name in FLOW[FLOW.index(room) + 1 :]}
    later |= {f"anomalog_exp.{Path(name).stem}" for name in ENTRANCES}
    for path in (PACKAGE / room).rglob("*.py"):
        wrong = {m for m in imports(path) if any(m == x or m.startswith(f"{x}.") for x in later)}
        assert wrong == set(), path


@pytest.mark.parametrize(
    ("library", "homes"),
    [
        ("hydra", {"config", *ENTRANCES}),
        ("omegaconf", {"config", *ENTRANCES}),
        ("mlflow", {"tracking"}),
    ],
)
def test_a_library_stays_in_its_rooms(library, homes):
    users = {
        path.relative_to(PACKAGE).parts[0]
        for path in files()
        if any(m == library or m.startswith(f"{library}.") for m in imports(path))
    }
    assert users
    assert users <= homes


@pytest.mark.parametrize(
    "module", ["anomalog_exp.config", "anomalog_exp.__main__", "anomalog_exp.job"]
)
def test_light_commands_load_nothing_heavy(module):
    code = (
        f"import sys, {module}; heavy = {{'mlflow', 'sklearn', 'pandas', 'torch', 'polars', 'pyarrow', 'river'}};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr
