"""The options of a config group: one YAML file each, listed and not registered."""

from __future__ import annotations

from pathlib import Path

from anomalog_exp.options.groups import conf_dir
from anomalog_exp.options.plugins import plugin_folders

__all__ = ["group_names", "option_files", "option_names"]


def option_files(group: str) -> dict[str, Path]:
    """Name -> YAML file of every option in a config group, sorted; none where there is no such group."""
    files = [path for folder in _conf_dirs() for path in (folder / group).glob("*.yaml")]
    return {path.stem: path for path in sorted(files, key=lambda path: path.stem)}


def option_names(group: str) -> tuple[str, ...]:
    """Names of the options in a config group, sorted."""
    return tuple(option_files(group))


def group_names() -> list[str]:
    """Groups that have options, sorted; Hydra's own and this machine's aside."""
    groups = {
        path.parent.relative_to(folder).as_posix()
        for folder in _conf_dirs()
        for path in folder.rglob("*.yaml")
    }
    return sorted(group for group in groups if group.split("/")[0] not in (".", "hydra", "local"))


def _conf_dirs() -> list[Path]:
    """The folders of configuration: the package's, then those of the plugins in use."""
    return [conf_dir(), *(folder / "conf" for folder in plugin_folders())]
