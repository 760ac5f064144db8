"""Lines of a small log whose entities are components, and the overrides that read it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

__all__ = ["BEGIN", "FORM", "line", "usual"]

FORM = [
    "dataset=custom",
    'dataset.structured_parser.format="<Date> <Time> <Level> <Component>: <Content>"',
    "dataset.structured_parser.time_format='%Y-%m-%d %H:%M:%S'",
    "dataset.structured_parser.entity_field=Component",
]
BEGIN = datetime(2024, 5, 6, 12, tzinfo=UTC)


def line(second: float, entity: str = "a", text: str = "step done") -> str:
    return f"{BEGIN + timedelta(seconds=second):%Y-%m-%d %H:%M:%S} INFO {entity}: {text}\n"


def usual(entities: int = 40) -> str:
    """Every ten seconds another entity takes four steps, a second apart."""
    return "".join(line(10 * n + i, f"e{n}") for n in range(entities) for i in range(4))
