"""The command that makes pages again, of runs and of sweeps."""

from __future__ import annotations

import json
import shutil

import pytest

from anomalog_exp.commands import report
from anomalog_exp.errors import ConfigError
from tests.command import command
from tests.reporting import Page, demo


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return demo(tmp_path_factory.mktemp("report"))


@pytest.fixture
def run_dir(stored, tmp_path, monkeypatch):
    monkeypatch.setenv("ANOMALOG_CACHE_DIR", str(tmp_path / "cache"))
    cached = stored.config.paths.cache_dir / "report"
    shutil.copytree(cached, tmp_path / "cache/report")
    return shutil.copytree(stored.paths.run_dir, tmp_path / "demo" / stored.paths.run_dir.name)


def test_the_page_of_a_run_is_made_again(run_dir, capsys):
    (run_dir / "report.html").unlink()
    assert report.main([str(run_dir)]) == 0
    assert capsys.readouterr().out == f"{run_dir / 'report.html'}\n"
    assert "demo" in Page((run_dir / "report.html").read_text()).text
    assert not (run_dir / "figures").exists()


def test_figures_come_on_request(run_dir):
    assert report.main([str(run_dir), "--figures", "svg", "--out", str(run_dir / "x.html")]) == 0
    assert (run_dir / "x.html").is_file()
    assert (run_dir / "figures/scores.svg").read_text().startswith("<svg")


def test_a_sweep_and_its_members_in_one_command(tmp_path):
    swept = command(
        "dataset.source.lines=3000",
        "tracking=none",
        "seed=0,1",
        "report.page=false",
        "-m",
        "hydra/launcher=basic",
        cwd=tmp_path,
    )
    assert swept.returncode == 0, swept.stderr
    (folder,) = tmp_path.glob("outputs/sweeps/*")
    members = sorted(path.parent for path in tmp_path.glob("outputs/*/*/status.json"))
    assert not list(tmp_path.rglob("report.html"))
    shutil.rmtree(folder / "members")
    (folder / "members").mkdir()  # what is left when its workers were killed
    done = command("report", str(folder), *map(str, members), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{one}/report.html" for one in (folder, *members)]
    text = Page((folder / "report.html").read_text()).text
    assert "2 members: 2 lost." in text
    assert "python -m anomalog_exp dataset.source.lines=3000 tracking=none seed=0,1" in text


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda run_dir: (run_dir / "status.json").unlink(), "neither a run nor a sweep"),
        (lambda run_dir: shutil.rmtree(run_dir), "neither a run nor a sweep"),
        (lambda run_dir: (run_dir / "status.json").write_text("{}"), "it is damaged"),
        (lambda run_dir: (run_dir / "metrics.json").write_text("{}"), "metrics.json has changed"),
        (lambda run_dir: (run_dir / "findings.json").unlink(), "findings.json is missing"),
        (
            lambda run_dir: (run_dir / "status.json").write_text(
                json.dumps(
                    json.loads((run_dir / "status.json").read_text()) | {"status": "running"}
                )
            ),
            "the run has not ended",
        ),
    ],
)
def test_what_is_no_run_is_a_mistake_in_four_parts(run_dir, spoil, problem):
    page = run_dir / "report.html"
    before = page.read_bytes()
    spoil(run_dir)
    with pytest.raises(ConfigError, match=problem) as error:
        report.main([str(run_dir)])
    assert all(f"\n  {part}:" in str(error.value) for part in ("value", "allowed", "to do"))
    assert not page.exists() or page.read_bytes() == before


def test_one_file_holds_one_page(run_dir, tmp_path):
    with pytest.raises(ConfigError, match=r"^--out: there are 2 pages to write"):
        report.main([str(run_dir), str(run_dir), "--out", str(tmp_path / "x.html")])
    with pytest.raises(ConfigError, match=r"^--out: this is a folder"):
        report.main([str(run_dir), "--out", str(tmp_path)])
