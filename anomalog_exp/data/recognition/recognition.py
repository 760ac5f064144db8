"""What a log is: plain facts, made by `anomalog_exp.data.recognition.recognise`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

from anomalog_exp.data.parsers.base import ParserConfig
from anomalog_exp.data.parsers.format_names import SEVERAL, in_words
from anomalog_exp.data.recognition.fields import FieldFacts
from anomalog_exp.data.recognition.fit import Fit
from anomalog_exp.data.recognition.mined import TemplateFacts
from anomalog_exp.data.recognition.ties import TieFacts
from anomalog_exp.data.recognition.times import TimeFacts

__all__ = ["InputFacts", "ParserChoice", "Recognition", "RecordFacts"]


@dataclass(frozen=True)
class InputFacts:
    """A file of the log.

    Attributes:
        name: What people call it.
        path: Where it is.
        bytes: Its size there, packed or not.
        encoding: Of its text.
        compression: gzip, bzip2, xz or zstd; None where it is plain text.
    """

    name: str
    path: str
    bytes: int
    encoding: str
    compression: str | None


@dataclass(frozen=True)
class RecordFacts:
    """How records span lines.

    Attributes:
        count: How many records the log has; estimated where its lines are.
        unparsed: Share of the lines, empty ones aside, that neither begin nor continue a record.
        continuing: Share of the lines that continue a record.
        example: The lines of one record that spans several; empty where none does.
    """

    count: int
    unparsed: float
    continuing: float
    example: tuple[str, ...]


@dataclass(frozen=True)
class ParserChoice:
    """The parser that reads the log.

    Attributes:
        option: Of `dataset/structured_parser`.
        keys: Keys below `dataset.structured_parser` whose values differ from the option's.
        config: Both together.
    """

    option: str
    keys: dict[str, Any]
    config: ParserConfig

    @classmethod
    def of(cls, option: str, base: ParserConfig, keys: dict[str, Any]) -> Self:
        """An option with some keys of its own.

        Args:
            option: Of `dataset/structured_parser`.
            base: Its config.
            keys: And their values.
        """
        return cls(
            option, keys, type(base).of(base.model_dump() | keys, "dataset.structured_parser")
        )

    @property
    def options(self) -> list[str]:
        """The option, or where it stands for several, these."""
        if self.option != SEVERAL:
            return [self.option]
        return [one if isinstance(one, str) else next(iter(one)) for one in self.keys["parsers"]]


@dataclass(frozen=True)
class Recognition:
    """What a log is. Shares are of the sample.

    Attributes:
        inputs: Its files, in the order in which they are read.
        lines: How many lines it has, empty ones included.
        lines_counted: They are counted; else estimated from the sample.
        sample_lines: Lines of the sample.
        parser: What reads it.
        known: The parser is an option for this format; else it was made for this log.
        fit: How well it fits.
        fits: How well every option fits, the likeliest first; those that are refused say why.
        times: When it was written; None where no time is read.
        fields: Of its records.
        with_fields: The fields that should make events, for `template.with_fields`.
        tie: What ties its lines together, clearly or not; None where nothing does.
        records: How its records span lines.
        templates: Of its messages; None where no miner was given.
    """

    inputs: tuple[InputFacts, ...]
    lines: int
    lines_counted: bool
    sample_lines: int
    parser: ParserChoice
    known: bool
    fit: Fit
    fits: tuple[Fit, ...]
    times: TimeFacts | None
    fields: tuple[FieldFacts, ...]
    with_fields: tuple[str, ...]
    tie: TieFacts | None
    records: RecordFacts
    templates: TemplateFacts | None

    @property
    def format_name(self) -> str:
        """What the lines are read as, in words."""
        return in_words(self.parser.options)

    @property
    def recognised(self) -> bool:
        """Something of a line is known; else the whole line is its message."""
        return self.known or bool(self.parser.keys)

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON builtins."""
        plain = asdict(self)
        plain["parser"] = {"option": self.parser.option, "keys": self.parser.keys}
        return plain | {"recognised": self.recognised}
