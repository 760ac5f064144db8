"""The formats of the lines of a log that no one parser reads.

Of each file the format counts that reads most of its lines, then the one that reads most of those that
are left, and so on. Only lines with times count: a stack trace or a JSON object below a line is no other
format.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from anomalog_exp.data.parsers.base import ParserConfig
from anomalog_exp.data.parsers.format_names import ANY_LINE
from anomalog_exp.data.parsers.named_fields import NamedFieldsConfig
from anomalog_exp.data.parsers.several import can_be_one_of_several
from anomalog_exp.data.recognition.choose import by_rank
from anomalog_exp.data.recognition.fit import fit
from anomalog_exp.data.recognition.named_keys import named_keys
from anomalog_exp.data.recognition.own_format import own_format
from anomalog_exp.data.recognition.reading import PLAUSIBLE_MS, Reading, read
from anomalog_exp.data.recognition.recognition import ParserChoice
from anomalog_exp.data.recognition.time_order import days_of

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Part", "formats_of", "read_by", "unread"]

_FEWEST_LINES: Final = 20
_FEWEST_OF_FILE: Final = 0.02
"""Share of the lines of a file that a format must read."""

_FEWEST_TIMED: Final = 0.9
_MOST_FORMATS: Final = 8
"""Of one file."""

_MOST_TRIED: Final = 1000
_NEAR: Final = 0.9
"""Of formats that read nearly as many lines, the one is meant that tells most of them."""

_SAME_LINES: Final = 0.02
_SAME_FIELDS: Final = 0.05
_SAME_TEXT: Final = 0.05


@dataclass(frozen=True, eq=False)
class Part:
    """A format of some of the lines.

    Attributes:
        choice: What reads it.
        lines: (lines,) String, its own.
    """

    choice: ParserChoice
    lines: pl.Series

    @property
    def reading(self) -> Reading:
        """Its lines as it reads them."""
        return read(self.choice.config, self.lines)


def formats_of(
    one: ParserChoice, files: Sequence[pl.Series], candidates: Mapping[str, ParserConfig]
) -> list[Part]:
    """The formats of a log; none where one parser reads what can be read.

    Args:
        one: The parser that fits best of all that read the log alone.
        files: (lines,) String of each file, some of its lines.
        candidates: Every option of `dataset/structured_parser` that may be meant, by name.
    """
    options = {
        option: config
        for option, config in candidates.items()
        if option != ANY_LINE and _reads_lines(config)
    }
    left = [_left(one, lines) for lines in files]
    if not (_other_times(one, files) or _other_format(left, options, candidates[ANY_LINE])):
        return []
    return _without_doubles(_parts_of(files, options, candidates[ANY_LINE]))


def unread(choices: Sequence[ParserChoice], files: Sequence[pl.Series]) -> pl.Series:
    """(lines,) String of all files, those that none of some parsers reads with its time."""
    import polars as pl

    lines = pl.concat(files)
    for choice in choices:
        lines = _left(choice, lines)
    return lines


def _other_times(one: ParserChoice, files: Sequence[pl.Series]) -> bool:
    """Whether times of a file are written in another format than the one made for all files together."""
    form = one.keys.get("time_format")
    if one.option != ANY_LINE or form is None or len(files) == 1:
        return False
    own = (own_format(lines) for lines in files if len(lines) >= _FEWEST_LINES)
    return any(one is not None and one.keys.get("time_format", form) != form for one in own)


def _other_format(
    left: Sequence[pl.Series], options: Mapping[str, ParserConfig], any_line: ParserConfig
) -> bool:
    """Whether what one parser leaves of the files has a format that another one reads."""
    import polars as pl

    every = pl.concat(left)
    if len(every) < _FEWEST_LINES:
        return False
    few = every.sample(min(len(every), _MOST_TRIED), seed=0)
    return _best_option(few, options, _FEWEST_LINES) is not None or any(
        _own(lines, any_line, _FEWEST_LINES) is not None for lines in left
    )


def _parts_of(
    files: Sequence[pl.Series], options: Mapping[str, ParserConfig], any_line: ParserConfig
) -> list[Part]:
    """The formats of each file, and of what is left of all."""
    import polars as pl

    found: list[Part] = []
    left = [_take_apart(lines, options, any_line, found) for lines in files]
    _take_apart(pl.concat(left), options, any_line, found)
    return found


def _take_apart(
    lines: pl.Series,
    options: Mapping[str, ParserConfig],
    any_line: ParserConfig,
    found: list[Part],
) -> pl.Series:
    """Add the formats of some lines to those that are found; what is left of the lines."""
    import polars as pl

    fewest = max(_FEWEST_LINES, _FEWEST_OF_FILE * len(lines))
    for _ in range(_MOST_FORMATS):
        if len(lines) < fewest:
            return lines
        forms = [part.choice.keys.get("time_format") for part in found]
        choice = _best_option(lines, options, fewest) or _own(lines, any_line, fewest, forms)
        if choice is None:
            return lines
        own, lines = read_by(choice.config, lines), _left(choice, lines)
        for place, part in enumerate(found):
            if part.choice == choice:
                found[place] = Part(choice, pl.concat([part.lines, own]))
                break
        else:
            found.append(Part(choice, own))
    return lines


def _without_doubles(parts: Sequence[Part]) -> list[Part]:
    """The formats but those that another one reads as well: `openssh` beside `syslog`."""
    import polars as pl

    kept, place = sorted(parts, key=lambda part: len(part.lines)), 0
    while place < len(kept):
        part = kept[place]
        other = next((one for one in kept if one is not part and _reads_as_well(one, part)), None)
        if other is None:
            place += 1
            continue
        both = Part(other.choice, pl.concat([other.lines, part.lines]))
        kept = [both if one is other else one for one in kept if one is not part]
    return kept


def _reads_as_well(other: Part, part: Part) -> bool:
    forms = {one.choice.keys.get("time_format") for one in (other, part)}
    if len(forms) > 1 and other.choice.option == part.choice.option == ANY_LINE:
        return False  # it may read other times
    theirs = read_by(other.choice.config, part.lines)
    if len(theirs) < (1 - _SAME_LINES) * len(part.lines):
        return False
    ours, others = (fit(one.choice.option, one.choice.config, part.lines) for one in (part, other))
    return (
        others.fields >= ours.fields - _SAME_FIELDS
        and others.explained >= ours.explained - _SAME_TEXT
    )


def _best_option(
    lines: pl.Series, options: Mapping[str, ParserConfig], fewest: float
) -> ParserChoice | None:
    """The option that reads most of the lines, with times; None where each reads too few."""
    found = []
    for choice in _choices(lines, options, fewest):
        own = read_by(choice.config, lines)
        if len(own) < fewest:
            continue
        one = fit(choice.option, choice.config, own, choice.keys)
        if one.refused is None and one.timed >= _FEWEST_TIMED:
            found.append((len(own), one))
    most = max((count for count, _ in found), default=0)
    near = by_rank(one for count, one in found if count >= _NEAR * most)
    return ParserChoice.of(near[0].option, options[near[0].option], near[0].keys) if near else None


def _choices(
    lines: pl.Series, options: Mapping[str, ParserConfig], fewest: float
) -> Iterator[ParserChoice]:
    """The options, and those with names of fields that lines have whose times are not read else."""
    for option, config in options.items():
        yield ParserChoice(option, {}, config)
        if isinstance(config, NamedFieldsConfig):
            reading = _reading(config, lines)
            if reading is None:
                continue
            untimed = reading.lines.filter(reading.matched & reading.frame["time_ms"].is_null())
            if len(untimed) >= fewest:
                keys = named_keys(config, read(config, untimed))
                if keys:
                    yield ParserChoice.of(option, config, keys)


def _own(
    lines: pl.Series, any_line: ParserConfig, fewest: float, forms: Sequence[str | None] = ()
) -> ParserChoice | None:
    """A format that no option has, if most of the lines have it.

    Args:
        lines: (lines,) String.
        any_line: The option that describes such a format.
        fewest: So many lines must have it.
        forms: Of times of other files: where day and month are ambiguous, they stand as there.
    """
    own = own_format(lines) if len(lines) else None
    if own is None or own.times is None:
        return None
    keys, other = own.keys, own.times.other
    if other is not None and any(form and days_of(form) == days_of(other) for form in forms):
        keys = keys | {"time_format": other}
    choice = ParserChoice.of(ANY_LINE, any_line, keys)
    reads = len(read_by(choice.config, lines))
    return choice if reads >= max(fewest, len(lines) / 2) else None


def read_by(config: ParserConfig, lines: pl.Series) -> pl.Series:
    """(lines,) String, those that a parser reads with their times."""
    reading = _reading(config, lines)
    if reading is None:
        return lines.clear()
    timed = reading.frame["time_ms"].is_between(*PLAUSIBLE_MS).fill_null(value=False)
    return reading.lines.filter(reading.matched & timed)


def _reading(config: ParserConfig, lines: pl.Series) -> Reading | None:
    """The lines as a parser reads them; None where it cannot, which `fits` of the recognition says."""
    try:
        return read(config, lines)
    except Exception:  # noqa: BLE001 - a plugin's parser may raise whatever it likes
        return None


def _reads_lines(config: ParserConfig) -> bool:
    try:
        return can_be_one_of_several(config)
    except Exception:  # noqa: BLE001 - the same
        return False


def _left(choice: ParserChoice, lines: pl.Series) -> pl.Series:
    """The lines that a parser does not read by themselves, or whose times it does not read."""
    if choice.option == ANY_LINE and not choice.keys:
        return lines
    reading = read(choice.config, lines)
    reads = reading.matched
    if reading.timed:
        reads &= reading.frame["time_ms"].is_not_null()
    return reading.lines.filter(~reads)
