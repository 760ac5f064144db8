"""Hostile input.

Cases that chance makes go into what reads from outside: lines, parsers, built logs, label files,
session files, masks, options, overrides, archives, answers of a server. Survived: what comes out is
right, or one of the three errors that mean "this cannot be used"; within some seconds, and with nothing
outside the folder. Right is what a slow, plain way of reading says, where there is one. A single bad
line among good ones must not end a build.
"""

from __future__ import annotations

from collections.abc import Iterator

from reliability_process import Job
from reliability_row import Arena, Verdict, attack

_BATCH = 250
_SECONDS_PER_BATCH = 120.0


def _cases(arena: Arena, surface: str, *, short: int, long: int) -> Iterator[Verdict]:
    """Verdicts on cases of a surface, in processes of some hundred cases each."""
    number = arena.number(short=short, long=long)
    batches = [(begin, min(begin + _BATCH, number)) for begin in range(0, number, _BATCH)]

    def batch(borders: tuple[int, int]) -> list[Verdict]:
        begin, end = borders
        verdicts: list[Verdict] = []
        while begin < end:
            folder = arena.new_folder("inputs")
            arguments = [surface, arena.seed, begin, end]
            call = "reliability_cases:run"
            limit = _SECONDS_PER_BATCH
            (ended,) = arena.run(Job(folder, arguments, call=call, timeout=limit))
            said = dict(line.split(" ", 1) for line in ended.out.splitlines() if " " in line)
            done = len(said)
            verdicts += [Verdict(None if text == "-" else text) for text in said.values()]
            begin += done
            if begin < end:  # the process did not come to this case's end
                how = "it hangs" if ended.late else f"the process ends with {ended.code}"
                verdicts.append(Verdict(f"{how} [case {begin}]"))
                begin += 1
        return verdicts

    for verdicts in arena.spread(batches, batch):
        yield from verdicts


@attack("lines of a file")
def lines(arena: Arena) -> Iterator[Verdict]:
    return _cases(arena, "lines", short=100, long=2500)


@attack("lines that parsers read")
def parsers(arena: Arena) -> Iterator[Verdict]:
    return _cases(arena, "parsers", short=60, long=2500)


@attack("logs with one bad line, read as a whole")
def builds(arena: Arena) -> Iterator[Verdict]:
    return _cases(arena, "builds", short=15, long=900)


@attack("files of labels")
def labels(arena: Arena) -> Iterator[Verdict]:
    return _cases(arena, "labels", short=60, long=2000)


@attack("files of sessions")
def sessions(arena: Arena) -> Iterator[Verdict]:
    return _cases(arena, "sessions", short=12, long=700)


@attack("messages that are masked")
def masks(arena: Arena) -> Iterator[Verdict]:
    return _cases(arena, "masks", short=60, long=2000)


@attack("values of options")
def options(arena: Arena) -> Iterator[Verdict]:
    return _cases(arena, "options", short=50, long=2000)


@attack("overrides that are composed")
def overrides(arena: Arena) -> Iterator[Verdict]:
    return _cases(arena, "overrides", short=4, long=300)


@attack("archives")
def archives(arena: Arena) -> Iterator[Verdict]:
    return _cases(arena, "archives", short=60, long=2500)


@attack("answers of a server")
def answers(arena: Arena) -> Iterator[Verdict]:
    return _cases(arena, "answers", short=12, long=700)
