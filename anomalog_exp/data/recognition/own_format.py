"""A format for a log that fits none that ships: a time near the begin of lines, a level, and the rest.

Lines are looked at for a time behind at most three words. Where most records have a name of a level at
one place before or behind it, that is the level. What is left is the message. Words that stand between
are fields. Lines without a time continue the record before them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from anomalog_exp.data.parsers.levels import LEVEL_WORDS, level_codes
from anomalog_exp.data.parsers.times.shapes import GAP, SHAPES, WORD, YEAR, TimeShape
from anomalog_exp.data.recognition.time_order import ReadTimes, read_times

if TYPE_CHECKING:
    import polars as pl

__all__ = ["OwnFormat", "own_format", "time_at_begin"]

_FEWEST_RECORDS: Final = 0.2
_FEWEST_READ: Final = 0.9
_FEWEST_LEVELS: Final = 0.6
_ALL_LEVELS: Final = 0.98
_FEWEST_OF_A_PLACE: Final = 0.02
_MOST_WORDS: Final = 3
_FEWEST_PARAGRAPHS: Final = 5
_LONGEST_PARAGRAPH: Final = 20
_NEAR: Final = 0.01
_OPEN, _CLOSE = r"[\[(<{\"']?", r"[\])>}\"']?"
_BEHIND: Final = r"[\s|,;:\]-]*"
_LEVEL: Final = f"(?i:{'|'.join(sorted(LEVEL_WORDS, key=len, reverse=True))})"
_HEAD_OF_LEVEL: Final = r"[\[(<{]*(?:\w+:)?"
_END_OF_LEVEL: Final = r"(?:[\])>}\s|,;:/-]+|$)"


@dataclass(frozen=True)
class OwnFormat:
    """What a log looks like that fits no option.

    Attributes:
        keys: Keys of the option `custom` and their values.
        times: What is read of the times; None where there are none.
    """

    keys: dict[str, Any]
    times: ReadTimes | None


def own_format(lines: pl.Series) -> OwnFormat | None:
    """How to read lines by their times and levels; None where they have neither.

    Args:
        lines: (lines,) String, not empty ones.
    """
    if paragraphs := _paragraphs(lines):
        return paragraphs
    filled = lines.filter(lines.str.len_bytes() > 0)
    if filled.is_empty():
        return None
    return _with_time(filled) or _with_level(filled)


def _with_time(lines: pl.Series) -> OwnFormat | None:
    for shape, words in _places(lines):
        before = _words_before(words)
        found = lines.str.extract(rf"^(?:{before}){_OPEN}({shape.pattern})").drop_nulls()
        times = read_times(found, shape.spelled, YEAR)
        if times is not None and times.share >= _FEWEST_READ:
            return _described(lines, shape, words, times)
    return None


def time_at_begin(lines: pl.Series) -> str | None:
    """A pattern of what most lines begin with, up to a time; None where they have none.

    Args:
        lines: (lines,) String, not empty ones.
    """
    places = _places(lines)
    if not places:
        return None
    shape, words = places[0]
    before = _words_before(words)
    return f"{before}{_as_seen(lines, f'^{before}', _OPEN, f'(?:{shape.pattern})')}{shape.pattern}"


def _places(lines: pl.Series) -> list[tuple[TimeShape, int]]:
    """Shapes that enough lines have, with the number of words before them, the likeliest first."""
    found: list[tuple[float, TimeShape, int]] = []
    gap = rf"(?:{WORD}{GAP})"
    for shape in SHAPES:
        before = lines.str.extract(rf"^({gap}{{0,{_MOST_WORDS}}}?){_OPEN}(?:{shape.pattern})")
        given = before.drop_nulls()
        if len(given) < _FEWEST_RECORDS * len(lines):
            continue
        counts = given.str.count_matches(GAP).value_counts(sort=True)
        words, count = counts.row(0)
        found.append((count / len(lines), shape, words))
    most = max((share for share, _, _ in found), default=0.0)
    # Python's sort keeps the order of shapes that are as frequent.
    near = [one for one in found if one[0] >= most - _NEAR]
    return [(shape, words) for share, shape, words in near if share >= _FEWEST_RECORDS]


def _named_words(words: int, behind: int = 0) -> str:
    """A pattern of so many words, each a field; `behind` others are named already."""
    numbers = range(behind + 1, behind + words + 1)
    return "".join(rf"[\[(<{{]*(?P<word{i}>{WORD}?)[\])>}}:]*{GAP}" for i in numbers)


def _words_before(words: int) -> str:
    return f"(?:{WORD}{GAP}){{{words}}}" if words else ""


def _described(lines: pl.Series, shape: TimeShape, words: int, times: ReadTimes) -> OwnFormat:
    head, has_level = _fields_before(lines, shape, words)
    head = f"^{head}" + _as_seen(lines, f"^{head}", _OPEN, f"(?:{shape.pattern})")
    head += f"(?P<time>{shape.pattern})"
    head += _as_seen(lines, head, f"{_CLOSE}{_BEHIND}")
    rest = lines.str.extract(f"{_without_names(head)}(.*)$").drop_nulls()
    level = "" if has_level else _level_behind(rest, words)
    keys: dict[str, Any] = {
        "regex": f"{head}{level}(?P<message>.*)$",
        "message_field": "message",
        "time_fields": ["time"],
        "time_format": times.form,
    }
    if not times.has_year:
        keys["year"] = YEAR
    return OwnFormat(keys, times)


def _as_seen(lines: pl.Series, before: str, piece: str, behind: str = "") -> str:
    """The marks that a piece of a pattern fits, where they are the same on all lines; else the piece."""
    found = lines.str.extract(f"{_without_names(before)}({piece}){behind}").drop_nulls()
    texts = found.unique()
    if len(texts) != 1 or re.search(r"\w", texts[0]):
        return piece
    return re.sub(" +", " +", _literal(texts[0]))


def _fields_before(lines: pl.Series, shape: TimeShape, words: int) -> tuple[str, bool]:
    """A pattern of the words before the time, each a field; and whether one of them is the level."""
    import polars as pl

    if not words:
        return "", False
    groups = _named_words(words)
    found = lines.str.extract_groups(f"^{groups}{_OPEN}(?:{shape.pattern})").struct.unnest()
    found = found.filter(pl.any_horizontal(pl.all().is_not_null()))
    for name in found.columns:
        if level_codes(found[name]).count() > _FEWEST_LEVELS * len(found):
            return groups.replace(f"<{name}>", "<level>"), True
    return groups, False


def _level_behind(rest: pl.Series, before: int) -> str:
    """A pattern of what stands from the time up to the level; empty where there is no stable one."""
    word = f"{_HEAD_OF_LEVEL}{_LEVEL}{_END_OF_LEVEL}"
    shares = []
    behind_more = rest
    for words in range(_MOST_WORDS + 1):
        has = behind_more.str.contains(f"^{_words_before(words)}{word}")
        shares.append(int(has.sum()) / max(1, len(rest)))
        behind_more = behind_more.filter(~has)
    if max(shares) < _FEWEST_LEVELS:
        return ""
    # Where a column is empty, as an id that some lines lack, there are fewer words.
    places = [words for words, share in enumerate(shares) if share >= _FEWEST_OF_A_PLACE]
    between = _named_words(places[0], before)
    for words in range(places[0], places[-1]):
        between += f"(?:{_named_words(1, before + words)})?"
    all_have = len(places) == 1 and shares[places[0]] == 1.0
    return f"(?:{between}{_named_level(rest, between, any_word=all_have)})?"


def _named_level(lines: pl.Series, before: str, *, any_word: bool) -> str:
    """A pattern of the level with the marks around it: of any word, or of the known names alone."""
    head = _as_seen(lines, f"^{before}", _HEAD_OF_LEVEL, _LEVEL)
    name = "[A-Za-z]+" if any_word else _LEVEL
    end = _as_seen(lines, f"^{before}{head}{name}", _END_OF_LEVEL)
    return f"{head}(?P<level>{name}){end}"


def _with_level(lines: pl.Series) -> OwnFormat | None:
    """Lines that begin with a level."""
    named = lines.str.contains(f"^{_HEAD_OF_LEVEL}{_LEVEL}{_END_OF_LEVEL}")
    if named.sum() < _ALL_LEVELS * len(lines):
        return None
    regex = f"^{_named_level(lines.filter(named), '', any_word=True)}(?P<message>.*)$"
    return OwnFormat({"regex": regex, "message_field": "message"}, None)


def _paragraphs(lines: pl.Series) -> OwnFormat | None:
    """Records between empty lines, each of which begins with the same words and a time."""
    filled = lines.str.len_bytes() > 0
    first = lines.filter(filled & ~filled.shift(1, fill_value=False))
    if len(first) < _FEWEST_PARAGRAPHS or not 2 <= filled.sum() / len(first) <= _LONGEST_PARAGRAPH:
        return None
    words = first.str.extract(rf"^({WORD}{GAP}){_OPEN}[0-9]")
    word, count = words.value_counts(sort=True).row(0)
    begins = lines.str.starts_with(word or "\0").sum()
    if word is None or count < _FEWEST_READ * len(first) or begins > count / _FEWEST_READ:
        return None
    found = _with_time(first)
    if found is None or found.times is None:
        return None
    regex = found.keys["regex"]
    literal = _literal(word.strip())
    regex = f"^{literal}{GAP}" + regex.removeprefix(f"^{_named_words(1)}")
    return OwnFormat(
        found.keys | {"regex": regex, "multiline": {"starts_with": literal}}, found.times
    )


def _literal(text: str) -> str:
    """A pattern of a text, without the escapes that only Python wants."""
    return re.sub(r"\\([ -])", r"\1", re.escape(text))


def _without_names(pattern: str) -> str:
    return re.sub(r"\(\?P<\w+>", "(?:", pattern)
