"""What files say of themselves: their first sentence, and the module that a YAML configures."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from anomalog_exp.options.names import option_files
from anomalog_exp.options.yaml_file import read_yaml

__all__ = ["about_module", "about_yaml", "module_of"]


def about_module(file: Path) -> str:
    """The first sentence of a module's docstring, without importing it."""
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return _first_sentence(docstring.split("\n\n")[0])


def about_yaml(file: Path) -> str:
    """The first sentence of the comment that a YAML file begins with; empty where there is none."""
    comment: list[str] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        if not line.startswith("# @package"):
            comment.append(line[1:])
    return _first_sentence(" ".join(comment))


def module_of(group: str, file: Path) -> str:
    """The module that a YAML of an open group configures: its `name`, or that of what it begins with."""
    values = read_yaml(file) or {}
    if "name" in values:
        return str(values["name"])
    shared = ("_self_", f"/_{group}@_here_")
    begins = [
        one for one in values.get("defaults", []) if isinstance(one, str) and one not in shared
    ]
    return module_of(group, option_files(group)[begins[0]]) if begins else file.stem


def _first_sentence(text: str) -> str:
    text = " ".join(text.split())
    match = re.match(r".+?\.(?= [A-Z]|$)", text)
    return match.group() if match else text
