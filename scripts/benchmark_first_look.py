"""Whether a first look at a log shows what is wrong in it: faults that were planted, and labelled logs.

    python scripts/benchmark_first_look.py
    python scripts/benchmark_first_look.py --only json --seeds 3
    python scripts/benchmark_first_look.py --labelled bgl=BGL_2k.log hdfs=HDFS.log

Each case is a log in a format that people have, with one fault in it. `analyze` reads it without being
told anything; the table says at which place its findings name the fault, and how many of them are above
the threshold. Ends with 1 if a fault is behind the third place.

With --labelled it measures instead how well detectors rank labelled logs, as in a first look: all of a
log trains, without its labels, and all is judged. Taken are the demo log, and files of data sets that
are named.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[1]
_NOT_IN = {
    "access": (
        "a new stack trace",
        "a value never seen",
        "a reboot in the first half",
        "a failing job",
    ),
    "plain": ("an outage of an hour",),
}
"""Faults that a format cannot show: lines without times, requests alone."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Look at every case, print; the exit code."""
    sys.path.insert(0, str(_ROOT))
    from benchmark_planted import FAULTS, FORMATS

    from anomalog_exp.text_table import text_table

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", metavar="FORMAT", help="one format")
    parser.add_argument("--seeds", type=int, default=1, help="logs of each case")
    labelled = "measure detectors on labelled logs"
    parser.add_argument("--labelled", nargs="*", metavar="DATASET=FILE", help=labelled)
    given = parser.parse_args(arguments)
    if given.labelled is not None:
        print(text_table(*_labelled(given.labelled)))
        return 0
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for form in FORMATS:
            if given.only not in ("", form):
                continue
            for fault in (None, *FAULTS):
                if fault not in _NOT_IN.get(form, ()):
                    seen = [looked_at(Path(folder), form, fault, s) for s in range(given.seeds)]
                    rows.append({"format": form, "fault": fault or "none", **_together(seen)})
    print(text_table(rows, ["format", "read as", "fault", "place", "above", "windows"]))
    places = [place for row in rows if row["fault"] != "none" for place in row["places"]]
    first = sum(place is not None and place <= 3 for place in places)
    print(f"{first} of {len(places)} are among the first three findings")
    return int(first < len(places))


def looked_at(folder: Path, form: str, fault: str | None, seed: int = 0) -> dict[str, Any]:
    """What a first look at one log says: its format, the place of the fault, how many are flagged."""
    from benchmark_planted import written

    from anomalog_exp.app import run
    from anomalog_exp.commands._log import recognised_log
    from anomalog_exp.commands.analyze import chosen_overrides
    from anomalog_exp.config.load import load_run_config
    from anomalog_exp.progress import SILENT
    from anomalog_exp.results import read_run

    log = folder / f"{form}-{seed}-{(fault or 'none').replace(' ', '-')}.log"
    planted = written(log, form, fault, seed)
    places = [f"paths.{key}={folder / key}" for key in ("data_dir", "cache_dir", "output_dir")]
    found = recognised_log([log], places, templates=False)
    overrides = chosen_overrides(found, [log], [*places, "report.page=false"])
    stored = read_run(run(load_run_config(overrides), progress=SILENT).run_dir)
    findings = stored.findings
    assert findings is not None
    verdicts, sequences = findings["sequence_verdicts"], findings["sequences"]
    place = next((n for n, one in enumerate(sequences, 1) if _names(one, planted)), None)
    return {
        "read as": found.parser.option,
        "place": place,
        "above": verdicts["flagged"],
        "windows": verdicts["judged"],
    }


def _labelled(named: Sequence[str]) -> tuple[list[dict[str, object]], list[str]]:
    """A row for each detector that reads no labels, and the names of the columns."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    from anomalog_exp.config.load import load_run_config
    from anomalog_exp.data.cache import load_dataset
    from anomalog_exp.errors import NotApplicable
    from anomalog_exp.options.names import option_names
    from anomalog_exp.progress import SILENT
    from anomalog_exp.sequences.sequence_set import Split

    logs = {"demo": ["dataset=demo"]}
    for one in named:
        name, _, file = one.partition("=")
        logs[name] = [f"dataset={name}", "dataset/source=local_dir", f"dataset.source.path={file}"]
        logs[name] += ["sequence=fixed", "sequence.window_size=20"] if name == "bgl" else []
    rows: list[dict[str, object]] = [{"detector": name} for name in option_names("model")]
    for log, overrides in logs.items():
        config = load_run_config([*overrides, "split=all"])
        dataset = load_dataset(
            config.dataset,
            config.template,
            data_dir=config.paths.data_dir,
            cache_dir=config.paths.cache_dir,
            parameters=True,
            progress=SILENT,
        )
        sequences = config.sequence.apply(dataset, config.split)
        train, test = (sequences.part(part) for part in (Split.TRAIN, Split.TEST))
        anomalous = test.label == 1
        for row in rows:
            detector = load_run_config([f"model={row['detector']}"]).model.build_detector()
            try:
                detector.fit(train.unlabelled())
            except NotApplicable:
                continue
            scores = detector.score(test.unlabelled())
            row[f"{log} AUROC"] = float(roc_auc_score(anomalous, scores))
            row[f"{log} AP"] = float(average_precision_score(anomalous, scores))
    columns = [f"{log} {figure}" for log in logs for figure in ("AUROC", "AP")]
    return [row for row in rows if len(row) > 1], ["detector", *columns]


def _names(finding: Mapping[str, Any], planted: Any) -> bool:
    """Whether a finding is the planted fault: it holds a line of it, or lies in the silence."""
    if planted.lines:
        if finding["first"] is None:
            return False
        first, last = (int(finding[key].rpartition(":")[2]) for key in ("first", "last"))
        return any(first <= line <= last for line in planted.lines)
    begin, end = finding["begin_ms"], finding["end_ms"]
    return begin is not None and bool(begin < planted.end_ms and end > planted.begin_ms)


def _together(seen: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One row of the same case in several logs."""
    shown = {
        key: ", ".join(dict.fromkeys("-" if one[key] is None else str(one[key]) for one in seen))
        for key in ("read as", "above", "windows")
    }
    places = [one["place"] for one in seen]
    return shown | {
        "place": ", ".join("-" if place is None else str(place) for place in places),
        "places": places,
    }


if __name__ == "__main__":
    sys.exit(main())
