"""Who may import whom, and what a light command must not load."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "anomalog_exp"
FLOORS = [
    {"secrets"},
    {
        "errors",
        "files",
        "progress",
        "text_table",
        "plural",
        "terminal",
        "metric_terms",
        "stopping",
        "processes",
    },
    {"options"},
    {"data"},
    {"sequences"},
    {"features"},
    {"detection"},
    {"models"},
    {"config"},
    {"evaluation"},
    {"results"},
    {"following"},
    {"report"},
    {"tracking"},
    {"app"},
    {"launch"},
    {"commands"},
    {"__main__"},
    {"experiments"},
]
"""Rooms and single files from the ground up: each may import from below."""


def files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in files()}


def imports(path: Path, *, at_import_only: bool = False, for_types: bool = False) -> Iterator[str]:
    """Modules that a file imports when it runs; with `for_types`, those under TYPE_CHECKING too."""
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if not for_types and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            waiting += node.orelse
            continue
        if at_import_only and isinstance(node, ast.FunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in MODULES else node.module for name in inside)
        waiting += ast.iter_child_nodes(node)


def room_of(module: str) -> str | None:
    """The room, or the single file, in which a module of ours stands; None for the package's face."""
    parts = module.split(".")
    return parts[1] if parts[0] == PACKAGE.name and len(parts) > 1 else None


def ours(path: Path, *, for_types: bool = False) -> set[str]:
    names = imports(path, for_types=for_types)
    return {name for name in names if name in MODULES and name != PACKAGE.name}


def test_every_room_has_a_floor():
    there = {
        path.stem if path.parent == PACKAGE else path.relative_to(PACKAGE).parts[0]
        for path in files()
    }
    assert there - {"__init__"} == set.union(*FLOORS)


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_module_imports_from_its_own_room_and_from_floors_below(module):
    floor = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
    here = room_of(module)
    for name in ours(MODULES[module]):
        there = room_of(name)
        if here is None:
            assert there == "errors", f"{module} imports {name}"
        else:
            assert there == here or floor[there] < floor[here], f"{module} imports {name}"


def test_no_modules_import_each_other_in_a_circle():
    graph = {module: ours(path, for_types=True) - {module} for module, path in MODULES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' -> '.join(reversed(error.args[1]))}")


def test_no_import_of_ours_hides_in_a_function_to_dodge_a_circle():
    """What a function imports of ours brings a heavy library, which is to be loaded late.

    The entrance, which the package itself is a part of, sets up the process before it imports anything.
    """
    heavy = {"polars", "mlflow", "sklearn", "torch", "river", "pyarrow", "pandas", "http"}
    for path in files():
        if path.parent.name == "anomalog_exp" and path.name in ("__init__.py", "__main__.py"):
            continue
        late = ours(path) - set(imports(path, at_import_only=True))
        for name in late:
            brought, waiting = set(), [name]
            while waiting:
                module = waiting.pop()
                if module in brought:
                    continue
                brought.add(module)
                if module in MODULES:
                    waiting += imports(MODULES[module], at_import_only=module != name)
            assert {m.partition(".")[0] for m in brought} & heavy, f"{path} imports {name} late"


@pytest.mark.parametrize(
    ("library", "homes"),
    [
        ("hydra", {"config", "launch", "__main__.py"}),
        ("omegaconf", {"config", "launch", "__main__.py"}),
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
    "module", ["anomalog_exp.config", "anomalog_exp.__main__", "anomalog_exp.launch.job"]
)
def test_light_commands_load_nothing_heavy(module):
    code = (
        f"import sys, {module}; heavy = {{'mlflow', 'sklearn', 'pandas', 'torch', 'polars', 'pyarrow', 'river', 'skops'}};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr
