from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from anomalog_exp import __version__
from tests.command import charts_at_hand, environment

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    arguments = ["--no-deps", "--no-build-isolation", "-q", "-w", str(folder), str(ROOT)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *arguments], check=True, timeout=120)
    (path,) = folder.glob("*.whl")
    return path


def test_an_installed_wheel_runs_from_any_directory(wheel, tmp_path):
    site, elsewhere = tmp_path / "site", tmp_path / "elsewhere"
    elsewhere.mkdir()
    zipfile.ZipFile(wheel).extractall(site)
    where = (
        "import anomalog_exp, sys; print(anomalog_exp.__file__);"
        "from anomalog_exp.__main__ import main;"
        "sys.exit(main(['dataset.source.lines=3000', 'tracking=none', 'seed=0,1', '-m', 'hydra/launcher=basic']))"
    )
    with charts_at_hand(elsewhere):
        done = subprocess.run(
            [sys.executable, "-c", where],
            cwd=elsewhere, env=environment(PYTHONPATH=str(site)), capture_output=True, text=True,
            timeout=120,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(site))
    assert "2 members: 2 done" in done.stdout
    assert (elsewhere / "outputs").is_dir()


def test_the_wheel_holds_every_option_and_no_tests(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    here = {f"anomalog_exp/{path.relative_to(ROOT)}" for path in (ROOT / "conf").rglob("*.yaml")}
    assert {name for name in names if "/local/" not in name} >= {
        n for n in here if "/local/" not in n
    }
    assert "hydra_plugins/anomalog_exp_sweepers.py" in names
    assert not any(name.startswith("tests") for name in names)
    assert "anomalog_exp/py.typed" in names
    pages = {
        "page.html.j2",
        "page.js",
        "parts.html.j2",
        "run.html.j2",
        "style.css",
        "sweep.html.j2",
    }
    assert {f"anomalog_exp/report/pages/{name}" for name in pages} <= names


def test_the_source_archive_holds_what_a_checkout_needs(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    tracked = {"conf/config.yaml", "docs/index.md", "docs/style.css", "mkdocs.yml", "CITATION.cff"}
    assert names >= tracked | {
        "README.md",
        "constraints.txt",
        "scripts/docs_tables.py",
        "tests/web.py",
    }
    assert not any(name.startswith("conf/local/") for name in names)


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == __version__
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert citation["license"] == project["license"]
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()
    assert f"\n## {__version__}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("form", ["bug", "other_figures"])
def test_a_form_of_issues_asks_for_what_is_needed(form):
    path = ROOT / f".github/ISSUE_TEMPLATE/{form}.yml"
    fields = yaml.safe_load(path.read_text(encoding="utf-8"))["body"]
    required = [one for one in fields if one.get("validations", {}).get("required")]
    assert len(required) >= 4
    assert len({one["id"] for one in fields if "id" in one}) == len(fields) - 1
    assert all(one["attributes"]["label"] for one in required)


def test_the_console_script_is_the_same_command():
    entry = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert entry == {"anomalog-exp": "anomalog_exp.__main__:main"}
    script = Path(sys.executable).with_name("anomalog-exp")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, timeout=60)
    assert re.fullmatch(r"anomalog_exp \d+\.\d+\.\d+\n", done.stdout)


def test_constraints_pin_versions_and_name_no_host():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert lines
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!-]+", line) for line in lines)
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in lines}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    optional = [text for texts in project["optional-dependencies"].values() for text in texts]
    wanted = {re.split(r"[<>=\[]", text)[0] for text in [*project["dependencies"], *optional]}
    assert wanted <= pinned
    # Whoever works on the package has what any extra brings.
    assert set(optional) == set(project["optional-dependencies"]["dev"])
