"""The findings of a run as text: `anomalies.txt`."""

from __future__ import annotations

from anomalog_exp.plural import how_many
from anomalog_exp.results.findings import EventFinding, Findings, Line, SequenceFinding, Verdicts
from anomalog_exp.results.times import clock

__all__ = ["anomaly_report", "extent_texts", "line_texts"]

_LINE_LENGTH = 240
_ORACLE = " (an oracle: it has seen the test labels)"
_LABELS = {1: "labelled anomalous", 0: "labelled normal", -1: "unlabelled"}


def anomaly_report(findings: Findings, *, dated: bool = True) -> str:
    """The report as text.

    Args:
        findings: Of a run.
        dated: The times of its log name their day.
    """
    parts = []
    if findings.sequence_verdicts is not None:
        parts.append(_sequence_report(findings.sequences, findings.sequence_verdicts, dated))
    if findings.event_verdicts is not None:
        parts.append(_event_report(findings.events, findings.event_verdicts))
    return "\n".join(parts)


def _sequence_report(found: list[SequenceFinding], verdicts: Verdicts, dated: bool) -> str:
    lines = [
        f"{len(found)} distinct test sequences of highest score, of {verdicts.different:,} distinct "
        f"among {verdicts.judged:,}; {verdicts.flagged:,} score above the threshold of "
        f"{verdicts.threshold:.6g}{_ORACLE if verdicts.oracle else ''}{_undecided(verdicts)}\n"
    ]
    for rank, finding in enumerate(found, 1):
        lines.append(f"#{rank}  {_heading(finding, dated)}")
        lines += [
            f"    {weight:8.3f}  {' '.join(text.split())}" for text, weight in finding.reasons
        ]
        lines += [f"    {text}" for line in finding.lines for text in line_texts(line)]
        rest = finding.events - len(finding.lines)
        lines.append(f"    and {rest} more events\n" if rest else "")
    return "\n".join(lines)


def _event_report(found: list[EventFinding], verdicts: Verdicts) -> str:
    """Judged events of highest score, each template once."""
    lines = [
        f"{len(found)} templates with the events of highest score, among {verdicts.judged:,} judged "
        f"events; {verdicts.flagged:,} score above the threshold of {verdicts.threshold:.6g}"
        f"{_undecided(verdicts)}\n"
    ]
    for event in found:
        lines.append(f"score {event.score:.6g}, {_verdict(event)}, {_LABELS[event.label]}")
        lines += [f"    {text}" for text in line_texts(event.line)]
        lines.append(
            f"    and {event.alike:,} more events of this template\n" if event.alike else ""
        )
    return "\n".join(lines)


def _verdict(finding: SequenceFinding | EventFinding) -> str:
    if finding.abstained:
        return "abstained"
    return "predicted anomalous" if finding.predicted else "predicted normal"


def _undecided(verdicts: Verdicts) -> str:
    """Of how many the detector does not decide, where there are any."""
    return f"; the detector abstains from {verdicts.abstained:,}" if verdicts.abstained else ""


def line_texts(line: Line) -> list[str]:
    """An event as people see it: its place and first line, and below these the next of a record."""
    more = [f"    {text[:_LINE_LENGTH]}" for text in line.more]
    return [f"{line.place}: {line.text[:_LINE_LENGTH]}", *more]


def extent_texts(
    first: str | None,
    last: str | None,
    begin_ms: int | None,
    end_ms: int | None,
    *,
    dated: bool = True,
) -> list[str]:
    """Where and when a sequence begins and ends, as far as that is known; see `SequenceFinding`.

    Where times are not `dated`, those of the day are shown.
    """
    texts = []
    if first is not None and last is not None:
        file, _, number = last.rpartition(":")
        same_file = first.rpartition(":")[0] == file
        texts.append(_range(first, last, number if same_file else last))
    if begin_ms is not None and end_ms is not None:
        begin, end = (clock(ms, dated=dated) for ms in (begin_ms, end_ms))
        day, _, time = end.partition(" ")
        texts.append(f"{_range(begin, end, time if time and begin.startswith(day) else end)} UTC")
    return texts


def _range(first: str, last: str, short: str) -> str:
    """From the first to the last, which is written short."""
    return first if first == last else f"{first} to {short}"


def _heading(finding: SequenceFinding, dated: bool) -> str:
    parts = [
        f"score {finding.score:.6g}",
        _verdict(finding),
        _LABELS[finding.label],
        how_many(finding.events, "event"),
    ]
    if finding.entity is not None:
        parts.append(finding.entity)
    parts += extent_texts(
        finding.first, finding.last, finding.begin_ms, finding.end_ms, dated=dated
    )
    if others := finding.equal - 1:
        parts.append(f"and {how_many(others, 'equal sequence')}")
    return ", ".join(parts)
