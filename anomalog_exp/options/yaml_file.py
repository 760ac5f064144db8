"""Files of YAML as plain data, parsed by libyaml where PyYAML has it, several times as fast.

What libyaml reads is put together by functions that call themselves for each level, and a file of
thousands of levels ends the process. A level needs a sign: a file of many is left to PyYAML's own
parser.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

__all__ = ["read_yaml"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_SIGNS = (b"-", b":", b"?", b"[", b"{")
_MOST_SIGNS = 1000


def read_yaml(path: Path) -> Any:
    """What a file says; None where it says nothing.

    Raises:
        yaml.YAMLError: it is no YAML, in the words of PyYAML's own parser, with the place in the file.
        ValueError: it is no UTF-8, or a value cannot be read.
        RecursionError: it is nested too deep.
    """
    content = path.read_bytes()
    if sum(map(content.count, _SIGNS)) <= _MOST_SIGNS:
        try:
            return yaml.load(content, Loader=_LOADER)
        except yaml.YAMLError:
            pass  # which the other parser says, too
    with path.open(encoding="utf-8") as text:
        return yaml.safe_load(text)
