"""Where the options of a config group lie: one YAML file each, listed and not registered."""

from __future__ import annotations

from functools import cache
from pathlib import Path

__all__ = ["OPEN_GROUPS", "conf_dir", "option_files", "option_names"]

OPEN_GROUPS = {
    "model": "anomalog_exp.models",
    "template": "anomalog_exp.data.templates.miners",
    "dataset/structured_parser": "anomalog_exp.data.parsers",
}
"""Config group -> the package that holds its modules."""


def conf_dir() -> Path:
    """The folder of configuration: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "conf"
    return installed if installed.is_dir() else package.parent / "conf"


@cache
def option_files(group: str) -> dict[str, Path]:
    """Name -> YAML file of every option in a config group, sorted by name."""
    return {path.stem: path for path in sorted((conf_dir() / group).glob("*.yaml"))}


def option_names(group: str) -> tuple[str, ...]:
    """Names of the options in a config group, sorted; none where there is no such group."""
    return tuple(option_files(group))
