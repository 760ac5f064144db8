from __future__ import annotations

import json

from anomalog_exp.launch.sweep_folder import SweepFolder


def test_a_planned_member_without_a_record_is_lost_with_the_reason(tmp_path):
    folder = SweepFolder(tmp_path)
    folder.begin([["seed=0"], ["seed=1"], ["seed=2"]])
    folder.leave({"index": 1, "overrides": ["seed=1"], "status": "done"})
    # Any process can tell, from the folder alone.
    assert SweepFolder(tmp_path).records("the power went") == [
        {"index": 0, "overrides": ["seed=0"], "status": "lost", "reason": "the power went"},
        {"index": 1, "overrides": ["seed=1"], "status": "done"},
        {"index": 2, "overrides": ["seed=2"], "status": "lost", "reason": "the power went"},
    ]


def test_members_that_nobody_planned_count_as_they_appear(tmp_path):
    folder = SweepFolder(tmp_path)
    folder.begin([])
    assert folder.records("") == []
    for index in (1, 0):
        folder.leave({"index": index, "overrides": [f"seed={index}"], "status": "done"})
    assert [record["index"] for record in folder.records("")] == [0, 1]


def test_a_sweep_begun_again_forgets_the_earlier_round(tmp_path):
    folder = SweepFolder(tmp_path)
    folder.begin([["seed=0"]])
    folder.leave({"index": 0, "overrides": ["seed=0"], "status": "failed"})
    folder.ask_to_stop()
    assert folder.is_to_stop()
    folder.begin([["seed=0"]], ["seed=0"])
    assert not folder.is_to_stop()
    assert [record["status"] for record in folder.records("it has not run")] == ["lost"]
    assert json.loads((tmp_path / "plan.json").read_text()) == {
        "members": [["seed=0"]],
        "typed": ["seed=0"],
    }
    assert folder.typed == ["seed=0"]


def test_what_a_killed_sweep_left_half_written_goes(tmp_path):
    folder = SweepFolder(tmp_path / "sweep")
    folder.path.mkdir()
    (folder.path / ".results.csv.o4619fz0").write_text("mem")
    (folder.path / "results.csv").write_text("member\n")
    with folder.held():
        assert {path.name for path in folder.path.iterdir()} == {
            ".lock",
            "results.csv",
            "runs.json",
        }
