"""What an option of each kind promises, tried on the demo log: the checks behind the command `check`.

The tests of the package try far more of its own options; these are what a plugin needs to work in runs
and sweeps. A check returns a remark or an empty text, and raises `Broken` for the first promise that is
not kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from anomalog_exp.commands._about import about_yaml
from anomalog_exp.commands.experiments import Experiment, read_experiment
from anomalog_exp.config.compose import compose, missing_keys
from anomalog_exp.config.load import load_run_config, run_config
from anomalog_exp.data.cache import load_dataset
from anomalog_exp.data.parsers.base import Parser, ParserConfig
from anomalog_exp.data.parsers.checked import checked
from anomalog_exp.data.templates.masking import Masker
from anomalog_exp.data.templates.miners.base import TemplateMiner, TemplateMinerConfig, dense_codes
from anomalog_exp.data.templates.templates import Templates
from anomalog_exp.detection.contract import Detector, ExperimentModelConfig
from anomalog_exp.detection.run import run_model
from anomalog_exp.errors import ConfigError, DataError, NotApplicable
from anomalog_exp.options.base import Options
from anomalog_exp.options.names import option_files
from anomalog_exp.progress import SILENT
from anomalog_exp.sequences.sequence_set import SequenceSet, Split

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Broken", "Sample", "check_option", "demo_sample"]

_ODD_LINES = (
    "",
    " ",
    "<*>",
    "no such format",
    "Ünïcode \N{SNOWMAN}",
    "\\xff\\xfe",
    "1 2 3",
    "a" * 300,
)
"""Lines that no format expects, which a parser must survive."""


class Broken(Exception):
    """An option does not keep a promise of its kind."""


@dataclass(frozen=True)
class Sample:
    """What options are tried on.

    Attributes:
        sequences: Whole sessions of the demo log, half of which train, of both classes.
        lines: Lines of the demo log, and odd ones.
    """

    sequences: SequenceSet
    lines: list[str]


def demo_sample(folder: Path) -> Sample:
    """A small demo log, written and built below a folder."""
    small = ["dataset.source.lines=3000", "dataset.source.anomaly_fraction=0.2"]
    places = [f"paths.{name}_dir={folder / name}" for name in ("data", "cache", "output")]
    config = load_run_config([*small, *places])
    dataset = load_dataset(
        config.dataset,
        config.template,
        data_dir=config.paths.data_dir,
        cache_dir=config.paths.cache_dir,
        progress=SILENT,
        parameters=True,
    )
    lines = list(dataset.raw_lines(range(200)).values())
    return Sample(config.sequence.apply(dataset, config.split), [*lines, *_ODD_LINES])


def check_option(group: str, name: str, sample: Sample) -> str:
    """Try one option.

    Returns:
        A remark for the reader, mostly none.

    Raises:
        Broken: a promise of its kind is not kept.
        ConfigError: its config cannot be read, or its module not be imported.
    """
    file = option_files(group)[name]
    _promise(bool(about_yaml(file)), "its YAML begins with no comment that says what it is")
    if group == "experiment":
        return _check_experiment(read_experiment(name, file))
    chosen = [f"{group}={name}"]
    composed = compose(chosen)
    missing = missing_keys(composed)
    # A file that is still to be named may have any name here.
    chosen += [f"{key}=/a/file" for key in missing if key.endswith("path")]
    asked = f"asks for {', '.join(missing)}" if missing else ""
    if not all(key.endswith("path") for key in missing):
        return f"{asked}: composed only"
    try:
        config = load_run_config(chosen) if missing else run_config(composed)
    except DataError:
        if not missing:
            raise
        return f"{asked}: composed only, as it looks into that file"
    if group == "model":
        return _check_detector(config.model, sample.sequences)
    if group == "dataset/structured_parser":
        own = file.with_suffix(".log")
        own_lines = own.read_text(encoding="utf-8").splitlines() if own.is_file() else []
        return _check_parser(config.dataset.structured_parser, own_lines, sample.lines)
    if group == "template":
        return _check_miner(config.template, sample.lines)
    return asked


def _check_experiment(experiment: Experiment) -> str:
    _promise(bool(experiment.description), "it has no `description`")
    _promise(bool(experiment.groups), "it has no `groups` to select it by")
    asked: dict[str, None] = {}
    for member in experiment.members():
        overrides = [f"experiment={experiment.name}", *member]
        composed = compose(overrides)
        missing = missing_keys(composed)
        asked |= dict.fromkeys(missing)
        if missing:
            load_run_config([*overrides, *(f"{key}=/a/file" for key in missing)])
        else:
            run_config(composed)
    return f"asks for {', '.join(asked)}" if asked else ""


def _check_detector(config: ExperimentModelConfig, sequences: SequenceSet) -> str:
    _check_config(config)
    train, test = sequences.part(Split.TRAIN), sequences.part(Split.TEST)
    hidden = test.unlabelled()
    detector = config.build_detector()
    _promise(isinstance(detector, Detector), "build_detector() gives no Detector")
    try:
        detector.fit(train)
    except NotApplicable as reason:
        return f"does not apply to the demo log: {reason}"
    scores = _scores(detector, hidden)
    _scores(detector, hidden.take(slice(0, 0)))
    _promise(
        np.array_equal(scores, _scores(detector, _with_other_labels(test))),
        "scores depend on the labels of what is scored",
    )
    backwards = _scores(detector, hidden.take(slice(None, None, -1)))
    _promise(
        np.allclose(backwards[::-1], scores, rtol=1e-12, atol=1e-12),
        "the score of a sequence depends on the others or on its place among them",
    )
    again = config.build_detector()
    again.fit(train)
    _promise(
        np.array_equal(scores, _scores(again, hidden)),
        "a second detector, fitted on the same sequences, scores otherwise: seed what is random",
    )
    if not detector.supervised:
        less = train.unlabelled() if detector.learns_from == "all" else train.normal()
        again.fit(less)
        _promise(
            detector.learns_from == "either" or np.array_equal(scores, _scores(again, hidden)),
            f"it says that it learns from {detector.learns_from!r}, and does not",
        )
    kept = type(detector).from_state(config, detector.state())
    _promise(np.array_equal(scores, _scores(kept, hidden)), "its state does not score the same")
    run_model(config, sequences, progress=SILENT)
    return ""


def _scores(detector: Detector, sequences: SequenceSet) -> NDArray[np.float64]:
    scores: Any = detector.score(sequences)
    _promise(isinstance(scores, np.ndarray), f"score() gives a {type(scores).__name__}, no array")
    _promise(scores.dtype == np.float64, f"scores are {scores.dtype}, not float64")
    expected = (len(sequences),)
    _promise(scores.shape == expected, f"scores have shape {scores.shape}, not {expected}")
    _promise(bool(np.isfinite(scores).all()), "some scores are not finite")
    return np.asarray(scores)


def _with_other_labels(sequences: SequenceSet) -> SequenceSet:
    """The same sequences, every label the other one, wherever labels stand."""
    dataset = sequences.dataset
    other = replace(
        dataset, label=_flipped(dataset.label), entity_label=_flipped(dataset.entity_label)
    )
    return replace(sequences, dataset=other, label=_flipped(sequences.label))


def _flipped(label: NDArray[np.int8]) -> NDArray[np.int8]:
    return np.where(label < 0, label, 1 - label).astype(np.int8)


def _check_parser(config: ParserConfig, own: Sequence[str], others: Sequence[str]) -> str:
    """Try a parser on lines that it must read, which stand beside its YAML, and on any others."""
    import polars as pl

    _check_config(config)
    if config.reads != "lines":
        return f"reads {config.reads}: composed only"
    parser = config.build_parser()
    _promise(isinstance(parser, Parser), "build_parser() gives no Parser")
    texts = pl.Series([*own, *others], dtype=pl.String)
    try:
        parser.learn(texts)
    except ConfigError:
        if own:
            raise
        return "no sample of its own lines, and it refuses those of others"
    frame = _parsed(parser, texts)
    halves = [texts.head(len(texts) // 2), texts.tail(-(len(texts) // 2))]
    _promise(
        frame.equals(pl.concat([_parsed(parser, half) for half in halves])),
        "a line is read otherwise in other company: blocks may be cut anywhere",
    )
    unread = [line for line, text in zip(own, frame["message"], strict=False) if text is None]
    _promise(not unread, f"a line of its own sample is not read: {unread[:1]}")
    return "" if own else "no sample of its own lines"


def _parsed(parser: Parser, lines: pl.Series) -> pl.DataFrame:
    return checked(parser.parse(lines), parser, len(lines))


def _check_miner(config: TemplateMinerConfig, lines: Sequence[str]) -> str:
    import polars as pl

    _check_config(config)
    masker = Masker(config.masking, config.extra_masks)
    masked = masker.finish(masker.fast(pl.Series(lines)).unique(maintain_order=True).to_list())
    messages, _ = dense_codes([message for message in masked if message.strip()])
    miner = config.build_miner()
    _promise(isinstance(miner, TemplateMiner), "build_miner() gives no TemplateMiner")
    texts, codes = miner.mine(messages)
    _promise(codes.dtype == np.int32, f"codes are {codes.dtype}, not int32")
    _promise(codes.shape == (len(messages),), "there is not one code for each message")
    _promise(len(set(texts)) == len(texts), "a template's text occurs twice")
    first = list(dict.fromkeys(codes.tolist()))
    _promise(first == list(range(len(texts))), "templates do not stand in order of appearance")
    texts_again, codes_again = config.build_miner().mine(messages)
    same = texts == texts_again and np.array_equal(codes, codes_again)
    _promise(same, "a second miner finds other templates in the same messages")
    _promise(
        config.build_miner().mine([])[0] == [], "there are templates where there is no message"
    )
    templates, mined = Templates.mine(lines, config)
    kept = Templates.from_json(templates.to_json())
    same = np.array_equal(kept.match(lines), mined)
    _promise(same, "messages that were mined do not match their templates")
    return ""


def _check_config(config: Options) -> None:
    """Keys are those of the YAML, or reading it would have failed; defaults stand there alone."""
    fields = type(config).model_fields
    defaults = [name for name, field in fields.items() if not field.is_required()]
    _promise(
        not defaults, f"Config has defaults, which belong into the YAML: {', '.join(defaults)}"
    )


def _promise(kept: bool, otherwise: str) -> None:
    if not kept:
        raise Broken(otherwise)
