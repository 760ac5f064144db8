"""Options whose packages are not installed: what tests them is skipped, with the reason."""

from __future__ import annotations

import pytest

from anomalog_exp.errors import ConfigError
from anomalog_exp.options.listing import OPEN_GROUPS, option_type


def unless_missing(group: str, name: str) -> list[pytest.MarkDecorator]:
    """Marks of a parameter that is about this option; none where its packages are installed."""
    if group not in OPEN_GROUPS:
        return []
    try:
        option_type(group, name)
    except (ConfigError, ModuleNotFoundError) as error:
        return [pytest.mark.skip(reason=str(error).splitlines()[0])]
    except KeyError:  # a preset, of a module that has another name
        pass
    return []
