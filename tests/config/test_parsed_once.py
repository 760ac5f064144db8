"""Files of options are parsed once, are read anew when they change, and stay as they were parsed."""

from __future__ import annotations

import hydra
from hydra._internal.core_plugins.file_config_source import FileConfigSource
from hydra.core.global_hydra import GlobalHydra
from omegaconf import open_dict

from anomalog_exp.config.compose import compose, hydra_set_aside
from anomalog_exp.options.groups import conf_dir


def test_a_file_is_parsed_when_it_is_asked_for_first(monkeypatch):
    parsed = []
    by_hydra = FileConfigSource.load_config

    def counted(self, config_path):
        parsed.append(config_path)
        return by_hydra(self, config_path)

    first = compose(["model=markov"])
    monkeypatch.setattr(FileConfigSource, "load_config", counted)
    assert compose(["model=markov"]) == first
    assert parsed == []


def test_a_text_of_the_same_length_is_another_text(tmp_path):
    option = tmp_path / "model/mine.yaml"
    option.parent.mkdir()
    for smoothing in (0.25, 0.75, 0.25):
        option.write_text(
            f"defaults:\n  - template_frequency\n  - _self_\nsmoothing: {smoothing}\n"
        )
        assert compose(["model=mine"], config_dir=tmp_path).model.smoothing == smoothing


def test_what_was_composed_may_be_changed():
    first = compose()
    with open_dict(first):
        first.model.smoothing = 7.0
        first.dataset.source.more = [1]
    again = compose()
    assert again.model.smoothing != 7.0
    assert "more" not in again.dataset.source


def test_another_application_of_hydra_has_files_of_its_own():
    compose()
    with hydra_set_aside(), hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
        sources = GlobalHydra.instance().config_loader().get_sources()
    assert {type(source).__module__.partition(".")[0] for source in sources} == {"hydra"}
