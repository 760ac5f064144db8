"""The table of columns: what it says, and that arrays are typed as it says."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from anomalog_exp.data.columns import COLUMNS, LEVELS, NO_ENTITY, NO_LEVEL, NO_TIME, UNLABELLED
from tests.logs import log_dataset


@pytest.mark.parametrize(
    ("name", "dtype", "missing", "allowed"),
    [
        ("line", np.int64, None, None),
        ("time_ms", np.int64, NO_TIME, None),
        ("entity", np.int32, NO_ENTITY, None),
        ("template", np.int32, None, None),
        ("label", np.int8, UNLABELLED, (0, 1)),
        ("level", np.int8, NO_LEVEL, (0, 7)),
        ("source", np.int16, None, None),
    ],
)
def test_the_table(name, dtype, missing, allowed):
    column = COLUMNS[name]
    assert (column.name, column.dtype, column.missing) == (name, dtype, missing)
    assert column.allowed == allowed
    assert column.meaning
    array = column.without_values(3)
    assert array.dtype == dtype
    assert array.tolist() == [0 if missing is None else missing] * 3
    assert column.polars_dtype == pl.Series(array).dtype


def test_missing_values_are_none_that_a_parser_may_give():
    for column in COLUMNS.values():
        if column.parsed:
            assert column.missing is not None
            assert column.allowed is None or column.missing < column.allowed[0]
    assert COLUMNS["level"].allowed == (0, len(LEVELS) - 1)


def test_a_data_set_has_the_columns_of_the_table_as_attributes():
    dataset = log_dataset([("a", "x", 5, 1), (None, "y", None, -1)])
    assert COLUMNS.keys() <= vars(dataset).keys()
    values = {
        "line": [0, 1],
        "time_ms": [5, NO_TIME],
        "entity": [0, NO_ENTITY],
        "template": [0, 1],
        "label": [1, UNLABELLED],
        "level": [NO_LEVEL, NO_LEVEL],
        "source": [0, 0],
    }
    assert {name: getattr(dataset, name).tolist() for name in values} == values
