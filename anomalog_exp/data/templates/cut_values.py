"""Values at the places of a template's text, cut out of messages at what stands between them.

Finding a text takes a fourth of the time of a regular expression. Each value ends where the next text
first begins. The patterns of `place_patterns` give a message the same values where all of them are words
of ASCII, or rows of such words with one space between them: then none could be shorter. If one is a row
of words, the message has more spaces than the texts, and the pattern of single words cannot fit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING, AnyStr, Final

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.data.text_numbers import CategoryNumbers, TextNumbers

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "ROW_OF_WORDS",
    "WORD",
    "TextForms",
    "can_cut",
    "cut_message",
    "cut_places",
    "cut_values",
    "form_of",
    "single_spaces",
]

WORD: Final = 3
ROW_OF_WORDS: Final = 2
_OTHER: Final = 1
_ONE_WORD: Final = "[!-~]+"
_WORDS: Final = "[!-~]+(?: [!-~]+)*"
_OTHER_SPACE: Final = re.compile(r"[^\S ]|  |[\x1c-\x1f]")


def can_cut(constants: Sequence[str]) -> bool:
    """Whether there is a text between all places."""
    return all(constants[1:-1])


def single_spaces(constants: Sequence[str]) -> bool:
    """Whether the texts have no other white space than single spaces."""
    return not any(map(_OTHER_SPACE.search, constants))


def cut_values(messages: pl.Series, constants: Sequence[str]) -> list[pl.Series]:
    """A column of values for each place, null where a message lacks one of the texts.

    Args:
        messages: (messages,) String of one template.
        constants: What stands around its places; `can_cut` says yes.
    """
    import polars as pl

    first, *between, last = constants
    message = pl.col("message")
    octets = message.cast(pl.Binary)
    # Others are null from here on: their bytes may be cut inside a character.
    begun = pl.when(message.str.starts_with(first)).then(message).alias("message")
    frame = (
        pl.LazyFrame({"message": messages})
        .select(begun)
        .with_columns(end=message.str.len_bytes().cast(pl.Int64) - len(last.encode()))
    )
    begins, ends = [pl.lit(len(first.encode()), dtype=pl.Int64)], []
    for place, text in enumerate(between):
        rest = octets.bin.slice(begins[place]).cast(pl.String)
        end = begins[place] + rest.str.find(text, literal=True)
        frame = frame.with_columns(end.alias(f"end {place}"))
        ends.append(pl.col(f"end {place}"))
        begins.append(ends[place] + len(text.encode()))
    ends.append(pl.col("end"))
    fits = message.str.ends_with(last) if last else message.is_not_null()
    for begin, end in zip(begins, ends, strict=True):
        fits &= end > begin
    values = [
        pl.when("fits").then(octets.bin.slice(begin, end - begin)).cast(pl.String).alias(f"{place}")
        for place, (begin, end) in enumerate(zip(begins, ends, strict=True))
    ]
    # Nothing is there to be optimized, which takes as long as cutting a thousand messages.
    plan = frame.with_columns(fits=fits).select(values)
    return plan.collect(optimizations=pl.QueryOptFlags.none()).get_columns()


def cut_message(message: str, constants: Sequence[str]) -> list[str] | None:
    """The values of one message, as `cut_values` gives them; None where it lacks one of the texts."""
    places = cut_places(message, constants)
    return None if places is None else [message[begin:end] for begin, end in places]


def cut_places(message: AnyStr, constants: Sequence[AnyStr]) -> list[tuple[int, int]] | None:
    """Where the values of one message begin and end; None where it lacks one of the texts."""
    begin, end = len(constants[0]), len(message) - len(constants[-1])
    if not (message.startswith(constants[0]) and message.endswith(constants[-1])):
        return None
    places: list[tuple[int, int]] = []
    for text in constants[1:-1]:
        stop = message.find(text, begin)
        if stop <= begin:
            return None
        places.append((begin, stop))
        begin = stop + len(text)
    return [*places, (begin, end)] if end > begin else None


def form_of(text: str) -> int:
    """`WORD`, `ROW_OF_WORDS`, or less."""
    if re.fullmatch(_ONE_WORD, text):
        return WORD
    return ROW_OF_WORDS if re.fullmatch(_WORDS, text) else _OTHER


class TextForms:
    """A vocabulary of values: which texts are words, and which rows of words; each is looked at once.

    Attributes:
        vocabulary: Gives the numbers.
    """

    def __init__(self, vocabulary: CategoryNumbers | TextNumbers) -> None:
        self.vocabulary = vocabulary
        # By number, and one more: -1 reads the last one.
        self._form = np.zeros(1, dtype=np.uint8)
        self._writing = Lock()

    def numbers(self, texts: pl.Series) -> NDArray[np.int32]:
        """(texts,) the number of each in the vocabulary, which grows; -1 for null."""
        return self.vocabulary.of(texts)

    def texts(self, numbers: NDArray[np.integer]) -> pl.Series:
        """(numbers,) String, the text of each."""
        return self.vocabulary.texts(numbers)

    def of(self, texts: pl.Series, numbers: NDArray[np.int32]) -> NDArray[np.uint8]:
        """(texts,) `WORD`, `ROW_OF_WORDS`, or less; less also for null.

        Args:
            texts: (texts,) String.
            numbers: What `numbers` gave for them.
        """
        top = int(numbers.max(initial=-1)) + 2
        with self._writing:
            if top > len(self._form):
                grown = np.zeros(2 * top, dtype=np.uint8)
                grown[: len(self._form)] = self._form
                self._form = grown
            form = self._form[numbers]
        new = np.flatnonzero((form == 0) & (numbers >= 0))
        if len(new):
            form[new] = _looked_at(texts.gather(new))
            with self._writing:
                self._form[numbers[new]] = form[new]
        return form


def _looked_at(texts: pl.Series) -> NDArray[np.uint8]:
    """(texts,) what each is, none of them null."""
    words = texts.str.contains(f"^{_ONE_WORD}$").to_numpy()
    form = np.where(words, WORD, _OTHER).astype(np.uint8)
    others = np.flatnonzero(~words)
    rows = texts.gather(others).str.contains(f"^{_WORDS}$").to_numpy()
    form[others[rows]] = ROW_OF_WORDS
    return form
