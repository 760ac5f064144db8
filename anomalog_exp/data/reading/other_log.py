"""Whether a log is another one than its data set describes, seen before anything is made of it.

A data set that has labels beside its log finds none beside another one. What is wrong then is the log,
and where its labels should stand says nothing of that.
"""

from __future__ import annotations

from anomalog_exp.data.config import DatasetVariantConfig
from anomalog_exp.data.parsers.shown import shown_lines
from anomalog_exp.data.reading.check_parsed import inspect_command, parser_name
from anomalog_exp.data.reading.parse_lines import parse_lines
from anomalog_exp.data.reading.prepared import first_lines
from anomalog_exp.data.sources.base import RawFiles
from anomalog_exp.errors import DataError

__all__ = ["refuse_other_log"]


def refuse_other_log(dataset: DatasetVariantConfig, raw: RawFiles) -> None:
    """See that the parser reads something of the lines with which a log begins.

    Raises:
        DataError: it reads none of them.
    """
    parser = dataset.structured_parser.build_parser()
    if dataset.structured_parser.reads != "lines":
        return
    log = raw.inputs[0]
    lines = first_lines(log.path)
    if lines is None:
        return
    parser.learn(lines)
    lines = lines.filter(lines.str.len_bytes() > 0)
    whole = parser.whole_lines(lines)
    texts = lines if whole is None else whole.texts
    if len(lines) and not parse_lines(texts, parser)["message"].count():
        raise DataError.of(
            "dataset.structured_parser",
            parser_name(dataset),
            problem=f"none of the first {len(lines):,} lines of {log.origin} matches the parser: this "
            "is the log of another data set",
            allowed="lines that the parser reads",
            fix=f"{inspect_command(raw.inputs)} says which parser fits; the first lines are\n"
            f"{shown_lines(lines)}",
        )
