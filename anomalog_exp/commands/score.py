"""Judges a log with what an earlier run has learned: read and grouped as there, nothing is fitted.

  python -m anomalog_exp score outputs/demo-entity-chronological-siblings-markov/0123456789abcdef new.log
  python -m anomalog_exp score RUN_DIR 'logs/*.log' --fail-on-anomaly
  python -m anomalog_exp score RUN_DIR new.log --write verdicts.csv --write verdicts.parquet
  python -m anomalog_exp score models:/NAME/VERSION new.log
  python -m anomalog_exp score RUN_DIR app.log --follow --output findings.jsonl

The first argument is a run dir, or the folder `bundle` in it, wherever that was copied to; or the
address of a model in MLflow (models:/NAME/VERSION, models:/NAME@ALIAS, runs:/ID/NAME), which a run with
tracking.log_model=true has left in tracking.store or at tracking.uri. Messages are matched with the
templates of training; the answer says how many fit none, and warns where the log does not look like the
one that trained. Behind the paths stand overrides: of paths, tracking and report, of dataset.source, and
dataset.label_reader, whose labels make figures of the verdicts. Exit code 0; with --fail-on-anomaly 3
where something is predicted anomalous, so that a pipeline can stop.

With --follow the log is judged while it grows: each finding is a line of JSON as soon as its sequence is
complete, and the same command goes on where it was ended or killed.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from anomalog_exp.app import run
from anomalog_exp.commands._analysis import analysis_text, skipped_text
from anomalog_exp.commands._followed import add_follow_options, follow_log, refuse_unfollowed
from anomalog_exp.commands._log import (
    key_of,
    others_in_words,
    paths_and_overrides,
    plugins_override,
)
from anomalog_exp.commands._store import named_store
from anomalog_exp.commands._usage import CommandParser, use_plugins_named, whole_number
from anomalog_exp.config.load import load_run_config
from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.config.suggested import override_value
from anomalog_exp.data.parsers.format_names import format_name
from anomalog_exp.errors import ConfigError
from anomalog_exp.launch.ending import ExitCode
from anomalog_exp.options.plugins import plugin_folders
from anomalog_exp.results import Bundle, read_bundle, read_run
from anomalog_exp.results.exports import check_export, export_predictions
from anomalog_exp.tracking.models import fetched_bundle, is_model_address

__all__ = ["main", "scoring_config"]

_MAY_DIFFER: Final = (
    "dataset.source",
    "dataset.label_reader",
    "dataset.line_range",
    "dataset.max_unparsed_fraction",
    "dataset.build",
    "description",
    "evaluation",
    "force",
    "groups",
    "name",
    "paths",
    "report",
    "tracking",
    "write_predictions",
)
"""Keys on which a bundle has no word, or may be overruled without judging other things."""


def main(arguments: Sequence[str]) -> int:
    """Judge, print; the exit code."""
    usage = (
        "BUNDLE PATH [PATH ...] [--top N] [--write FILE ...] [--fail-on-anomaly] [KEY=VALUE ...] "
        "| BUNDLE PATH --follow [--output FILE] [...]"
    )
    parser = CommandParser(__name__, usage)
    parser.add_argument(
        "bundle", type=Path, metavar="BUNDLE", help="a run dir, its bundle, or a model"
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="the log")
    parser.add_argument(
        "--top", type=whole_number, default=5, metavar="N", help="findings to show; 5"
    )
    parser.add_argument(
        "--write",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="verdicts of all sequences: .parquet, .jsonl (both count lines from 0) or .csv (from 1)",
    )
    parser.add_argument(
        "--fail-on-anomaly", action="store_true", help="exit code 3 where something is anomalous"
    )
    add_follow_options(parser)
    parser.takes_plugins()
    options, rest = parser.parse_known_args(arguments)
    log, typed = paths_and_overrides(parser, options.paths, rest)
    for file in options.write:
        check_export(file)
    use_plugins_named(options.plugins)
    bundle = read_bundle(_folder(options.bundle, typed))
    if options.follow:
        flagged = follow_log(parser, bundle, options, log.paths, typed)
        return ExitCode.FOUND if options.fail_on_anomaly and flagged else ExitCode.DONE
    refuse_unfollowed(parser, options)
    config = scoring_config(bundle, log.paths, typed)
    if options.write:
        config = config.model_copy(update={"write_predictions": True})
    result = run(config, overrides=typed, bundle=bundle)
    command = shlex.join(["python", "-m", "anomalog_exp", "score", *arguments])
    if result.status != "done":
        print(skipped_text(result, command))
        return ExitCode.SKIPPED
    stored = read_run(result.run_dir)
    for file in options.write:
        export_predictions(stored, file)
    name = format_name(bundle.manifest.dataset.structured_parser)
    print(
        analysis_text(
            result,
            stored,
            format_name=name,
            top=options.top,
            command=command,
            not_read=others_in_words(log.others),
        )
    )
    return ExitCode.FOUND if options.fail_on_anomaly and result.flagged else ExitCode.DONE


def _folder(named: Path, typed: Sequence[str]) -> Path:
    """Where the bundle is; that of a model is fetched from MLflow.

    Raises:
        ConfigError: there is no such model, or no MLflow.
    """
    if not is_model_address(str(named)):
        return named
    # A result that MLflow is not told of may come from a model that it has.
    places = [one for one in typed if key_of(one).startswith(("tracking.", "paths."))]
    store = named_store(places, what_for="to fetch a model from")
    return fetched_bundle(str(named), store, load_run_config(places).paths.cache_dir)


def scoring_config(bundle: Bundle, paths: Sequence[Path], typed: Sequence[str] = ()) -> RunConfig:
    """The config of the run that judges a log.

    Args:
        bundle: What judges.
        paths: The log, as `dataset.source.path` takes it.
        typed: Overrides of what a bundle has no word on.

    Raises:
        ConfigError: an override is of something that the bundle decides.
    """
    for override in typed:
        key = key_of(override)
        if not any(f"{key}.".startswith(f"{one}.") for one in _MAY_DIFFER):
            raise ConfigError.of(
                key,
                override.partition("=")[2],
                problem="the bundle decides this: what was trained judges only what is read and "
                "grouped like its training",
                allowed=", ".join(_MAY_DIFFER),
                fix="leave it out, or train on another log: python -m anomalog_exp ...",
            )
    source = f"dataset.source.path={override_value([*map(str, paths)])}"
    settings = load_run_config(
        [*plugins_override(plugin_folders()), "dataset=custom", source, *typed]
    )
    named = "name" in map(key_of, typed)
    return bundle.run_config(settings, settings.name if named else None)
