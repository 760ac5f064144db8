"""Templates of a log as a file to edit: correct, merge, split or name them, and run with what is left.

  python -m anomalog_exp pin outputs/demo-entity-chronological-siblings-markov/0123456789abcdef
  python -m anomalog_exp pin RUN_DIR --write templates.yaml
  python -m anomalog_exp pin --write templates.yaml -- dataset=bgl template=spell

They are those of a run, or those that the overrides behind -- give; of the whole log, also where
template.fit_on is train. The most frequent stand first, each with its number of lines and a sample.
What is left of the file, and changed in it, is used by template.pinned=templates.yaml.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from anomalog_exp.commands._dataset_yaml import refuse_to_overwrite
from anomalog_exp.commands._run_dirs import stored_run
from anomalog_exp.commands._usage import CommandParser, before_and_after_dashes
from anomalog_exp.config.load import load_run_config
from anomalog_exp.config.run_config import RunConfig
from anomalog_exp.data.cache import load_dataset
from anomalog_exp.data.dataset import LogDataset
from anomalog_exp.data.templates.event_fields import parted
from anomalog_exp.data.templates.miners.base import TemplateMinerConfig, dense_codes
from anomalog_exp.data.templates.pinned_file import TemplateEntry, pinned_yaml
from anomalog_exp.data.templates.pinned_text import tidy
from anomalog_exp.files import write_text
from anomalog_exp.progress import Progress

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Print the file, or write it; the exit code."""
    usage = "[RUN_DIR] [--write FILE [--force]] [-- KEY=VALUE ...]"
    parser = CommandParser(__name__, usage)
    parser.add_argument("run_dir", nargs="?", type=Path, metavar="RUN_DIR", help="a run's folder")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write FILE, and print nothing")
    parser.add_argument("--force", action="store_true", help="overwrite FILE")
    own, overrides = before_and_after_dashes(arguments)
    options = parser.parse_args(own)
    if (options.run_dir is None) == (not overrides):
        parser.error("name the folder of a run, or overrides behind --, and not both")
    if options.write is not None and not options.force:
        refuse_to_overwrite(options.write)
    config = load_run_config(overrides) if overrides else stored_run(options.run_dir).config
    text = _text(config)
    if options.write is None:
        print(text, end="")
    else:
        write_text(options.write, text)
        print(
            f"written {options.write}; once it is edited, run with template.pinned={options.write}"
        )
    return 0


def _text(config: RunConfig) -> str:
    template = config.template.model_copy(update={"fit_on": "all"})
    dataset = load_dataset(
        config.dataset,
        template,
        data_dir=config.paths.data_dir,
        cache_dir=config.paths.cache_dir,
        progress=Progress(),
        parameters=config.reads_parameters,  # as the run reads it, so that its build is found
    )
    entries = sorted(_entries(dataset, template), key=lambda entry: -entry.lines)
    title = f"Templates of {config.dataset.name} by {template.name}, the most frequent first."
    return pinned_yaml(title, entries)


def _entries(dataset: LogDataset, template: TemplateMinerConfig) -> Iterator[TemplateEntry]:
    """The templates that a text can say, without values of fields."""
    pinned = {one.title: one for one in template.pinned}
    bare = [parted(text, template.with_fields)[0] for text in dataset.templates]
    statements, statement_of = dense_codes(
        [text if text in pinned else tidy(text) for text in bare]
    )
    codes, first, lines = np.unique(
        statement_of[dataset.template], return_index=True, return_counts=True
    )
    count = dict(zip(codes.tolist(), lines.tolist(), strict=True))
    number = dict(zip(codes.tolist(), dataset.line[first].tolist(), strict=True))
    raw = dataset.raw_lines(number.values())
    statements += [title for title in pinned if title not in statements]
    for code, statement in enumerate(statements):
        if not statement:
            continue
        sample = raw.get(number.get(code, -1))
        place = "" if sample is None else f"{dataset.place(number[code])}: "
        own = pinned.get(statement)
        yield TemplateEntry(
            name=None if own is None else own.name,
            texts=(statement,) if own is None else own.text,
            lines=count.get(code, 0),
            sample=None if sample is None else place + sample,
        )
