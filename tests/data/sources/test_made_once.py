from __future__ import annotations

import threading

import pytest

from anomalog_exp.data.sources.made_once import made_once


def test_a_folder_is_made_once_whoever_asks(tmp_path):
    target = tmp_path / "above/target"
    made = []

    def make(folder):
        made.append(folder)
        (folder / "file").write_text("x")
        assert not target.exists()

    threads = [threading.Thread(target=made_once, args=(target, make)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert (target / "file").read_text() == "x"
    assert sorted(path.name for path in target.parent.iterdir()) == [".target.lock", "target"]


def test_a_folder_that_cannot_be_made_leaves_nothing(tmp_path):
    def make(folder):
        (folder / "file").write_text("x")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made_once(tmp_path / "target", make)
    assert [path.name for path in tmp_path.iterdir()] == [".target.lock"]


def test_what_a_killed_process_left_is_no_part_of_the_folder(tmp_path):
    (tmp_path / ".making-target/old").mkdir(parents=True)
    made_once(tmp_path / "target", lambda folder: (folder / "new").mkdir())
    assert [path.name for path in (tmp_path / "target").iterdir()] == ["new"]
    assert not (tmp_path / ".making-target").exists()
