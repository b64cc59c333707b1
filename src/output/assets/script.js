// Sorting and filtering of tables, values of charts, folded parts that a link leads to. The page says
// everything without it. `words` comes with the page, in its language.
(() => {
  const make = (name, className, text) => {
    const element = document.createElement(name);
    element.className = className;
    if (text) element.textContent = text;
    return element;
  };

  // ---- tables -------------------------------------------------------------------------------

  const isRow = (row) => !row.classList.contains("group") && !row.classList.contains("rest");
  const number = (cell) => {
    const value = cell && cell.dataset.sort;
    return value === undefined || value === "" ? null : Number(value);
  };

  // Missing figures stay at the end, whichever way the rest is sorted; equal ones keep their order.
  const compare = (column, direction) => (a, b) => {
    const [left, right] = [a.cells[column], b.cells[column]];
    const [x, y] = [number(left), number(right)];
    if (x !== null && y !== null) return direction * (x - y);
    if (x !== null) return -1;
    if (y !== null) return 1;
    if (column > 0 && left.classList.contains("number")) return 0;
    return direction * left.textContent.localeCompare(right.textContent, document.documentElement.lang);
  };

  const sort = (table, column, direction) => {
    for (const body of table.tBodies) {
      if (body.classList.contains("total")) continue;
      const last = body.querySelector("tr.rest");
      const rows = [...body.rows].filter(isRow).sort(compare(column, direction));
      rows.forEach((row) => body.insertBefore(row, last));
    }
  };

  const addSorting = (table) => {
    const headers = [...table.tHead.rows[0].cells];
    headers.forEach((header, column) => {
      if (header.classList.contains("plain")) return;
      const title = header.innerText.replace(/\s+/g, " ").trim();
      const button = make("button", "sort");
      button.type = "button";
      button.setAttribute("aria-label", words.sort.replace("{column}", title));
      button.addEventListener("click", () => {
        const first = column === 0 ? 1 : -1;
        const current = header.getAttribute("aria-sort");
        const direction = current === null ? first : current === "ascending" ? -1 : 1;
        headers.forEach((other) => other.removeAttribute("aria-sort"));
        header.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
        sort(table, column, direction);
      });
      header.insertBefore(button, header.querySelector(".unit"));
    });
  };

  const addFilter = (table) => {
    const box = make("div", "filter");
    const label = make("label", "", words.filter);
    const input = make("input", "");
    const found = make("span", "found");
    input.type = "search";
    found.setAttribute("role", "status");
    label.append(" ", input);
    box.append(label, found);
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLocaleLowerCase();
      let all = 0;
      for (const body of table.tBodies) {
        if (body.classList.contains("total")) continue;
        let shown = 0;
        for (const row of body.rows) {
          if (!isRow(row)) continue;
          row.hidden = !row.cells[0].textContent.toLocaleLowerCase().includes(wanted);
          if (!row.hidden) shown += 1;
        }
        // Rows that are not in this table may match too: the way to them stays.
        body.hidden = shown === 0 && !body.querySelector("tr.rest");
        all += shown;
      }
      found.textContent = wanted === "" ? "" : words.rows.replace("{n}", all);
    });
    table.closest(".scroll").before(box);
  };

  const equip = (table) => {
    if (table.dataset.ready) return;
    table.dataset.ready = "yes";
    const rows = [...table.querySelectorAll("tbody:not(.total) > tr")].filter(isRow).length;
    if (rows > 1) addSorting(table);
    if (rows > 12) addFilter(table);
  };

  // A folded table is equipped when it is opened: its headers have no text before.
  for (const table of document.querySelectorAll(".scroll > table")) {
    const fold = table.closest("details");
    if (!fold || fold.open) equip(table);
    else fold.addEventListener("toggle", () => equip(table), { once: true });
  }

  // ---- charts -------------------------------------------------------------------------------

  const tip = make("div", "tip");
  tip.setAttribute("role", "status");
  tip.hidden = true;
  document.body.append(tip);

  const show = (text, box) => {
    tip.textContent = text;
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect();
    const room = document.documentElement.clientWidth - width - 8;
    const left = Math.max(8, Math.min(box.left + box.width / 2 - width / 2, room));
    const above = box.top - height - 8;
    tip.style.left = `${left + scrollX}px`;
    tip.style.top = `${(above > 8 ? above : box.bottom + 8) + scrollY}px`;
  };
  const hide = () => {
    tip.hidden = true;
  };

  for (const svg of document.querySelectorAll(".drawing svg")) {
    const spots = [...svg.querySelectorAll(".spot")];
    if (spots.length === 0) continue;
    // Its words are shown by the script instead of the browser, at once and for the keyboard too.
    for (const spot of spots) {
      const title = spot.querySelector("title");
      spot.dataset.value = title.textContent;
      title.remove();
    }
    let at = -1;
    const mark = (next) => {
      if (spots[at]) spots[at].classList.remove("on");
      at = next;
      const spot = spots[at];
      if (!spot) return hide();
      spot.classList.add("on");
      return show(spot.dataset.value, spot.getBoundingClientRect());
    };
    svg.setAttribute("tabindex", "0");
    svg.addEventListener("pointermove", (event) => {
      const spot = event.target.closest(".spot");
      const next = spots.indexOf(spot);
      if (next !== at || tip.hidden) mark(next);
    });
    svg.addEventListener("pointerleave", () => mark(-1));
    svg.addEventListener("focus", () => {
      if (svg.matches(":focus-visible")) show(words.values, svg.getBoundingClientRect());
    });
    svg.addEventListener("blur", () => mark(-1));
    svg.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") mark(-1);
      if (step === undefined) return;
      event.preventDefault();
      const start = step > 0 ? -1 : spots.length;
      mark(((at < 0 ? start : at) + step + spots.length) % spots.length);
    });
  }

  // ---- folded parts -------------------------------------------------------------------------

  const unfold = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    let folded = false;
    for (let part = target; part; part = part.parentElement) {
      if (part.tagName === "DETAILS" && !part.open) folded = part.open = true;
    }
    if (folded) target.scrollIntoView();
  };
  addEventListener("hashchange", unfold);
  unfold();

  // Paper can't be unfolded.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((part) => part.setAttribute("open", ""));
  });
  addEventListener("afterprint", () => opened.forEach((part) => part.removeAttribute("open")));
})();
