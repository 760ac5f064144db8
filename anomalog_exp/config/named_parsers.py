"""Parsers that a config names in a list, as `parsers=[access, {json: {time_field: at}}]`.

They stand for all values of these options, as if these had been typed: the config.yaml and the
fingerprint of the run have them.
"""

from __future__ import annotations

from typing import Any, Final

from anomalog_exp.config.recognised import parser_candidates
from anomalog_exp.data.parsers.base import ParserConfig
from anomalog_exp.data.parsers.several import can_be_one_of_several
from anomalog_exp.errors import ConfigError
from anomalog_exp.options.mistakes import did_you_mean

__all__ = ["with_named_parsers"]

_LIST: Final = "parsers"
_KEY: Final = f"dataset.structured_parser.{_LIST}"


def with_named_parsers(plain: dict[str, Any]) -> dict[str, Any]:
    """The plain values of a run with whole options where a list of parsers names them.

    Raises:
        ConfigError: there is no such parser, or its values do not fit.
    """
    dataset = plain["dataset"]
    parser = dataset["structured_parser"]
    named = parser.get(_LIST) if isinstance(parser, dict) else None
    if not isinstance(named, list):
        return plain
    parser = parser | {_LIST: [_option(one) for one in named]}
    return plain | {"dataset": dataset | {"structured_parser": parser}}


def _option(named: Any) -> Any:
    """All values of an option that is named, alone or with keys of its own."""
    if isinstance(named, dict) and len(named) > 1 and "name" in named:
        return named  # all values already, as config.yaml has them
    if isinstance(named, dict) and len(named) != 1:
        raise ConfigError.of(
            _KEY,
            named,
            problem="an entry of the list names one parser",
            allowed="a name, or a name with its keys: [access, {json: {time_field: at}}]",
            fix="put each parser into braces of its own",
        )
    if not isinstance(named, dict):
        return _named(named).model_dump(mode="json")
    [(name, keys)] = named.items()
    base = _named(name)
    if not isinstance(keys, dict | None):
        raise ConfigError.of(
            f"{_KEY}.{name}",
            keys,
            problem="these are no keys of the parser",
            allowed="keys with values, as in {year: 2024}",
            fix=f"name the parser alone, as [{name}], or give it keys, as [{{{name}: {{year: 2024}}}}]",
        )
    values = base.model_dump(mode="json") | (keys or {})
    return type(base).of(values, f"{_KEY}.{name}").model_dump(mode="json")


def _named(name: Any) -> ParserConfig:
    candidates = parser_candidates()
    usable = [name for name, one in candidates.items() if can_be_one_of_several(one)]
    if name not in usable:
        raise ConfigError.of(
            _KEY,
            name,
            problem="it reads more than one line at a time"
            if str(name) in candidates
            else "there is no such parser",
            allowed=", ".join(usable),
            fix=did_you_mean(str(name), usable, "name parsers, as in parsers=[access,syslog]"),
        )
    return candidates[name]
