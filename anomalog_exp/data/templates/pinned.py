"""Pinned templates: those that a person writes, before any is mined.

A message that fits a text of a pinned template is that template. In a text `<*>` stands for one word or
a part of one, `<**>` for one word or more. The config holds the templates themselves, and a file only
until it is read: so they are part of the fingerprint and of the run dir, wherever the file is then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Final

from pydantic import AfterValidator, BeforeValidator, Field

from anomalog_exp.data.templates.pinned_file import KEY, read_pinned
from anomalog_exp.data.templates.pinned_text import pattern_of, tidy
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.base import Options
from anomalog_exp.options.patterns import usable_pattern

__all__ = ["PinnedTemplate", "PinnedTemplates"]

_RESERVED: Final = "<unknown>"

_ALWAYS_USABLE: Final = 1000
"""Characters of a text whose regular expression is never too large, whatever they are."""


def _listed(value: Any) -> Any:
    """One text is a list of one."""
    return [value] if isinstance(value, str) else value


class PinnedTemplate(Options):
    """A template that a person has written."""

    added_since: ClassVar[dict[str, Any]] = {"name": None}

    name: str | None = Field(description="what its events are called; null = as its first text")
    text: Annotated[tuple[str, ...], Field(strict=False, min_length=1), BeforeValidator(_listed)]

    @property
    def title(self) -> str:
        """The text that stands for it among templates: its name, else its first text."""
        return self.text[0] if self.name is None else self.name


def _of_a_file(value: Any) -> Any:
    """A path becomes what the file holds.

    Raises:
        ConfigError: it is neither a path nor a list, or the file cannot be used.
    """
    if isinstance(value, str):
        return read_pinned(value, PinnedTemplate.of)
    if not isinstance(value, list | tuple):
        raise ConfigError.of(
            KEY,
            value,
            problem="this value does not fit",
            allowed="the path of a file of templates, or a list of {name: ..., text: ...}",
            fix=f"{KEY}=templates.yaml, or {KEY}=[] for none",
        )
    return value


def _without_clashes(pinned: tuple[PinnedTemplate, ...]) -> tuple[PinnedTemplate, ...]:
    """The templates, if each can be told from the others.

    Raises:
        ConfigError: a text or a name is empty, or occurs twice.
    """
    for one in pinned:
        for text in (one.title, *one.text):
            if not text.strip() or text == _RESERVED:
                raise ConfigError.of(
                    KEY,
                    one.model_dump(mode="json"),
                    problem=f"a pinned template has the text or name {text!r}",
                    allowed=f"texts and names that are not empty, and not {_RESERVED}",
                    fix="write the words of the messages that are meant, with <*> for what varies",
                )
    texts = [text for one in pinned for text in one.text]
    for text in texts:
        if len(text) > _ALWAYS_USABLE:
            usable_pattern(pattern_of(text), KEY, "shorten the text: <**> stands for many words")
    _refuse_repeats([tidy(text) for text in texts], "text")
    _refuse_repeats([one.title for one in pinned], "name")
    return pinned


def _refuse_repeats(texts: Sequence[str], what: str) -> None:
    text, count = next(iter(Counter(texts).most_common(1)), ("", 1))
    if count > 1:
        raise ConfigError.of(
            KEY,
            text,
            problem=f"{count} pinned templates have this {what}",
            allowed=f"a {what} that one template has; without a name its first text is its name",
            fix="make one template of them, with a list of texts, or change all but one",
        )


PinnedTemplates = Annotated[
    tuple[PinnedTemplate, ...],
    Field(strict=False),
    BeforeValidator(_of_a_file),
    AfterValidator(_without_clashes),
]
"""Pinned templates: a list of them, or the path of a file that holds one."""
