// Sorting and filtering of tables. The page says everything without it.
"use strict";
(() => {
  // The page puts its own language in their place.
  const words = { sort: "Sort by {column}", filter: "Filter rows" };

  const number = (cell) => {
    const value = cell && cell.dataset.sort;
    return value === undefined || value === "" ? null : Number(value);
  };

  // Missing figures stay at the end, whichever way the rest is sorted; equal ones keep their order.
  const compare = (column, direction) => (a, b) => {
    const [left, right] = [a.cells[column], b.cells[column]];
    if (column > 0 && !left.dataset.sort && !right.dataset.sort && left.classList.contains("number")) return 0;
    const [x, y] = [number(left), number(right)];
    if (x === null && y === null) return direction * left.textContent.localeCompare(right.textContent);
    if (x === null) return 1;
    if (y === null) return -1;
    return direction * (x - y);
  };

  const sort = (table, column, direction) => {
    for (const body of table.tBodies) {
      if (body.classList.contains("total")) continue;
      const rows = [...body.rows].filter((row) => !row.classList.contains("group"));
      rows.sort(compare(column, direction)).forEach((row) => body.append(row));
    }
  };

  const addSorting = (table) => {
    const headers = [...table.tHead.rows[0].cells];
    headers.forEach((header, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.setAttribute("aria-label", words.sort.replace("{column}", header.innerText.replace(/\s+/g, " ").trim()));
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
    const label = document.createElement("label");
    const input = document.createElement("input");
    label.className = "filter";
    input.type = "search";
    label.append(words.filter, " ", input);
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLocaleLowerCase();
      for (const body of table.tBodies) {
        if (body.classList.contains("total")) continue;
        let shown = 0;
        for (const row of body.rows) {
          if (row.classList.contains("group")) continue;
          row.hidden = !row.cells[0].textContent.toLocaleLowerCase().includes(wanted);
          if (!row.hidden) shown += 1;
        }
        body.hidden = shown === 0;
      }
    });
    table.closest(".scroll").before(label);
  };

  for (const table of document.querySelectorAll(".scroll > table")) {
    const rows = table.querySelectorAll("tbody:not(.total) > tr:not(.group)").length;
    if (rows > 1) addSorting(table);
    if (rows > 12) addFilter(table);
  }
})();
