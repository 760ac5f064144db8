"""A document in every format: the same cells, and nothing from a log or a config read as markup."""

from __future__ import annotations

import csv
import io
from html.parser import HTMLParser

from anomalog_exp.results.comparison.formats import FORMATS, Document, Excerpt, Section

HOSTILE = r"a_b & 50% $x$ #1 {y} ~ ^ \z <script>alert(1)</script> | `c` *d*"
DOCUMENT = Document(
    "Runs of app_log",
    [
        Section(
            "Metrics",
            ["run", "f1", "note"],
            [{"run": HOSTILE, "f1": 0.5}, {"run": "[B]", "f1": 1.0, "note": "of\ntwo lines"}],
            notes=[f"All of {HOSTILE}"],
        ),
        Section("Misses", notes=["One."], excerpts=[Excerpt("<b>blk</b>", ["line 3: <i> & ```"])]),
    ],
    [{"run": HOSTILE, "f1": 1 / 3}, {"run": "B", "f1": 1.0, "p": 0.25}],
)


class Tables(HTMLParser):
    """The cells of a page's tables, its tags, and the text of its blocks of lines."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: list[str] = []
        self.lines = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data):
        tag = self.tags[-1] if self.tags else ""
        if tag in ("td", "th") and data.strip():
            self.rows[-1][-1] += data
        if tag == "pre":
            self.lines += data


def test_text_is_titles_tables_notes_and_lines():
    text = FORMATS["text"](DOCUMENT)
    assert text.startswith("Metrics\n=======\n\nrun ")
    assert "[B]" in text
    assert text.endswith("One.\n\n<b>blk</b>\n    line 3: <i> & ```\n")


def test_html_shows_the_cells_and_holds_no_tag_of_theirs():
    page = Tables(FORMATS["html"](DOCUMENT))
    assert page.rows == [
        ["run", "f1", "note"],
        [HOSTILE, "0.5000", ""],
        ["[B]", "1.0000", "of two lines"],
    ]
    assert not {"script", "i", "b"} & set(page.tags)
    assert "line 3: <i> & ```" in page.lines


def test_markdown_keeps_its_columns_and_shows_lines_as_code():
    text = FORMATS["markdown"](DOCUMENT)
    (row,) = [line for line in text.splitlines() if line.startswith("| a")]
    assert row.replace("\\|", "").count("|") == 4
    assert r"\<script\>" in row
    assert "\n    line 3: <i> & ```\n" in text


def test_csv_is_one_table_with_all_digits():
    rows = list(csv.DictReader(io.StringIO(FORMATS["csv"](DOCUMENT))))
    assert [row["run"] for row in rows] == [HOSTILE, "B"]
    assert [float(row["f1"]) for row in rows] == [1 / 3, 1.0]
    assert [row["p"] for row in rows] == ["", "0.25"]


def test_latex_escapes_every_special_character():
    text = FORMATS["latex"](DOCUMENT)
    assert (
        r"a\_b \& 50\% \$x\$ \#1 \{y\} \textasciitilde{} \textasciicircum{} \textbackslash{}z "
        r"\textless{}script\textgreater{}alert(1)\textless{}/script\textgreater{} \textbar{} `c` *d*"
        r" & 0.5000 &  \\"
    ) in text
    # After a line break a bracket would be its argument.
    assert r"{[B]} & 1.0000 & of two lines \\" in text
    for rule in ("toprule", "midrule", "bottomrule"):
        assert text.count(rf"\{rule}") == 1
    assert "line 3" not in text
