"""The name by which an option was chosen: a preset's values bear the name of the module behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from anomalog_exp.options.names import option_files
from anomalog_exp.options.yaml_file import read_yaml

__all__ = ["typed_name"]


def typed_name(group: str, values: Mapping[str, Any], shape: tuple[str, ...]) -> str:
    """The option of a group whose file holds some values; the name among these where none does.

    Only messages say it: a file that was changed since is not recognised.

    Args:
        group: The config group.
        values: Of the option, as plain data.
        shape: The keys that tell options from one another; where a file sets none, all that it sets do.
    """
    for option, path in option_files(group).items():
        own = read_yaml(path)
        own.pop("defaults", None)
        told = {key: own[key] for key in shape if own.get(key)} or own
        if told.keys() <= values.keys() and all(values[key] == told[key] for key in told):
            return option
    return str(values["name"])
