"""What outlives the process: how far the log was read, and what is open there.

The state file is an archive of two members: `state.json`, and `held.arrow` with the rows that wait. It
is replaced as a whole, when everything that was found up to there is written: who is killed goes on from
the last one, and reads again what came after it.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from anomalog_exp.errors import DataError
from anomalog_exp.files import replaced
from anomalog_exp.following.complete import no_rows

if TYPE_CHECKING:
    import polars as pl

__all__ = ["read_state", "write_state"]

_FORMAT: Final = 1
_JSON, _ROWS = "state.json", "held.arrow"


def write_state(path: Path, values: Mapping[str, Any], held: pl.DataFrame) -> None:
    """Replace the state by this one.

    Args:
        path: Of the file.
        values: As JSON holds them.
        held: The rows that wait.
    """
    rows = io.BytesIO()
    held.write_ipc(rows, compression="lz4")
    with replaced(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        archive.writestr(_JSON, json.dumps({"format": _FORMAT, **values}))
        archive.writestr(_ROWS, rows.getvalue())


def read_state(path: Path) -> tuple[dict[str, Any], pl.DataFrame] | None:
    """What `write_state` wrote; None where there is no file.

    Raises:
        DataError: the file is no state of this version.
    """
    import polars as pl

    if not path.exists():
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            values = json.loads(archive.read(_JSON))
            held = pl.read_ipc(io.BytesIO(archive.read(_ROWS)))
    except (zipfile.BadZipFile, KeyError, ValueError, pl.exceptions.PolarsError) as error:
        raise _refused(path, f"it cannot be read ({error})") from error
    if not isinstance(values, dict) or values.get("format") != _FORMAT:
        raise _refused(path, "it is of another version")
    if held.columns[: len(no_rows().columns)] != no_rows().columns:
        raise _refused(path, f"its rows have other columns: {', '.join(held.columns)}")
    return values, held


def _refused(path: Path, problem: str) -> DataError:
    return DataError.of(
        "--state",
        path,
        problem=problem,
        allowed="a file that `score --follow` of this version wrote, or none",
        fix="name another file, or begin anew with --fresh",
    )
