"""What the README and the pages promise besides their commands: set-up, names, links, files of a run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.command import command
from tests.docs.shown import PAGES, README, ROOT, blocks

INSTALL_AND_RUN = (
    "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt -e . "
    "&& .venv/bin/python -m anomalog_exp"
)
INSTALL_AND_TEST = (
    "python3 -m venv .venv && .venv/bin/pip install -q -c constraints.txt -e '.[dev]' "
    "&& .venv/bin/python -m pytest"
)
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def test_the_two_set_up_commands_are_one_line_each_and_ci_runs_the_second_first():
    shown = [block.text.strip() for block in blocks(README, "bash")]
    assert INSTALL_AND_RUN in shown
    assert INSTALL_AND_TEST in shown
    ci = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    run = [line for line in ci if ".venv" in line]
    assert run[0] == INSTALL_AND_TEST
    assert any(line.endswith(".venv/bin/mkdocs build -q --strict") for line in run)


@pytest.mark.parametrize("page", [README, ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_links_lead_to_files_that_are_there(page):
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert links
    for link in links:
        assert "://" in link or (page.parent / link).is_file(), link


def test_the_readme_leads_to_every_page():
    text = README.read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert f"](docs/{page.name})" in text


def test_every_script_and_every_command_is_on_some_page():
    texts = TEXT + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for path in (ROOT / "scripts").glob("*.py"):
        # benchmark_stages.py and the like are parts of benchmark.py, docs_values.py of docs_tables.py.
        whole = re.sub(r"^(benchmark|docs|reliability)_\w+", r"\1", path.stem).replace(
            "docs", "docs_tables"
        )
        assert f"scripts/{whole}.py" in texts
    for path in (ROOT / "anomalog_exp/commands").glob("[!_]*.py"):
        assert f"python -m anomalog_exp {path.stem}" in TEXT


def test_the_files_of_a_run_are_all_on_the_page_of_results(tmp_path):
    page = (ROOT / "docs/results.md").read_text(encoding="utf-8")
    done = command("write_predictions=true", "dataset.source.lines=3000", cwd=tmp_path)
    run_dir = Path(next(x for x in done.stdout.splitlines() if x.startswith("run dir"))[9:])
    for path in run_dir.iterdir():
        name = path.suffix if path.name == "predictions.jsonl" else path.name
        assert f"`{name}`" in page


def test_the_excerpt_of_the_anomalies_is_that_of_the_demo(tmp_path):
    (excerpt,) = [one.text for one in blocks(ROOT / "docs/results.md", "text") if "#1 " in one.text]
    done = command("tracking=none", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (path,) = tmp_path.glob("outputs/*/*/anomalies.txt")
    lines = path.read_text(encoding="utf-8").splitlines()
    for line in excerpt.splitlines():
        assert any(one.startswith(line.removesuffix("...").rstrip()) for one in lines), line


def test_keys_that_pages_name_exist():
    from anomalog_exp.config import load_run_config

    config = load_run_config()
    groups = ("paths", "sweep", "evaluation", "sequence", "split", "template")
    others = [
        load_run_config([f"sequence={name}"]).sequence for name in ("fixed", "time", "stream")
    ]
    others += [
        load_run_config([f"split={name}"]).split
        for name in ("prefix_count", "normal_only", "random")
    ]
    others.append(load_run_config(["split=by_file", "split.train=[a.log]"]).split)
    for group, key in set(re.findall(rf"`({'|'.join(groups)})\.(\w+)", TEXT)):
        known = [getattr(config, group), *others]
        assert any(hasattr(one, key) for one in known), f"{group}.{key}"
