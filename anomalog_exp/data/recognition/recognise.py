"""Recognise a log from a sample of its lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from anomalog_exp.data.parsers.base import ParserConfig
from anomalog_exp.data.parsers.format_names import ANY_LINE, SEVERAL
from anomalog_exp.data.recognition.choose import by_rank
from anomalog_exp.data.recognition.fields import event_fields, field_facts
from anomalog_exp.data.recognition.fit import Fit, fit
from anomalog_exp.data.recognition.formats import formats_of, unread
from anomalog_exp.data.recognition.long_records import pinned_records
from anomalog_exp.data.recognition.mined import template_facts
from anomalog_exp.data.recognition.mixture import mixture, prefixed
from anomalog_exp.data.recognition.named_keys import named_keys
from anomalog_exp.data.recognition.own_format import own_format
from anomalog_exp.data.recognition.prefix import prefix_of
from anomalog_exp.data.recognition.reading import LEARNS_FROM, Reading, read
from anomalog_exp.data.recognition.recognition import (
    InputFacts,
    ParserChoice,
    Recognition,
    RecordFacts,
)
from anomalog_exp.data.recognition.sample import Sample, sampled
from anomalog_exp.data.recognition.ties import TieFacts, tie_facts
from anomalog_exp.data.recognition.time_order import ReadTimes
from anomalog_exp.data.recognition.times import time_facts
from anomalog_exp.data.sources.base import RawFiles
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.errors import DataError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["messages_of", "recognise"]

_SEPARATORS: Final = (";", "|")
"""Of tables, besides the comma and the tab that options have."""

_SHOWN_LINES: Final = 8


def recognise(
    raw: RawFiles,
    candidates: Mapping[str, ParserConfig],
    template: TemplateMinerConfig | None = None,
) -> Recognition:
    """What a log is, from a sample of at most about 8 MB: seconds for any size.

    Args:
        raw: The log, as a source gives it.
        candidates: Every option of `dataset/structured_parser` that may be meant, by name. `custom`
            with its defaults is among them: a format that has no option is described by it. Session
            files take no part.
        template: Mines templates of the sample; None mines none.

    Returns:
        What it is. Where no option fits, `parser` is `custom` with a regular expression made for this
        log, or, where lines have neither a time nor a level, the whole line as its message:
        `recognised` is then false.

    Raises:
        DataError: the log has no lines.
    """
    import polars as pl

    sample = sampled(raw.inputs)
    if not (sample.lines != "").any():
        raise DataError.of(
            "dataset.source",
            ", ".join(str(one.origin) for one in raw.inputs[:3]),
            problem="the log has no lines",
            allowed="a text file with at least one line",
            fix="name another file",
        )
    prefix = prefix_of(sample.glance)
    plain = sample if prefix is None else sample.without(prefix)
    choice, found, fits, read_times = _chosen(plain.glance, candidates)
    learns_from, mixed = sample.lines.head(LEARNS_FROM), None
    formats = formats_of(choice, plain.glances, candidates)
    if len(formats) > 1:
        mixed = mixture(formats, plain.glances)
        choice, read_times, learns_from = mixed.choice, None, pl.concat(sample.glances)
        found = fit(choice.option, choice.config, pl.concat(plain.glances), choice.keys)
    elif formats and not choice.keys and choice.option == ANY_LINE:
        (one,) = formats
        others = unread([one.choice], plain.glances)
        choice = pinned_records(one.choice, one.lines, others) or choice
        found = fit(choice.option, choice.config, plain.glance, choice.keys)
    if prefix is not None:
        choice = prefixed(choice, prefix)
    reading = read(choice.config, sample.lines, learns_from)
    rows = reading.rows
    fields = field_facts(rows, reading.parser.carried)
    tie = (
        None
        if choice.option == SEVERAL
        else tie_facts(choice.option, choice.config, reading.parser, rows)
    )
    return Recognition(
        tuple(_input_facts(raw)),
        lines=sample.total_lines,
        lines_counted=sample.whole,
        sample_lines=len(sample.lines),
        parser=_tied(choice, tie),
        known=choice.option != ANY_LINE,
        fit=found,
        fits=fits,
        times=time_facts(choice.config, reading.parser, sample.glance, rows, read_times),
        fields=fields,
        with_fields=event_fields(fields, rows) if mixed is None else mixed.with_fields,
        tie=tie,
        records=_record_facts(reading, sample, learns_from),
        templates=None if template is None else template_facts(messages_of(reading), template),
    )


def messages_of(reading: Reading) -> pl.Series:
    """(records,) what templates are mined of: the messages with the lines that continue them."""
    import polars as pl

    messages = reading.rows["message"]
    if reading.records is not None and reading.records.continuing.any():
        begins = reading.records.begins
        heads = reading.frame["message"].filter(begins)
        messages = reading.records.messages(heads, reading.lines)[0].drop_nulls()
    return messages.filter(messages != "").cast(pl.String)


def _chosen(
    lines: pl.Series, candidates: Mapping[str, ParserConfig]
) -> tuple[ParserChoice, Fit, tuple[Fit, ...], ReadTimes | None]:
    """The parser, how well it fits, how well all options do, and how its time format was found."""
    own = own_format(lines)
    first_line = own.keys["regex"] if own and own.times else None
    fits = tuple(
        by_rank(
            fit(one.option, one.config, lines, one.keys, first_line) for one in _choices(candidates)
        )
    )
    if fits and fits[0].refused is None:
        best = fits[0]
        choice = ParserChoice.of(best.option, candidates[best.option], best.keys)
        named = named_keys(choice.config, read(choice.config, lines))
        named_too = ParserChoice.of(best.option, candidates[best.option], best.keys | named)
        return named_too, best, fits, None
    keys, times = (own.keys, own.times) if own else ({}, None)
    choice = ParserChoice.of(ANY_LINE, candidates[ANY_LINE], keys)
    return choice, fit(ANY_LINE, choice.config, lines, keys), fits, times


def _choices(candidates: Mapping[str, ParserConfig]) -> Iterator[ParserChoice]:
    """Every option that takes part, and tables with other separators."""
    for option, config in candidates.items():
        if option == ANY_LINE or config.reads != "lines":
            continue
        yield ParserChoice(option, {}, config)
        if getattr(config, "separator", None) == ",":
            for separator in _SEPARATORS:
                yield ParserChoice.of(option, config, {"separator": separator})


def _tied(choice: ParserChoice, tie: TieFacts | None) -> ParserChoice:
    """The choice with what ties lines together, if that is clear."""
    if tie is None or not tie.clear or tie.own:
        return choice
    values = {"entity_field": tie.field, "entity_pattern": tie.pattern}
    before = choice.config.model_dump()
    keys = {name: value for name, value in values.items() if before.get(name) != value}
    return ParserChoice.of(choice.option, choice.config, choice.keys | keys)


def _input_facts(raw: RawFiles) -> Iterator[InputFacts]:
    for one in raw.inputs:
        size = one.origin.stat().st_size if one.origin.is_file() else one.path.stat().st_size
        yield InputFacts(one.name, str(one.origin), size, one.encoding, one.compression)


def _record_facts(reading: Reading, sample: Sample, learns_from: pl.Series) -> RecordFacts:
    records, lines = int(reading.matched.sum()), len(reading.lines)
    count = round(records * sample.total_lines / len(sample.lines))
    if reading.records is None or not reading.records.continuing.any():
        return RecordFacts(count, 1 - records / lines, 0.0, ())
    # A record ends with its file.
    files = [read(reading.config, some, learns_from).records for some in sample.inputs]
    continued = sum(int(one.continuing.sum()) for one in files if one is not None)
    unparsed = 1 - (records + continued) / lines
    if not continued:
        return RecordFacts(count, unparsed, 0.0, ())
    continuing = reading.records.continuing.to_numpy()
    second = int(continuing.argmax())
    rest = ~continuing[second:]
    end = second + int(rest.argmax()) if rest.any() else lines
    shown = reading.lines[second - 1 : min(end, second - 1 + _SHOWN_LINES)]
    return RecordFacts(count, unparsed, continued / lines, tuple(shown))
