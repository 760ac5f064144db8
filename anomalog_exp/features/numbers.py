"""Texts that are decimal numbers, perhaps with a unit behind: `12`, `-0.5`, `1.5e-05`, `12ms`.

Others are none, whatever digits they hold: hexadecimal ones (`0x1f`), dates, addresses, versions,
and numbers with leading zeros, which are names that happen to consist of digits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import polars as pl

__all__ = ["from_logarithm", "numbers", "signed_logarithm"]

_NUMBER: Final = (
    r"^([+-]?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,18}(?:[eE][+-]?[0-9]{1,2})?)?)(\p{L}{0,10})$"
)


def numbers(texts: pl.Series) -> tuple[NDArray[np.float64], pl.Series]:
    """The number that each text is, NaN for none, and the unit behind it, empty for none.

    Args:
        texts: (texts,) String.

    Returns:
        (texts,) float64, and (texts,) String without nulls.

    Examples:
        >>> import polars as pl
        >>> values, units = numbers(pl.Series(["12ms", "-0.5", "0x1f", "10.0.0.1", "007", "1.5e-1"]))
        >>> values.tolist()
        [12.0, -0.5, nan, nan, nan, 0.15]
        >>> units.to_list()
        ['ms', '', '', '', '', '']
    """
    import polars as pl

    found = texts.str.extract_groups(_NUMBER).struct.unnest()
    value = found["1"].cast(pl.Float64).fill_null(float("nan"))
    return value.to_numpy(), found["2"].fill_null("")


def signed_logarithm(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """sign(x) ln(1 + |x|) of each number: for sizes and times, which spread over magnitudes."""
    return np.sign(value) * np.log1p(np.abs(value))


def from_logarithm(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """The numbers whose `signed_logarithm` these are."""
    return np.sign(value) * np.expm1(np.abs(value))
