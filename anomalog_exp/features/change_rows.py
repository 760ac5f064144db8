"""The rows and the text of a change: where it can be seen, and what it says."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.columns import LEVELS
from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.data.templates.masking import WILDCARD
from anomalog_exp.features.found_change import Found
from anomalog_exp.features.message_values import place_name, shown
from anomalog_exp.features.replicates import Replicates
from anomalog_exp.features.statements import Statements, statement_of_text

__all__ = ["ChangeRows"]

_WILDCARD: Final = re.compile(re.escape(WILDCARD))

_QUARTERS: Final = ("first", "second", "third", "last")


class ChangeRows:
    """Finds the rows of changes, and says what they are about."""

    def __init__(self, dataset: LogDataset, replicates: Replicates, statements: Statements) -> None:
        self._dataset = dataset
        self._replicates = replicates
        self._statements = statements
        self._levels = np.array([one.level for one in statements.known], dtype=np.int64)

    def of(self, one: Found, most: int) -> NDArray[np.int64]:
        """The first rows that show a change: of the second side, or of the first where it is gone."""
        replicates, statements = self._replicates, self._statements
        shows_after = one.what != "gone"
        replicate = replicates.of_row
        mask = (replicate >= 0) & (replicates.role_of_row == one.role)
        mask &= replicates.after[replicate] == shows_after
        if one.kind == "quarter":
            mask &= replicates.quarter_of_row == one.item[0]
        elif one.kind == "level":
            mask &= self._levels[statements.of_row] == one.level
        elif one.statement >= 0:
            mask &= statements.of_row == one.statement
        rows = np.flatnonzero(mask)
        if one.kind == "value":
            parameters = self._dataset.parameters
            assert parameters is not None
            rows = rows[self._dataset.template[rows] == self._template(one.item[0])]
            found = parameters.of(rows)
            here = (found.place == one.item[0]) & (found.code == one.item[1])
            rows = np.unique(rows[found.row[here]])
        if one.kind == "order":
            rows = self._followed(one, rows)
        return rows[:most]

    def text(self, one: Found) -> str:
        """What a change is about, in one line."""
        known = self._statements.known
        match one.kind:
            case "service":
                return "all of its lines"
            case "quarter":
                return f"lines in the {_QUARTERS[one.item[0]]} quarter of a run"
            case "level":
                return f"lines of level {LEVELS[one.level]}"
            case "order":
                first, second = (shown_wide(known[code].shown) for code in one.item)
                return f'"{second}" behind "{first}"'
            case "value":
                return self._with_value(*one.item)
            case _:
                return shown_wide(known[one.statement].shown)

    def _template(self, place: int) -> int:
        parameters = self._dataset.parameters
        assert parameters is not None
        return int(np.searchsorted(parameters.first_place, place, side="right")) - 1

    def _with_value(self, place: int, code: int) -> str:
        """The template with a value in its place."""
        parameters = self._dataset.parameters
        assert parameters is not None
        template = self._template(place)
        text = self._dataset.templates[template]
        value = shown(parameters.texts[code])
        wildcards = list(_WILDCARD.finditer(text))
        if len(wildcards) != int(parameters.places[template]):
            return f"{value}, {place_name(self._dataset, [place])}"
        match = wildcards[place - int(parameters.first_place[template])]
        filled = f"{text[: match.start()]}{value}{text[match.end() :]}"
        return f'{value} in "{shown_wide(statement_of_text(filled).shown)}"'

    def _followed(self, one: Found, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Both rows where the second statement stands right behind the first, else the second alone."""
        before = self._statements.of_row[np.maximum(rows - 1, 0)] == one.item[0]
        both = rows[before & (rows > 0)][:1]
        return np.concatenate((both - 1, both)) if len(both) else rows


def shown_wide(text: str, longest: int = 160) -> str:
    """A text in one line that is not long."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[:longest]}..."
