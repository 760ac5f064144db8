"""How fast lines find the nearest of many known ones by their words, beside comparing all with all.

    python scripts/benchmark_nearest_tokens.py
    python scripts/benchmark_nearest_tokens.py --known 10_000 20_000 --kinds random

Texts are statements with names in them, or random words; as many are searched for as are known, and
none of them is known. Lines are of any of them. Seconds are those of the processor. Plain Python, with
sets, takes the part of the searched texts that `--compared` says, and its time is that of all of them.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import TypeVar

import numpy as np

from anomalog_exp.features.count_vectors import distinct_rows
from anomalog_exp.features.nearest_sets import NearestSets
from anomalog_exp.features.word_sets import word_sets, words_of

_T = TypeVar("_T")
_STATEMENTS = 2000
_WORDS, _NAMES = 3000, 20_000


def texts_of(kind: str, count: int) -> list[str]:
    """So many different texts: of `statements` with one to three names in them, or `random` words."""
    rng = random.Random(0)
    words, names = (
        [f"{letter}{''.join(rng.choices('abcdefgh', k=6))}" for _ in range(size)]
        for letter, size in (("w", _WORDS), ("n", _NAMES))
    )
    often = list(accumulate(1 / (place + 1) for place in range(_WORDS)))
    named = list(accumulate((place + 1) ** -0.7 for place in range(_NAMES)))

    def statement() -> list[str]:
        return rng.choices(words, cum_weights=often, k=rng.randint(6, 15))

    statements = [statement() for _ in range(_STATEMENTS)]

    def text() -> list[str]:
        if kind == "random":
            return statement()
        shown = statements[int(_STATEMENTS * rng.random() ** 2)]
        return shown + rng.choices(names, cum_weights=named, k=rng.randint(1, 3))

    texts: dict[frozenset[str], str] = {}
    while len(texts) < count:
        one = text()
        texts[frozenset(one)] = " ".join(one)
    return list(texts.values())


def main(arguments: Sequence[str] | None = None) -> None:
    """Search, and print a row for each kind of texts and number of known ones."""
    given = _parser().parse_args(arguments)
    print("| texts | known | words | index and search | lines | Python, all pairs | ratio |")
    print("|" + "---|" * 7)
    for kind in given.kinds:
        for known in given.known:
            print(_row(kind, known, given.lines, given.compared), flush=True)


def _row(kind: str, known: int, lines: int, compared: int) -> str:
    texts = texts_of(kind, 2 * known)
    of_line = np.random.default_rng(0).integers(0, len(texts), lines)
    seconds, (sets, _) = _timed(lambda: word_sets(texts))
    searching, found = _timed(lambda: NearestSets(sets[:known]).search(sets[known:]))
    distance = np.concatenate((np.zeros(known), found.distance))
    looking, _ = _timed(lambda: distance[distinct_rows(sets).group][of_line])
    some = range(known, known + min(compared, known))
    plainly, slow = _timed(lambda: _slow([texts[i] for i in some], texts[:known]))
    if slow != found.distance[: len(slow)].tolist():
        raise SystemExit("the distances are not those of all pairs")
    whole = plainly * known / len(slow)
    ours = [seconds, searching, looking]
    shown = " | ".join(f"{one:,.1f} s" for one in (*ours, whole))
    return f"| {kind} | {known:,} | {shown} | {whole / sum(ours):,.0f} |"


def _slow(texts: Sequence[str], known: Sequence[str]) -> list[float]:
    sets = [frozenset(words_of(text)) for text in known]
    return [
        min(1 - len(here & one) / len(here | one) for one in sets)
        for here in (frozenset(words_of(text)) for text in texts)
    ]


def _timed(work: Callable[[], _T]) -> tuple[float, _T]:
    begin = time.process_time()
    result = work()
    return time.process_time() - begin, result


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--known", nargs="+", type=int, default=[25_000, 50_000, 100_000])
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--kinds", nargs="+", default=["statements", "random"])
    parser.add_argument("--compared", type=int, default=20, help="texts that plain Python takes")
    return parser


if __name__ == "__main__":
    main()
