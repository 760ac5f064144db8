"""The names that the reference has: kept ones can be imported from where they are said to be."""

from __future__ import annotations

import importlib
import inspect
import re

import pytest

from anomalog_exp import ConfigError
from anomalog_exp.config import load_run_config
from anomalog_exp.models import (
    EvaluationUnit,
    ExperimentModelConfig,
    MetricScope,
    MetricStatus,
    ProgressHint,
    RunProgressPlan,
    model_names,
    resolve_model_config_type,
    run_model,
)
from anomalog_exp.progress import Progress
from tests.sequencing import sequence_set

KEPT = {
    "": ["ConfigError"],
    ".config": [
        "CSVLabelReaderConfig",
        "LabelReaderConfig",
        "CachePathsConfigModel",
        "DatasetSourceConfig",
        "LocalDirSourceConfig",
        "LocalZipSourceConfig",
        "RemoteZipSourceConfig",
        "DatasetVariantConfig",
        "SequenceConfigBase",
        "EntitySequenceConfig",
        "FixedSequenceConfig",
        "TimeSequenceConfig",
        "ChronologicalStreamSequenceConfig",
        "RawEntrySplitConfig",
        "RawEntryPrefixCountSplitConfig",
        "RawEntryPrefixFractionSplitConfig",
        "RawEntryPrefixNormalFractionSplitConfig",
        "SplitApplicationOrder",
        "StraddlingGroupPolicy",
        "RunConfig",
        "serialise_config",
        "load_run_config",
    ],
    ".models": [
        "EvaluationUnit",
        "MetricScope",
        "MetricStatus",
        "ModelRunSummary",
        "SequenceSummary",
        "ProgressHint",
        "RunProgressPlan",
        "ExperimentModelConfig",
        "model_names",
        "resolve_model_config_type",
        "run_model",
    ],
    ".results": [
        "ResultPaths",
        "ResultWriteContext",
        "prepare_result_paths",
        "write_run_outputs",
        "build_dataset_manifest",
        "build_environment_metadata",
        "build_metric_metadata",
        "build_run_metrics_report",
        "build_sequence_split_summary",
        "sha256_for_file",
        "stable_fingerprint",
    ],
}
REPLACED = [
    "SweepConfig",
    "SweepAxisConfig",
    "ExperimentBundle",
    "ExperimentRunConfig",
    "load_experiment_bundle",
    "ExperimentRegistry",
    "RegisteredExperiment",
    "ResolvedRegistryExperiment",
    "run_group",
    "concrete_name",
    "applied_overrides",
]
"""Names whose capability is Hydra's, or that of `anomalog_exp.experiments`."""


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module, names in KEPT.items() for name in names]
)
def test_a_kept_name_is_public_and_says_what_it_is(module, name):
    found = importlib.import_module(f"anomalog_exp{module}")
    assert name in found.__all__
    assert inspect.getdoc(getattr(found, name))


def test_the_table_has_no_other_names(shared_data):
    surface = (shared_data.parent / "design/SURFACE.md").read_text(encoding="utf-8")
    rows = "".join(line for line in surface.splitlines() if line.startswith("|"))
    names = set(re.findall(r"`([A-Z]\w+[a-z]\w*)\*?`", rows)) - {"KeyError", "ValueError"}
    known = {name for module in KEPT.values() for name in module} | set(REPLACED)
    assert len(names) > 30
    assert names - known == set()


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (EvaluationUnit, "event sequence window stream next_event cluster "
         "chronological_event_stream continuous_event_stream range"),
        (MetricScope, "event_level_detection sequence_level_detection window_level_detection "
         "stream_level_detection next_event_prediction cluster_level_triage "
         "manual_workload_reduction semi_automatic_workload_reduction range_level_detection"),
        (MetricStatus, "valid invalid not_applicable diagnostic_only"),
    ],
)  # fmt: skip
def test_the_words_of_reports_are_stable(words, wanted):
    assert [str(word) for word in words] == wanted.split()
    assert [word.name for word in words] == wanted.upper().split()


def test_models_are_found_by_name():
    assert issubclass(ConfigError, ValueError)
    assert model_names() == tuple(sorted(model_names()))
    assert {"template_frequency", "naive_bayes", "markov"} <= set(model_names())
    found = resolve_model_config_type("markov")
    assert issubclass(found, ExperimentModelConfig)
    assert load_run_config(["model=markov"]).model.detector == "markov"
    for name in ("marcov", "contract", "count_detector"):
        with pytest.raises(KeyError, match=name):
            resolve_model_config_type(name)
    base = ExperimentModelConfig.model_construct(name="nothing", decision=None)
    with pytest.raises(NotImplementedError, match="does not build a detector"):
        base.build_detector()


class Heard(Progress):
    """Remembers the stages and how far each came."""

    def __init__(self) -> None:
        super().__init__(bars=False, lines=False)
        self.stages: list[list[object]] = []

    def stage(self, title, total, unit):
        self.stages.append([title, total, unit, 0])
        whole = super().stage(title, total, unit)
        stages = self.stages

        class Counting:
            def __enter__(self):
                whole.__enter__()

                def advance(amount: int) -> None:
                    stages[-1][3] += amount

                return advance

            def __exit__(self, *ended):
                return whole.__exit__(*ended)

        return Counting()


def test_a_run_of_a_model_goes_by_a_progress_plan():
    config = load_run_config(["model=markov"]).model
    sequences = sequence_set(["ab", "abc", "ab", "b"], [0, 0, 0, 1], tested=1)
    heard = Heard()
    run_model(config, sequences, progress=heard)
    assert heard.stages == [
        ["fitting markov", 3, "sequences", 3],
        ["scoring markov", 1, "sequences", 1],
    ]
    assert RunProgressPlan.of(sequences).train == ProgressHint(3, "sequences")
    plan = RunProgressPlan(train=ProgressHint(7, "events"), score=ProgressHint(1, "events"))
    heard = Heard()
    run_model(config, sequences, progress=heard, progress_plan=plan)
    assert [stage[1:] for stage in heard.stages] == [[7, "events", 7], [1, "events", 1]]
