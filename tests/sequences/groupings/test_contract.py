"""What every grouping promises, whichever it is, on random small logs."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from anomalog_exp.errors import ConfigError
from anomalog_exp.metric_terms import EvaluationUnit
from anomalog_exp.options.listing import conf_dir, option_names
from anomalog_exp.sequences.groupings.any import SequenceConfig
from tests.logs import log_dataset
from tests.sequencing import LOG_ROWS

GROUPINGS = option_names("sequence")
SMALL = {"window_size": 3, "time_span_ms": 2, "chunk_size": 4}


def config(name: str, **options):
    values = yaml.safe_load((conf_dir() / "sequence" / f"{name}.yaml").read_text("utf-8"))
    chosen = {key: value for key, value in (SMALL | options).items() if key in values}
    return TypeAdapter(SequenceConfig).validate_python(values | chosen)


def grouping_of(name: str, rows, **options):
    """The grouping of a log; None where the log lacks what it needs, which it says in four parts."""
    try:
        return config(name, **options).group(log_dataset(rows))
    except ConfigError as error:
        assert len(str(error).splitlines()) == 4
        return None


@pytest.mark.parametrize("name", GROUPINGS)
@settings(max_examples=60, deadline=None)
@given(rows=LOG_ROWS, step=st.sampled_from([None, 1, 2]))
def test_a_grouping_is_runs_of_an_order_of_events(name, rows, step):
    found = grouping_of(name, rows, step=step)
    if found is None:
        return
    size = len(found.start)
    assert found.order.dtype == found.start.dtype == found.stop.dtype == np.int64
    assert found.entity.dtype == np.int32
    assert len(found.stop) == len(found.session) == len(found.entity) == size > 0
    # Every place of the order is another event of the log.
    assert len(set(found.order.tolist())) == len(found.order)
    assert set(found.order.tolist()) <= set(range(len(rows)))
    assert (
        (found.start >= 0) & (found.start <= found.stop) & (found.stop <= len(found.order))
    ).all()
    # Sessions are numbered from 0 without gaps, in the order of their windows.
    assert found.session[0] == 0
    assert set(np.diff(found.session).tolist()) <= {0, 1}
    assert isinstance(found.unit, EvaluationUnit)


@pytest.mark.parametrize("name", GROUPINGS)
@settings(max_examples=60, deadline=None)
@given(rows=LOG_ROWS)
def test_every_row_is_in_one_sequence_or_counted_as_left_out(name, rows):
    found = grouping_of(name, rows)
    if found is None:
        return
    inside = [
        row for start, stop in zip(found.start, found.stop, strict=True)
        for row in found.order[start:stop].tolist()
    ]  # fmt: skip
    left_out = sum(n for reason, n in found.dropped_rows.items() if reason.startswith("rows_"))
    assert len(set(inside)) == len(inside)
    assert len(inside) + left_out == len(rows)


@pytest.mark.parametrize("name", GROUPINGS)
@settings(max_examples=30, deadline=None)
@given(rows=LOG_ROWS)
def test_labels_decide_nothing_about_a_grouping(name, rows):
    found = grouping_of(name, rows)
    other = grouping_of(name, [(*row[:3], 1 - max(row[3], 0)) for row in rows])
    assert (found is None) == (other is None)
    if found is not None:
        for array in ("order", "start", "stop", "session", "entity"):
            assert getattr(found, array).tolist() == getattr(other, array).tolist()


@pytest.mark.parametrize("name", [n for n in GROUPINGS if hasattr(config(n), "continuous_context")])
@settings(max_examples=30, deadline=None)
@given(rows=LOG_ROWS)
def test_state_carries_over_from_before_a_sequence_or_not_at_all(name, rows):
    found = grouping_of(name, rows, continuous_context=True)
    if found is None:
        return
    assert found.origin is not None
    assert ((found.origin >= 0) & (found.origin <= found.start)).all()
    alone = grouping_of(name, rows, continuous_context=False)
    assert alone.origin is None
