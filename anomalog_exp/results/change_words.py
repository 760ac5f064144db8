"""A change in words, for the screen and the page; what they take is what `changes.json` holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from anomalog_exp.plural import how_many

__all__ = ["comparison_in_words", "counts_in_words", "followers_in_words", "title_of"]

_KNOWN: Final = {
    "": "",
    "elsewhere": ", but of another service",
    "alike": ", but one that reads nearly the same",
}
_SERVICES: Final = 3
_COUNTS: Final = 8
_ALSO: Final = 2


def title_of(change: Mapping[str, Any]) -> str:
    """What became of what: `new in payments.log: request failed ... [error]`."""
    services = change["services"]
    where = ", ".join(services[:_SERVICES])
    if len(services) > _SERVICES:
        where += f" and {len(services) - _SERVICES} more"
    what = {"order": "order ", "value": "value "}.get(change["kind"], "") + change["what"]
    level = f" [{change['level']}]" if change["level"] and change["kind"] != "level" else ""
    return f"{what}{f' in {where}' if where else ''}: {change['text']}{level}"


def counts_in_words(change: Mapping[str, Any]) -> str:
    """How often it is there, and what the test says."""
    before, after = change["before"], change["after"]
    times = f"{_counts(after)} after"
    if not sum(before):
        none = f"in none of {len(before)} runs before" if len(before) > 1 else "0 before"
        told = f"{times}, {none}{_KNOWN[change['known_as']]}"
    else:
        rate = f", {change['ratio']:.2g} times the rate" if sum(after) else ""
        expected = change["expected"]
        told = f"{times} where {_expected(expected)} were to be expected{rate}; {_counts(before)} before"
    if change["chance"] is None:
        return f"{told}; too seldom, or too bursty, to test"
    chance = f"chance {change['chance']:.1g}, {change['corrected']:.1g} corrected"
    return f"{told}; {chance}{', which passes' if change['passes'] else ', which does not pass'}"


def followers_in_words(change: Mapping[str, Any]) -> str:
    """What follows from it; empty where nothing does."""
    if not change["joined"]:
        return ""
    also = "; ".join(change["also"][:_ALSO])
    return f"{change['joined']:,} more with it{f', as {also}' if also else ''}"


def comparison_in_words(changes: Mapping[str, Any]) -> str:
    """What was tested, how sure it is, and what passes."""
    before, after = changes["replicates"]
    unit, passing = changes["unit"], changes["passing"]
    runs = [sum(one["after"] == side for one in changes["runs"]) for side in (False, True)]
    replicates = f"{how_many(before, unit.removesuffix('s'))} before and {after:,} after"
    text = f"{how_many(changes['tested'], 'count')} in {replicates}"
    if unit == "blocks":
        text += f" (of {runs[0]} and {runs[1]} runs: how much runs differ is not known from so few)"
    passes = {0: "no change passes", 1: "1 change passes"}.get(passing, f"{passing:,} changes pass")
    return (
        f"{text}; {passes}, of which {changes['alpha']:.0%} may be wrong"
        if passing
        else f"{text}; {passes}: what is below is only listed"
    )


def _expected(expected: float) -> str:
    return f"{expected:,.0f}" if expected >= 10 else f"{expected:.1f}"


def _counts(counts: Sequence[int]) -> str:
    if len(counts) == 1:
        return f"{counts[0]:,}"
    if len(counts) <= _COUNTS:
        return ", ".join(f"{one:,}" for one in counts)
    return f"{min(counts):,} to {max(counts):,} a run"
