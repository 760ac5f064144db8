"use strict";
// Draws the figures of a page, and its table of members. All that it reads stands in the page.
{
  const read = (id) => {
    const element = document.getElementById(id);
    return element ? JSON.parse(element.textContent) : null;
  };

  // In an SVG, currentColor follows the page: light, dark and on paper.
  const ink = "currentColor";
  const texts = { labelColor: ink, titleColor: ink, labelFontSize: 11, titleFontSize: 11, titleFontWeight: "normal" };
  const config = {
    background: null,
    font: "system-ui, sans-serif",
    view: { stroke: null },
    axis: { ...texts, gridColor: ink, gridOpacity: 0.12, domainColor: ink, domainOpacity: 0.5, tickColor: ink, tickOpacity: 0.5 },
    legend: texts,
    text: { color: ink, fontSize: 11 },
    rule: { color: ink },
  };
  for (const place of document.querySelectorAll("[data-chart]")) {
    const spec = { ...read("charts")[place.dataset.chart], width: "container", autosize: { type: "fit-x", contains: "padding" } };
    vegaEmbed(place, spec, { mode: "vega-lite", renderer: "svg", actions: false, config }).catch((error) => {
      place.textContent = "This figure cannot be drawn: " + error.message;
      console.error(error);
    });
  }

  // On paper nothing can be opened.
  addEventListener("beforeprint", () => {
    for (const finding of document.querySelectorAll("details.finding")) finding.open = true;
  });

  const members = read("members");
  if (members) {
    const table = document.getElementById("members-table");
    const search = document.getElementById("members-search");
    const shown = document.getElementById("members-shown");
    const body = table.tBodies[0];
    const rows = members.rows.map((values) => {
      const row = document.createElement("tr");
      values.forEach((value, column) => {
        const cell = row.insertCell();
        const digits = members.digits[members.columns[column]];
        const text = value === null ? "" : digits === undefined ? String(value) : value.toFixed(digits);
        const link = column === 0 ? members.links[values[0]] : null;
        if (link) {
          const anchor = document.createElement("a");
          anchor.href = link;
          anchor.textContent = text;
          cell.append(anchor);
        } else {
          cell.textContent = text;
        }
        if (typeof value === "number") cell.className = "number";
      });
      return { row, values, text: row.textContent.toLowerCase() + " " + values.join(" ").toLowerCase() };
    });
    const empty = (value) => value === null || value === "";
    const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b
      : String(a).localeCompare(String(b), "en", { numeric: true }));
    const show = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const kept = rows.filter(({ text }) => words.every((word) => text.includes(word)));
      body.replaceChildren(...kept.map(({ row }) => row));
      shown.textContent = kept.length === rows.length ? rows.length + " members" : kept.length + " of " + rows.length + " members";
    };
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
      // Figures are read from the largest down, names from A on; the second click turns it round.
      const numeric = rows.some(({ values }) => typeof values[column] === "number");
      const before = head.getAttribute("aria-sort");
      const down = before === null ? numeric && column > 0 : before === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      rows.sort(({ values: a }, { values: b }) => {
        if (empty(a[column]) || empty(b[column])) return empty(a[column]) - empty(b[column]);
        return (down ? -1 : 1) * compare(a[column], b[column]);
      });
      show();
    }));
    search.addEventListener("input", show);
    show();
  }
}
