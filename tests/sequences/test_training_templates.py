from __future__ import annotations

from anomalog_exp.app import run
from anomalog_exp.config import load_run_config
from anomalog_exp.data.templates.templates import UNKNOWN_TEMPLATE
from anomalog_exp.results import read_run
from anomalog_exp.sequences.training_templates import with_templates_of_training
from tests.grouping import grouped
from tests.logs import log_dataset


def test_messages_that_training_does_not_show_become_the_unknown_template():
    rows = [
        ("s0", "opened file a", 0, -1),
        ("s0", "opened file b", 0, -1),
        ("s1", "closed", 1, -1),
        ("s1", "opened file c", 1, -1),
        ("s1", "opened file a", 1, -1),
    ]
    found = grouped(log_dataset(rows))
    options = ["template.fit_on=train", "template.max_words=1", "template.masking=none"]
    config = load_run_config(options).template
    trained = with_templates_of_training(found, config)
    assert trained.dataset.templates == ("opened file <*>", UNKNOWN_TEMPLATE)
    assert trained.templates.tolist() == [0, 0, 1, 1, 0]
    assert trained.report["templates"] == {
        "fit_on": "train",
        "messages": 4,
        "messages_in_training": 2,
        "templates": 1,
        "rows_unknown": 2,
    }
    assert with_templates_of_training(found, load_run_config().template) is found


def test_a_run_with_templates_of_training_says_so_in_its_manifest(tmp_path):
    names = ("data_dir", "cache_dir", "output_dir")
    places = [f"paths.{name}={tmp_path / name}" for name in names]
    options = ["dataset.source.lines=5000", "tracking=none", "template.fit_on=train", *places]
    for miner in ("drain", "spell"):
        result = run(load_run_config([*options, f"template={miner}"]))
        manifest = read_run(result.run_dir).dataset_manifest
        facts = manifest["sequences"]["templates"]
        assert facts["fit_on"] == "train"
        assert manifest["template_texts"][-1] == UNKNOWN_TEMPLATE
        assert len(manifest["template_texts"]) == facts["templates"] + 1
        assert 0 < result.metrics["f1"] < 1
