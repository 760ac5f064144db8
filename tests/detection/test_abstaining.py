"""A detector that abstains and sorts events into clusters: tests/plugins/cases, worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from anomalog_exp.app import run
from anomalog_exp.config import load_run_config
from anomalog_exp.detection.contract import Detector
from anomalog_exp.detection.judge import Judge
from anomalog_exp.detection.triage import UNRATED, Triage
from anomalog_exp.errors import NotApplicable
from anomalog_exp.evaluation import evaluate
from anomalog_exp.evaluation.block import ClassCounts, PredictionCounts
from anomalog_exp.evaluation.metrics import Confusion
from anomalog_exp.metric_terms import MetricScope, MetricStatus
from anomalog_exp.models import run_model
from anomalog_exp.progress import SILENT
from anomalog_exp.report.figures.curves import Curves
from anomalog_exp.report.run_page import run_page
from anomalog_exp.report.run_words import result_in_words
from anomalog_exp.results import load_bundle, read_run, scores_frame
from anomalog_exp.results.comparison import comparison, named_runs
from anomalog_exp.sequences.sequence_set import Split
from tests.grouping import grouped
from tests.logs import log_dataset
from tests.sequencing import sequence_set

CASES = [f"plugins=[{Path(__file__).parents[1] / 'plugins/cases'}]", "model=cases"]

# Cases of training: b after a, three times, normal; c after a, twice, anomalous.
TRAIN, TRAIN_LABELS = ["abab", "acac", "ab"], [0, 1, 0]
# The third holds no case and the fourth a template that training lacks.
TEST, TEST_LABELS = ["ab", "ac", "ba", "ax", "aab"], [0, 1, 1, 0, 1]


def report_of(sequences, *overrides: str):
    config = load_run_config([*CASES, *overrides])
    summary = run_model(config.model, sequences, progress=SILENT)
    return summary, evaluate(config, sequences, summary)


def by_hand():
    return sequence_set([*TRAIN, *TEST], [*TRAIN_LABELS, *TEST_LABELS], tested=len(TEST))


def test_what_the_detector_abstains_from_is_not_predicted_and_no_figure_is_about_it():
    summary, report = report_of(by_hand())
    assert summary.scores.tolist() == [0.0, 1.0, 9.0, 9.0, 0.0]
    assert summary.abstained.tolist() == [False, False, True, True, False]
    assert summary.predicted.tolist() == [False, True, False, False, False]
    block = report.blocks[MetricScope.SEQUENCE_LEVEL_DETECTION]
    assert block.status == MetricStatus.VALID
    assert block.counts == ClassCounts(
        units=5, counted=3, abstained=2, ignored=0, normal=1, anomalous=2
    )
    assert block.confusion == Confusion(tp=1, fp=0, fn=1, tn=1)
    head = block.headline
    assert (head["precision"], head["recall"], head["coverage"]) == (1.0, 0.5, 3 / 5)
    # Of the anomalous two, one ranks above the normal one, and one equals it.
    assert head["auroc"] == 0.75
    unique = block.diagnostics.unique
    assert (unique.counted, unique.coverage) == (3, 3 / 5)


def test_where_it_abstains_from_all_that_is_labelled_there_are_no_figures():
    summary, report = report_of(sequence_set([*TRAIN, "ba", "bb"], [0, 1, 0, 0, 1], tested=2))
    block = report.primary
    assert summary.abstained.all()
    assert (block.status, block.headline) == (MetricStatus.NOT_APPLICABLE, None)
    assert block.reason == "the detector abstains from all that is labelled"


def test_no_rule_looks_at_scores_that_are_no_answer():
    # The last training sequence holds no case: its score is 9.
    texts, labels = [*TRAIN, "bb", *TEST], [*TRAIN_LABELS, 0, *TEST_LABELS]
    rule = ["model/decision=quantile", "model.decision.quantile=1.0", "~model.decision.value"]
    summary, _ = report_of(sequence_set(texts, labels, tested=len(TEST)), *rule)
    assert summary.threshold == 0.0


def test_the_triage_of_judged_events():
    _, report = report_of(by_hand())
    block = report.blocks[MetricScope.SEMI_AUTOMATIC_WORKLOAD_REDUCTION]
    # Of eleven events five are first, x is unknown, ba and aa are no cases; ab twice has no risk.
    assert block.counts == PredictionCounts(
        units=11, counted=3, abstained=8, ignored=0,
        excluded={"not_confident": 5, "unknown_event": 1, "nothing_near": 2, "not_rated": 0},
    )  # fmt: skip
    assert block.headline == pytest.approx({"workload_reduction": 2 / 11, "coverage": 3 / 11})
    manual = report.blocks[MetricScope.MANUAL_WORKLOAD_REDUCTION]
    assert (manual.counts.units, manual.counts.counted) == (10, 5)
    risk = report.blocks[MetricScope.CLUSTER_LEVEL_TRIAGE]
    assert (risk.status, risk.headline) == (MetricStatus.NOT_APPLICABLE, None)


LABELLED = [
    ("s0", "abab", [0, 0, 0, 0]), ("s1", "acac", [0, 1, 0, 1]), ("s2", "ab", [0, 0]),
    ("t0", "ab", [0, 0]), ("t1", "ac", [0, 1]), ("t2", "axab", [0, 1, 0, 1]),
]  # fmt: skip


def labelled():
    rows = [
        (name, letter, 10 * place, label)
        for place, (name, text, labels) in enumerate(LABELLED)
        for letter, label in zip(text, labels, strict=True)
    ]
    return log_dataset(rows)


def test_single_events_are_decided_by_their_cases_alone():
    summary, report = report_of(grouped(labelled()))
    events = summary.events
    assert events.abstained.tolist() == [True, False, True, False, True, True, True, False]
    assert np.flatnonzero(events.predicted).tolist() == [3]
    block = report.blocks[MetricScope.EVENT_LEVEL_DETECTION]
    assert block.counts == ClassCounts(
        units=8, counted=3, abstained=5, ignored=0, normal=1, anomalous=2
    )
    assert (block.confusion, block.headline["coverage"]) == (Confusion(1, 0, 1, 1), 3 / 8)
    risk = report.blocks[MetricScope.CLUSTER_LEVEL_TRIAGE]
    # Of b, b and c in cases the last b is anomalous, and its case is not.
    assert risk.status == MetricStatus.VALID
    assert risk.headline == pytest.approx(
        {"accuracy": 2 / 3, "overestimated": 0.0, "underestimated": 1 / 3, "purity": 2 / 3,
         "coverage": 3 / 8}
    )  # fmt: skip


def test_an_event_that_several_windows_show_is_decided_by_those_that_answer():
    sequences = grouped(labelled(), "fixed", window_size=3, step=1, train=0.7, test=0.3)
    summary, _ = report_of(sequences)
    first = int(sequences.part(Split.TEST).start[0])
    assert summary.events.rows.tolist() == list(range(first, 18))
    # Here b a and c a are cases, too: windows show them often. Row 11 is the first of all it is in, and
    # neither x nor the a after it is in a case of any window.
    assert first == 11
    assert np.flatnonzero(~summary.events.abstained).tolist() == [1, 2, 3, 6]


def test_a_stream_triages_only_what_is_evaluated():
    sequences = grouped(labelled(), "stream", "prefix_count", chunk_size=6, train_entry_count=10)
    summary, _ = report_of(sequences)
    assert summary.triage.rows.tolist() == list(range(10, 18))
    assert len(summary.triage.triage.cluster) == 8


@pytest.mark.parametrize("other", [False, True])
def test_a_union_abstains_where_all_its_members_do(other):
    config = load_run_config([*CASES, "model/decision=fixed"]).model
    members = {"cases": config} | (
        {"length": load_run_config(["model=oov"]).model} if other else {}
    )
    union = load_run_config(
        ["model=union", "model/decision=fixed", "model.decision.value=0.0"]
    ).model
    sequences = by_hand()
    judge = Judge.fitted(union.model_copy(update={"members": members}), sequences.part(Split.TRAIN))
    outcome = judge.judge(sequences.part(Split.TEST))
    if other:  # x is none of training, so that the other member flags the fourth
        assert outcome.abstained is None
        assert np.flatnonzero(outcome.predicted).tolist() == [1, 3]
    else:
        assert np.flatnonzero(outcome.abstained).tolist() == [2, 3]
        assert np.flatnonzero(outcome.predicted).tolist() == [1]


def ensemble_of(**members):
    config = load_run_config(["model=ensemble"]).model
    typed = {name: load_run_config(options).model for name, options in members.items()}
    return config.model_copy(update={"members": typed}).build_detector()


@pytest.mark.parametrize("undecided", [[], ["bb"]])
def test_an_ensemble_takes_no_score_for_an_answer_where_its_member_abstains(undecided):
    labels = [*TRAIN_LABELS, *(0 for _ in undecided), *TEST_LABELS]
    sequences = sequence_set([*TRAIN, *undecided, *TEST], labels, tested=len(TEST))
    detector, test = ensemble_of(cases=CASES), sequences.part(Split.TEST)
    detector.fit(sequences.part(Split.TRAIN))
    assert np.flatnonzero(detector.abstained(test)).tolist() == [2, 3]
    # Both normal sequences of training that are decided score 0: the one that scores 1 is 1 outside.
    assert detector.score(test) == pytest.approx([0, np.log(3) + 1, 0, 0, 0])


def test_the_other_members_of_an_ensemble_decide_where_one_abstains():
    sequences = by_hand()
    detector, test = ensemble_of(cases=CASES, oov=["model=oov"]), sequences.part(Split.TEST)
    detector.fit(sequences.part(Split.TRAIN))
    assert detector.abstained(test) is None
    reasons = detector.explain(test, 3)
    assert [bool(texts) for texts in reasons] == [False, True, False, True, False]
    assert all(text.startswith("oov") for text, _ in reasons[3])


def test_an_ensemble_leaves_out_a_member_that_decides_no_usual_sequence():
    sequences = sequence_set(["acacac", "bb", "ac"], [1, 0, 0], tested=1)
    never = [*CASES, "model.least=2"]
    detector = ensemble_of(cases=never, oov=["model=oov"])
    detector.fit(sequences.part(Split.TRAIN))
    assert detector.manifest()["members_not_applicable"] == ["cases"]
    with pytest.raises(NotApplicable, match="applies: cases decides no usual sequence of train"):
        ensemble_of(cases=never).fit(sequences.part(Split.TRAIN))


class Broken(Detector):
    """Promises what a test says."""

    def __init__(self, **said) -> None:
        self.said = said

    name = "broken"

    def fit(self, train, valid=None) -> None:
        raise AssertionError("nothing is fitted here")

    def score(self, sequences):
        return np.zeros(len(sequences))

    def abstained(self, sequences):
        return self.said.get("abstained")

    def triage(self, sequences):
        return self.said.get("triage")


GOOD = Triage(
    np.array([0, -1, -2, -3, 1, 0, 1, 0, 0, 0, 0]), np.array([2, 3]), np.array([0.5, UNRATED]), 5
)
BROKEN = {
    "truth values of shape (5,), not int64": {"abstained": np.zeros(5, dtype=np.int64)},
    "truth values of shape (5,), not bool of shape (4,)": {"abstained": np.zeros(4, dtype=bool)},
    "a cluster, int64, for each of 11 events": {"triage": replace(GOOD, cluster=GOOD.cluster[1:])},
    "clusters from 0 to 1, or say why": {"triage": replace(GOOD, cluster=GOOD.cluster - 1)},
    "no more than there are": {"triage": replace(GOOD, trained=4)},
    "a risk from 0 to 1, or UNRATED": {"triage": replace(GOOD, risk=np.array([0.0, 1.5]))},
}  # fmt: skip


@pytest.mark.parametrize("told", BROKEN)
def test_a_detector_that_breaks_the_contract_is_named(told):
    sequences = by_hand()
    judge = Judge.fitted(load_run_config(CASES).model, sequences.part(Split.TRAIN))
    test = sequences.part(Split.TEST)
    assert len(replace(judge, detector=Broken(triage=GOOD)).judge(test).triage.rows) == 11
    with pytest.raises(TypeError, match="broken") as caught:
        replace(judge, detector=Broken(**BROKEN[told])).judge(test)
    assert told in str(caught.value)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("cases")


@pytest.fixture(scope="module")
def run_dir(folder) -> Path:
    return run_of(folder, "model.least=40")


def run_of(folder: Path, *overrides: str) -> Path:
    names = ("data_dir", "cache_dir", "output_dir")
    places = [f"paths.{name}={folder / name}" for name in names]
    config = load_run_config(
        [*CASES, "dataset.source.lines=5000", "sequence.window_size=4", "write_predictions=true",
         "tracking=none", "report.page=false", *places, *overrides]
    )  # fmt: skip
    return Path(run(config).run_dir)


def test_a_run_says_wherever_it_says_verdicts_what_it_abstains_from(run_dir):
    stored = read_run(run_dir)
    counts = stored.report.decisions.counts
    assert 0 < counts.abstained < counts.units
    assert stored.report.primary.headline["coverage"] == pytest.approx(
        counts.counted / counts.units
    )
    table = stored.predictions
    assert table["abstained"].sum() == counts.abstained
    assert not (table["abstained"] & table["predicted"]).any()
    assert scores_frame(run_dir)["abstained"].to_list() == table["abstained"].to_list()
    units = stored.scores.sequences
    assert units.counted.sum() == counts.counted
    curves = Curves.of(units)
    assert curves.anomalous_share == counts.anomalous / counts.counted
    verdicts = stored.findings["sequence_verdicts"]
    assert verdicts["abstained"] == counts.abstained
    told = (run_dir / "anomalies.txt").read_text()
    assert f"the detector abstains from {counts.abstained:,}" in told
    assert ", abstained, labelled" in told
    words = result_in_words(stored)
    assert f"abstains from {counts.abstained:,} of {counts.units:,} windows" in words
    page = run_page(stored, "")
    assert ">abstained</span>" in page
    assert f"{counts.abstained:,} abstained from" in page
    assert "Not to be read as a result: the labels are those of entities" in page
    status = stored.report.blocks[MetricScope.CLUSTER_LEVEL_TRIAGE].status
    assert status == MetricStatus.DIAGNOSTIC_ONLY


def test_the_bundle_of_such_a_run_abstains_from_the_same(run_dir, tmp_path):
    log = tmp_path / "later.log"
    (source,) = (run_dir.parents[2] / "data_dir").rglob("HDFS.log")
    log.write_bytes(source.read_bytes())
    verdicts = load_bundle(run_dir).score(log)
    assert 0 < verdicts["abstained"].sum() < len(verdicts)
    assert verdicts.filter(pl.col("abstained"))["predicted"].sum() == 0


def test_runs_are_compared_where_both_give_an_answer(run_dir, folder):
    other = run_of(folder, "model.least=200")
    runs, _ = named_runs([run_dir, other])
    document = comparison(runs, progress=SILENT)
    (difference,) = [one for one in document.sections if one.title == "Difference to A"]
    assert "Where one of both abstains, they are not compared." in difference.notes
    one, two = (read_run(each).scores.sequences for each in (run_dir, other))
    both = ~one.abstained & ~two.abstained
    assert both.sum() < (~one.abstained).sum()
    wrong = [(units.predicted != (units.label == 1))[both] for units in (one, two)]
    (row,) = difference.rows
    assert (row["only A right"], row["only this right"]) == (
        (~wrong[0] & wrong[1]).sum(), (wrong[0] & ~wrong[1]).sum(),
    )  # fmt: skip
