"""What several processes ask of one server at the same moment.

Of two that add the same row at once, as a tag of an experiment or the data set of their runs, the
database takes one, and MLflow hands its refusal of the other on as a bad request. Asked again, MLflow
finds the row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

__all__ = ["despite_others"]

_REFUSED: Final = "BAD_REQUEST"


def despite_others(call: Callable[..., object], *arguments: Any) -> None:
    """Call what may be done twice and adds rows that others may add meanwhile.

    Raises:
        mlflow.exceptions.MlflowException: it is refused again, or for another reason.
    """
    from mlflow.exceptions import MlflowException

    try:
        call(*arguments)
    except MlflowException as error:
        if error.error_code != _REFUSED:
            raise
        call(*arguments)
