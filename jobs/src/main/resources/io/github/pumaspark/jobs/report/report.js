"use strict";
(() => {
  const read = id => JSON.parse(document.getElementById(id).textContent);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (tag, text, properties = {}) =>
    Object.assign(document.createElement(tag), { textContent: text }, properties);
  const hidden = new Set();

  // The tooltip replaces these, which serve readers without scripts.
  all("svg .marker title").forEach(title => title.remove());

  function sortable(table) {
    const body = table.tBodies[0];
    all("th", table).forEach((heading, column) => {
      const button = make("button", heading.textContent, { type: "button" });
      heading.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = heading.getAttribute("aria-sort") === "ascending";
        all("th", table).forEach(other => other.removeAttribute("aria-sort"));
        heading.setAttribute("aria-sort", down ? "descending" : "ascending");
        const key = row => {
          const cell = row.cells[column];
          return cell.dataset.sort === undefined ? cell.textContent.trim() : Number(cell.dataset.sort);
        };
        const compare = (a, b) => {
          if (typeof a === "number" && typeof b === "number") return down ? b - a : a - b;
          // Rows without a number stay last in both directions.
          if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
          return (down ? -1 : 1) * a.localeCompare(b, "en", { numeric: true });
        };
        [...body.rows].map(row => [key(row), row])
          .sort((a, b) => compare(a[0], b[0]))
          .forEach(([, row]) => body.append(row));
      });
    });
  }

  function runSwitches() {
    all(".legend button").forEach(button => button.addEventListener("click", () => {
      const shown = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(shown));
      if (shown) hidden.delete(button.dataset.run); else hidden.add(button.dataset.run);
      all("g.run").forEach(g => g.classList.toggle("off", hidden.has(g.dataset.run)));
    }));
  }

  function samplerTabs(group) {
    const panels = all(".panel", group);
    if (panels.length < 2) return;
    const tabs = make("div", "Sampler setting: ", { className: "tabs" });
    const show = chosen => {
      panels.forEach((panel, i) => panel.classList.toggle("off", i !== chosen));
      all("button", tabs).forEach((tab, i) => tab.setAttribute("aria-pressed", String(i === chosen)));
    };
    panels.forEach((panel, i) => {
      const tab = make("button", panel.dataset.label, { type: "button" });
      tab.addEventListener("click", () => show(i));
      tabs.append(tab);
    });
    group.querySelector(".panels").before(tabs);
    group.classList.add("tabbed");
    show(0);
  }

  function settingsFilter() {
    const table = document.getElementById("settings-table");
    if (!table || !table.querySelector(".differs")) return;
    const box = make("input", "", { type: "checkbox" });
    const label = make("label", "", { className: "filter" });
    label.append(box, "Show only keys that differ");
    table.parentElement.before(label);
    box.addEventListener("change", () =>
      [...table.tBodies[0].rows].forEach(row =>
        row.classList.toggle("off", box.checked && !row.querySelector(".differs"))));
  }

  const tip = document.getElementById("tip");
  const swatches = new Map(all(".legend button").map(b => [b.dataset.run, b]));

  function hover(svg, series) {
    const cursor = svg.querySelector(".cursor");
    const xTitle = svg.querySelector(".label").textContent.replace(" (logarithmic)", "");
    let at = null;
    const visible = () => series.filter(s => s.x.length && !hidden.has(String(s.run)));
    const nearest = (s, x) => {
      let low = 0, high = s.x.length - 1;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (s.x[middle] <= x) low = middle; else high = middle;
      }
      return Math.abs(s.x[high] - x) < Math.abs(s.x[low] - x) ? high : low;
    };
    const hide = () => {
      tip.hidden = true;
      at = null;
      cursor.setAttribute("visibility", "hidden");
    };
    const show = x => {
      const rows = visible().map(s => [s, nearest(s, x)]);
      if (!rows.length) return hide();
      const [first, index] = rows.reduce((best, row) =>
        Math.abs(row[0].x[row[1]] - x) < Math.abs(best[0].x[best[1]] - x) ? row : best);
      at = first.x[index];
      const near = rows.filter(([s, i]) => Math.abs(s.x[i] - at) <= 8);
      const same = near.every(([s, i]) => s.label[i] === first.label[index]);
      cursor.setAttribute("x1", at);
      cursor.setAttribute("x2", at);
      cursor.setAttribute("visibility", "visible");
      const lines = near.map(([s, i]) => {
        const legend = swatches.get(String(s.run));
        const line = make("div", "");
        line.append(
          legend.querySelector("svg").cloneNode(true),
          legend.textContent.trim() + ": " + s.value[i]
            + (same ? "" : " at " + s.label[i]));
        return line;
      });
      tip.replaceChildren(make("div", same ? xTitle + " " + first.label[index] : xTitle), ...lines);
      tip.hidden = false;
      const box = svg.getBoundingClientRect();
      const left = box.left + at * box.width / svg.viewBox.baseVal.width;
      const room = document.documentElement.clientWidth;
      tip.style.left = Math.max(4,
        left + 14 + tip.offsetWidth < room ? left + 14 : left - 14 - tip.offsetWidth) + "px";
      tip.style.top = Math.max(4,
        Math.min(box.top + 20, window.innerHeight - tip.offsetHeight - 4)) + "px";
    };
    svg.addEventListener("pointermove", event => {
      const box = svg.getBoundingClientRect();
      show((event.clientX - box.left) * svg.viewBox.baseVal.width / box.width);
    });
    svg.addEventListener("pointerleave", hide);
    svg.addEventListener("blur", hide);
    svg.addEventListener("keydown", event => {
      if (event.key === "Escape") return hide();
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const stops = [...new Set(visible().flatMap(s => s.x))].sort((a, b) => a - b);
      if (!stops.length) return;
      const now = at === null ? (step > 0 ? -1 : stops.length) : stops.indexOf(at);
      show(stops[Math.max(0, Math.min(stops.length - 1, now + step))]);
    });
    window.addEventListener("scroll", hide, { passive: true });
  }

  function csv(rows) {
    const field = value => {
      if (value === null) return "";
      if (typeof value === "number") return String(value);
      // A leading apostrophe keeps spreadsheets from running a text as a formula.
      const text = /^[=+\-@\t\r]/.test(value) ? "'" + value : value;
      return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
    };
    return rows.map(row => row.map(field).join(",") + "\r\n").join("");
  }

  function downloads() {
    const files = Object.entries(read("tables-data"))
      .map(([name, rows]) => [name, "text/csv", () => csv(rows)]);
    const results = read("results-data");
    if (results.length) {
      files.push(["evaluations.json", "application/json", () => JSON.stringify(results, null, 1)]);
    }
    document.getElementById("links").replaceChildren(...files.map(([name, type, text]) => {
      const link = make("a", name, { download: name, href: "#downloads" });
      link.addEventListener("click", () => {
        link.href = URL.createObjectURL(new Blob([text()], { type }));
        setTimeout(() => { URL.revokeObjectURL(link.href); link.href = "#downloads"; }, 10000);
      });
      return link;
    }));
  }

  all("table").forEach(sortable);
  runSwitches();
  all(".group").forEach(samplerTabs);
  settingsFilter();
  Object.entries(read("hover-data")).forEach(([id, series]) => hover(document.getElementById(id), series));
  downloads();
  window.addEventListener("beforeprint", () => all("details").forEach(d => { d.open = true; }));
})();
