"""LogHub-style formats, as `<Date> <Time> <Level> <Component>: <Content>`: fields and the text between.

A field ends where the text behind it stands first; the last one ends with the line. A space stands for
any white space. As a regular expression that is a lazy group per field, which takes five times as long
as cutting lines at those texts. So plain lines are cut, and the expression decides about the others:
lines with characters beyond ASCII, or with other white space than single spaces before the last field.
Both ways agree on a plain line: the first place of each text leaves the most of the line for the texts
behind it.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import polars as pl

__all__ = ["LineFormat"]

_OTHER_SPACE = ("  ", "\t", "\v", "\f", "\r")


class LineFormat:
    """A format, taken apart.

    Attributes:
        pattern: The regular expression that says what it means.
        fields: Names of the fields, in order.
    """

    def __init__(self, form: str) -> None:
        parts = re.split(r"<(\w+)>", form)
        self._texts, self.fields = parts[0::2], parts[1::2]
        self.pattern = "^" + _escaped(self._texts[0])
        for place, (name, text) in enumerate(zip(self.fields, self._texts[1:], strict=True), 1):
            kind = ".*" if place == len(self.fields) else ".*?"
            self.pattern += f"(?P<{name}>{kind}){_escaped(text)}"
        self.pattern += "$"

    def cut(self, lines: pl.Series) -> pl.DataFrame:
        """One String column per field; all of them are null where a line does not match."""
        import polars as pl

        begin, *between, end = self._texts
        if self.pattern == f"^(?P<{self.fields[0]}>.*)$":
            return lines.alias(self.fields[0]).to_frame()
        if end or not between or "" in between or any(map(_has_other_space, self._texts)):
            return lines.str.extract_groups(self.pattern).struct.unnest()
        rest = lines
        if begin:
            rest = pl.select(
                pl.when(lines.str.starts_with(begin)).then(lines.str.strip_prefix(begin))
            ).to_series()
        fields: list[pl.Series] = []
        for text, times in ((text, len(list(same))) for text, same in groupby(between)):
            *cut, rest = rest.str.splitn(text, times + 1).struct.unnest().get_columns()
            fields += cut
        pieces = pl.DataFrame(
            [one.alias(name) for one, name in zip([*fields, rest], self.fields, strict=True)]
        )
        size = lines.str.len_bytes()
        head = pl.select(lines.str.head(size - rest.str.len_bytes() + 1)).to_series()
        plain = (
            rest.is_not_null()
            & (lines.str.len_chars() == size)
            & ~head.str.contains_any(list(_OTHER_SPACE))
        )
        return pieces if plain.all() else self._with_others(lines, pieces, plain)

    def _with_others(
        self, lines: pl.Series, pieces: pl.DataFrame, plain: pl.Series
    ) -> pl.DataFrame:
        """The pieces of plain lines, and of the others what the expression makes of them."""
        import polars as pl

        others = lines.filter(~plain).str.extract_groups(self.pattern).struct.unnest()
        place = np.concatenate((plain.arg_true().to_numpy(), (~plain).arg_true().to_numpy()))
        return pl.concat([pieces.filter(plain), others])[np.argsort(place)]


def _has_other_space(text: str) -> bool:
    return any(one in text for one in _OTHER_SPACE)


def _escaped(text: str) -> str:
    return re.sub(r"(?:\\? )+", r"\\s+", re.escape(text))
