"""Templates that are nearly the same: perhaps one statement, and a value that was taken for a word.

Templates are alike if they have as many words, differ in one alone, and at least three of the others
have letters; or if they are the same once white space, and wildcards in a row, count as one. All that
are alike in the same place are one family. Members that were seen once are **too specific**: a word
that is never seen again is rather a value. Members that were seen more often are **near-duplicates**.
Families of a few plain words come last: `up` and `down` may be two statements.

Source: IPLoM (Makanju et al., KDD 2009) takes a place for a variable by how many different words stand
there on how many lines. The figures in the rules are ours.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from anomalog_exp.data.templates.doubt import Doubt, Mined
from anomalog_exp.data.templates.masking import WILDCARD

__all__ = ["too_alike"]

_FEWEST_COMMON: Final = 3
_MOST_WORDS: Final = 50
"""Of longer texts no two that differ in one word are looked for: its time grows with their square."""

_FEW: Final = 5
"""So many plain words in one place may be statements, as `max_words` of the miners has it."""

_SHOWN: Final = 5
_ROW: Final = re.compile(rf"{re.escape(WILDCARD)}(?:[\s,;:|]*{re.escape(WILDCARD)})+")


@dataclass(frozen=True)
class _Family:
    """Templates that are alike.

    Attributes:
        codes: Of the templates, the most frequent first.
        words: What each has where they differ; empty where that is no word.
    """

    codes: list[int]
    words: list[str]

    @property
    def plain(self) -> bool:
        """They differ in a few plain words, which may be meant."""
        return 0 < len(self.words) <= _FEW and all(word.isalpha() for word in self.words)

    @property
    def difference(self) -> str:
        """In what they differ."""
        if not self.words:
            return "only in white space, or in how many wildcards stand in a row"
        more = len(self.words) - _SHOWN
        shown = ", ".join(self.words[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
        return f"in one word: {shown}"


def too_alike(mined: Mined) -> Iterator[Doubt]:
    """Doubts about templates that are alike, the strongest first.

    A family whose templates all stand in stronger ones is left out.
    """
    families = [*_of_length(mined), *_of_one_word(mined)]
    families.sort(key=lambda family: (family.plain, -len(family.codes), family.codes))
    seen: set[int] = set()
    for family in families:
        if not seen.issuperset(family.codes):
            seen |= set(family.codes)
            yield from _doubts(family, mined)


def _doubts(family: _Family, mined: Mined) -> Iterator[Doubt]:
    often = [code for code in family.codes if mined.lines[code] > 1]
    once = family.codes[len(often) :]
    if once:
        others = often[:1]
        number = f"{len(once)} were" if len(once) > 1 else "the last was"
        reason = f"{number} seen once, and they differ {family.difference}"
        yield mined.doubt("too specific", [*others, *once], reason)
    if len(often) > 1:
        reason = f"they differ {family.difference}"
        if family.plain:
            reason += "; one template, if these are values"
        yield mined.doubt("near-duplicates", often, reason)


def _of_one_word(mined: Mined) -> Iterator[_Family]:
    alike: dict[tuple[int, tuple[str, ...]], list[int]] = defaultdict(list)
    texts = [tuple(text.split()) for text in mined.texts]
    for code, words in enumerate(texts):
        if len(words) > _MOST_WORDS:
            continue
        lettered = [_has_letter(word) for word in words]
        for place, own in enumerate(lettered):
            if sum(lettered) - own >= _FEWEST_COMMON:
                alike[place, words[:place] + words[place + 1 :]].append(code)
    for (place, _), codes in alike.items():
        ordered = _by_lines(codes, mined)
        different = [texts[code][place] for code in ordered]
        if len(set(different)) > 1:
            yield _Family(ordered, different)


def _of_length(mined: Mined) -> Iterator[_Family]:
    alike: dict[str, list[int]] = defaultdict(list)
    for code, text in enumerate(mined.texts):
        alike[" ".join(_ROW.sub(WILDCARD, text).split())].append(code)
    for text, codes in alike.items():
        if len(codes) > 1 and _has_letter(text):
            yield _Family(_by_lines(codes, mined), [])


def _by_lines(codes: Sequence[int], mined: Mined) -> list[int]:
    return sorted(codes, key=lambda code: (-mined.lines[code], code))


def _has_letter(word: str) -> bool:
    return any(map(str.isalpha, word))
