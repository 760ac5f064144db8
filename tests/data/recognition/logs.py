"""Logs for tests of recognition, written and recognised."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from anomalog_exp.config import load_run_config
from anomalog_exp.config.recognised import parser_candidates
from anomalog_exp.data.parsers.base import ParserConfig
from anomalog_exp.data.recognition.recognise import recognise
from anomalog_exp.data.recognition.recognition import Recognition
from anomalog_exp.data.sources.local_dir import LocalDirSource
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig
from anomalog_exp.progress import SILENT


@cache
def candidates() -> dict[str, ParserConfig]:
    return parser_candidates()


@cache
def miner() -> TemplateMinerConfig:
    return load_run_config().template


def recognised_file(log: Path, copies: Path, among: Sequence[str] = ()) -> Recognition:
    """What a file is, of some options or of all; what is no plain text is copied below `copies`."""
    raw = LocalDirSource((log,), None, copies).materialise(SILENT)
    chosen = {name: candidates()[name] for name in among or candidates()}
    return recognise(raw, chosen, miner())


def recognised_lines(folder: Path, lines: Sequence[str], among: Sequence[str] = ()) -> Recognition:
    """What some lines are, of some options or of all."""
    log = folder / "some.log"
    log.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return recognised_file(log, folder, among)
