// Search over the rules of the catalogue. The state stands in the address, behind #, so that it can be
// linked to: q (words, all of which must stand somewhere), level, set.
"use strict";

(() => {
  const root = document.body.dataset.root;
  const form = document.getElementById("find");
  const field = document.getElementById("q");
  const list = document.getElementById("rules");

  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      field.focus();
      field.select();
    }
  });

  // The page of a rule has no list: its search leads to the overview.
  if (!list) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      location.href = root + "index.html#q=" + encodeURIComponent(field.value.trim());
    });
    return;
  }

  const rows = Array.from(list.children);
  const words = globalThis.backtrailRules.map((texts) => texts.map((text) => text.toLowerCase()));
  const summary = document.getElementById("summary");
  const head = document.getElementById("top");
  const found = document.getElementById("found");
  const none = document.getElementById("none");
  const level = document.getElementById("level");
  const set = document.getElementById("set");
  document.getElementById("choose").hidden = false;

  // How well a rule fits: 0 not at all; a word counts most in the title, then in names.
  const fit = (texts, wanted) => {
    let sum = 1;
    for (const word of wanted) {
      const place = texts.findIndex((text) => text.includes(word));
      if (place < 0) return 0;
      sum += [9, 3, 1][place];
    }
    return sum;
  };

  const show = () => {
    const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const searching = wanted.length > 0 || level.value !== "" || set.value !== "";
    const fits = rows.map((row, at) => {
      if (level.value !== "" && row.dataset.level !== level.value) return 0;
      if (set.value !== "" && row.dataset.set !== set.value) return 0;
      return fit(words[at], wanted);
    });
    const order = rows.map((_, at) => at);
    if (wanted.length > 0) order.sort((a, b) => fits[b] - fits[a] || a - b);
    list.append(...order.map((at) => rows[at]));
    let count = 0;
    rows.forEach((row, at) => {
      row.hidden = fits[at] === 0;
      count += fits[at] === 0 ? 0 : 1;
    });
    summary.hidden = searching;
    head.hidden = searching;
    document.body.classList.toggle("searching", searching);
    none.hidden = count > 0;
    found.textContent = !searching ? "All rules" : count === 1 ? "1 rule" : count + " rules";
  };

  const options = (select, value) => {
    select.value = Array.from(select.options).some((option) => option.value === value) ? value : "";
  };

  const read = () => {
    // Anything else behind # is the place of a section.
    const state = new URLSearchParams(location.hash.slice(1));
    field.value = state.get("q") ?? "";
    options(level, state.get("level") ?? "");
    options(set, state.get("set") ?? "");
    show();
  };

  const write = () => {
    const state = new URLSearchParams();
    if (field.value.trim() !== "") state.set("q", field.value.trim());
    if (level.value !== "") state.set("level", level.value);
    if (set.value !== "") state.set("set", set.value);
    const hash = state.toString();
    history.replaceState(null, "", hash === "" ? location.pathname : "#" + hash);
    show();
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (field.value.trim() !== "") list.querySelector("li:not([hidden]) a")?.focus();
  });
  field.addEventListener("input", write);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      field.value = "";
      write();
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      list.querySelector("li:not([hidden]) a")?.focus();
    }
  });
  list.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const links = Array.from(list.querySelectorAll("li:not([hidden]) a"));
    const at = links.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    event.preventDefault();
    (at < 0 ? field : (links[at] ?? links[links.length - 1])).focus();
  });
  level.addEventListener("change", write);
  set.addEventListener("change", write);
  addEventListener("hashchange", () => {
    read();
    if (/^#(q|level|set)=/.test(location.hash)) scrollTo(0, 0);
  });
  read();
})();
