"""Where the package keeps its options: the folders of YAML files, and the packages of modules."""

from __future__ import annotations

from pathlib import Path

__all__ = ["OPEN_GROUPS", "conf_dir", "module_in", "package_dir"]

OPEN_GROUPS = {
    "model": "anomalog_exp.models",
    "template": "anomalog_exp.data.templates.miners",
    "dataset/structured_parser": "anomalog_exp.data.parsers",
}
"""Config group -> the package that holds its modules."""

_ROOT = Path(__file__).resolve().parents[2]


def conf_dir() -> Path:
    """The folder of configuration: inside the package when installed, beside it in a checkout."""
    installed = package_dir("anomalog_exp.conf")
    return installed if installed.is_dir() else _ROOT / "conf"


def package_dir(package: str) -> Path:
    """The folder of one of our packages."""
    return _ROOT.joinpath(*package.split("."))


def module_in(package: str, name: str) -> str:
    """The full name of an option's module: in the package itself, or in the folder of a family.

    Whether there is such a module, importing it says.
    """
    families = (path for path in package_dir(package).glob("*/*.py") if path.stem == name)
    return next((f"{package}.{path.parent.name}.{name}" for path in families), f"{package}.{name}")
