"""Logs whose format nobody has named: what may read them is composed, and what does is recognised.

`dataset=auto` stands for the parser that is recognised when the config of a run is typed, so that the
run itself, its fingerprint and its config.yaml are those of that parser typed by hand.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from omegaconf import OmegaConf

from anomalog_exp.config.compose import compose
from anomalog_exp.config.search_path import quoted
from anomalog_exp.config.settings import PathsConfig
from anomalog_exp.config.suggested import grouping_overrides
from anomalog_exp.data.config import DatasetVariantConfig
from anomalog_exp.data.parsers.base import ParserConfig
from anomalog_exp.data.sources.base import RawFiles
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.options.listing import open_option
from anomalog_exp.options.names import option_files
from anomalog_exp.options.plugins import plugin_folders
from anomalog_exp.progress import Progress

if TYPE_CHECKING:
    from anomalog_exp.data.recognition.recognition import Recognition

__all__ = ["parser_candidates", "recognised", "with_recognised_parser"]

_LOG = logging.getLogger(__name__)
_AUTO: Final = {"name": "auto"}
"""What stands in place of a parser in conf/dataset/auto.yaml."""

_GROUP: Final = "dataset/structured_parser"
_known: dict[tuple[object, ...], Recognition] = {}
"""What was recognised in this process, by the files and their state, and by what took part."""


def parser_candidates() -> Mapping[str, ParserConfig]:
    """Every option of `dataset/structured_parser` that can be meant, by name: all but those of sessions.

    Those of the plugins in use are among them. An option that needs a value takes no part.

    Raises:
        ConfigError: an option of a plugin cannot be used.
    """
    files = option_files(_GROUP)
    states = tuple((name, path, path.stat().st_mtime_ns) for name, path in files.items())
    return _composed(states, plugin_folders())


@cache
def _composed(
    options: tuple[tuple[str, Path, int], ...], plugins: tuple[Path, ...]
) -> dict[str, ParserConfig]:
    """The options of some files in a state, composed at once."""
    folders = ",".join(quoted(str(folder)) for folder in plugins)
    chosen = [f"+{_GROUP}@candidates.{name}={name}" for name, _, _ in options]
    composed = compose([*chosen, f"plugins=[{folders}]"]).candidates
    found: Any = OmegaConf.to_container(composed, resolve=True)
    candidates: dict[str, ParserConfig] = {}
    for name, values in found.items():
        if "???" in values.values():
            continue
        config = open_option(_GROUP, values)
        assert isinstance(config, ParserConfig)
        candidates[name] = config
    return candidates


def recognised(raw: RawFiles, template: TemplateMinerConfig | None = None) -> Recognition:
    """What a log is, of all parsers in use; recognised once in a process as long as its files stay.

    Args:
        raw: The log, as a source gives it.
        template: Mines templates of the sample; None mines none.

    Raises:
        ConfigError: the log has no lines, or an option of a plugin cannot be used.
    """
    from anomalog_exp.data.recognition.recognise import recognise

    states = [one.path.stat() for one in raw.inputs]
    files = [
        (one.path, s.st_size, s.st_mtime_ns) for one, s in zip(raw.inputs, states, strict=True)
    ]
    miner = None if template is None else template.model_dump_json()
    key = (*files, plugin_folders(), miner)
    if key not in _known:
        _known[key] = recognise(raw, parser_candidates(), template)
    return _known[key]


def with_recognised_parser(plain: dict[str, Any]) -> dict[str, Any]:
    """The plain values of a run with the parser that is recognised, where none is named.

    The fields that make events are taken over where `template.with_fields` is empty.

    Raises:
        ConfigError: the log is not there, has no lines, or its source cannot be used.
    """
    dataset = plain["dataset"]
    if dataset["structured_parser"] != _AUTO:
        return plain
    typed = DatasetVariantConfig.of(
        dataset | {"structured_parser": parser_candidates()["custom"]}, "dataset"
    )
    paths = PathsConfig.of(plain["paths"], "paths")
    roots = typed.roots(data_dir=paths.data_dir, cache_dir=paths.cache_dir)
    raw = typed.source.build(data_root=roots.data_root).materialise(Progress())
    found = recognised(raw)
    _tell(found, [one.origin for one in raw.inputs])
    parser = found.parser.config.model_dump(mode="json")
    template = plain["template"]
    if not template["with_fields"]:
        template = template | {"with_fields": list(found.with_fields)}
    return plain | {"dataset": dataset | {"structured_parser": parser}, "template": template}


def _tell(found: Recognition, logs: Sequence[Path]) -> None:
    """Say what a log is read as."""
    log = ", ".join(map(str, logs[:3])) + (f" and {len(logs) - 3} more" if len(logs) > 3 else "")
    if found.recognised:
        fields = f", with {', '.join(found.with_fields)} in its events" if found.with_fields else ""
        grouping = " ".join(grouping_overrides(found))
        _LOG.info("%s is read as %s%s; %s suits it", log, found.format_name, fields, grouping)
        return
    _LOG.warning(
        "the format of %s is not recognised: each line is its own message, without a time. "
        "dataset.structured_parser.format says what its lines look like, as on docs/own-logs.md",
        log,
    )
