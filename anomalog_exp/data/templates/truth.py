"""True templates of a log, from folders laid out as in LogHub.

`*_structured.csv` holds those made by hand, of LogHub's samples and of Loghub-2.0's full logs;
`*_structured_corrected.csv` is the version that Khan et al. (ICSE 2022) corrected. A line's true
template is its EventTemplate: corrected files have several texts under one EventId, and one text under
several. Only where there are no texts, EventId tells templates apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.errors import DataError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["VERSIONS", "Truth", "folders_with_truth", "truths_in"]

VERSIONS: Final = {"hand-made": "*_structured.csv", "corrected": "*_structured_corrected.csv"}
"""Versions of the truth, and what their files are called."""

_MESSAGE, _TEXT, _ID = "Content", "EventTemplate", "EventId"


@dataclass(frozen=True, eq=False)
class Truth:
    """One version of the true templates of a log.

    Attributes:
        version: Of `VERSIONS`.
        messages: (lines,) String.
        codes: (lines,) place of each one's true template in `names`.
        names: Texts of the templates, or their ids.
        has_texts: `names` are texts.
    """

    version: str
    messages: pl.Series
    codes: NDArray[np.int64]
    names: tuple[str, ...]
    has_texts: bool

    @property
    def texts(self) -> tuple[str, ...] | None:
        """Texts of the templates; None where they are not known."""
        return self.names if self.has_texts else None


def folders_with_truth(path: Path) -> list[Path]:
    """A folder with files of true templates, or those of a folder of such folders; else none."""
    if not path.is_dir():
        return []
    if _has_truth(path):
        return [path]
    return sorted(one for one in path.iterdir() if one.is_dir() and _has_truth(one))


def truths_in(folder: Path) -> list[Truth]:
    """Every version of the truth in a folder; lines without a template are left out.

    Raises:
        DataError: a file cannot be read as true templates, or two are of one version.
    """
    found = []
    for version in VERSIONS:
        files = _files(folder, version)
        if len(files) > 1:
            raise _mistake(", ".join(one.name for one in files), "several files are of one version")
        found += [_truth(file, version) for file in files]
    return found


def _has_truth(folder: Path) -> bool:
    return any(_files(folder, version) for version in VERSIONS)


def _files(folder: Path, version: str) -> list[Path]:
    return sorted(folder.glob(VERSIONS[version]))


def _truth(file: Path, version: str) -> Truth:
    import polars as pl

    try:
        columns = pl.read_csv(file, n_rows=0, infer_schema=False).columns
        named = next((name for name in (_TEXT, _ID) if name in columns), None)
        if _MESSAGE not in columns or named is None:
            raise _mistake(file, "there are no true templates in this file")
        table = pl.read_csv(file, columns=[_MESSAGE, named], infer_schema=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # the file cannot be opened
            raise
        raise _mistake(file, f"this is no CSV: {str(error).splitlines()[0]}") from error
    table = table.filter(pl.col(named).is_not_null())
    if not len(table):
        raise _mistake(file, "no line has a true template")
    names = table[named].unique(maintain_order=True)
    codes = table[named].cast(pl.Enum(names)).to_physical().to_numpy().astype(np.int64)
    messages = table[_MESSAGE].fill_null("")
    return Truth(version, messages, codes, tuple(names), named == _TEXT)


def _mistake(value: object, problem: str) -> DataError:
    return DataError.of(
        "FOLDER",
        value,
        problem=problem,
        allowed=f"one {' and one '.join(VERSIONS.values())} at most, CSV files with the columns "
        f"{_MESSAGE} and {_TEXT}, or {_MESSAGE} and {_ID}",
        fix="name a folder of LogHub's, or lay yours out like one",
    )
