
"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  if (!at("filters")) return;
  const data = JSON.parse(at("data").textContent);
  const value = {};
  for (const [name, column] of Object.entries(data.columns)) {
    value[name] = Array.isArray(column) ? (row) => column[row] : (row) => column.v[column.i[row]];
  }
  const ids = Object.keys(data.classes);
  const severities = ["critical", "high", "medium", "low"];
  const rank = new Map(ids.map((id, place) => [id, severities.indexOf(data.classes[id].severity) * 100 + place]));
  const filters = ["search", "group", "class", "currency", "age", "news"].map(at).filter(Boolean);
  const size = matchMedia("(max-width: 52rem)").matches ? Math.ceil(data.page / 4) : data.page;
  const state = { sort: "", down: false, page: 0, found: [] };
  const count = (number) => number.toLocaleString("en-US");
  const several = (number, one, many) => `${count(number)} ${number === 1 ? one : many}`;

  const money = (text) => {
    if (!text) return "";
    const [whole, rest] = text.replace("-", "").split(".");
    return (text[0] === "-" ? "−" : "") + whole.replace(/\B(?=(\d{3})+$)/g, ",") + (rest ? `.${rest}` : "");
  };
  const age = (seconds) => {
    if (seconds === null) return "";
    for (const [unit, name] of [[86400, "days"], [3600, "hours"], [60, "minutes"]]) {
      if (seconds >= 2 * unit) return `${count(Math.floor(seconds / unit))} ${name}`;
    }
    return seconds >= 60 ? "a minute" : "just now";
  };
  const moment = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ") + " UTC";
  const number = (row) => value.out(row) || value.trade(row) || value.tx(row) || value.entries(row) || "–";

  // Amounts are compared as whole numbers of their eighteenth decimal: exactly.
  const exact = (text) => {
    if (!text) return null;
    const [whole, rest = ""] = text.replace("-", "").split(".");
    const units = BigInt(whole + rest.padEnd(18, "0"));
    return text[0] === "-" ? -units : units;
  };
  const keys = {
    class: (row) => rank.get(value.class(row)),
    number,
    stake: (row) => exact(value.stake(row)),
    ledger: (row) => exact(value.ledger(row)),
    gateway: (row) => exact(value.gateway(row)),
    age: (row) => value.age(row),
  };
  const cache = {};
  const keyed = (name) => (cache[name] ??= Array.from({ length: data.rows }, (_, row) => keys[name](row)));
  let words = null;
  const searched = () =>
    (words ??= Array.from({ length: data.rows }, (_, row) =>
      [
        number(row), value.trade(row), value.tx(row), value.sentence(row), data.classes[value.class(row)].title,
        value.class(row), value.currency(row), value.app(row), value.stake(row), money(value.stake(row)),
        value.ledger(row), money(value.ledger(row)), value.gateway(row), money(value.gateway(row)), value.booked(row),
        value.status(row), value.entries(row), value.payouts(row), value.id(row), value.kind(row),
      ].join("\n").toLowerCase()));

  const made = (tag, name, text) => {
    const node = document.createElement(tag);
    if (name) node.className = name;
    if (text !== undefined) node.textContent = text;
    return node;
  };
  const cell = (label, figure, soft) => {
    const node = made("td", "number");
    node.dataset.label = label;
    node.append(made("span", "figure", figure || "–"), " ", made("span", "soft", soft));
    return node;
  };
  const line = (row) => {
    const about = data.classes[value.class(row)];
    const node = made("tr");
    const kind = made("td");
    kind.append(made("span", `chip ${about.severity}`, about.severity), " ", made("span", "title", about.title));
    if (value.news(row)) kind.append(" ", made("span", "news", value.news(row)));
    const head = made("th");
    head.scope = "row";
    head.append(made("code", "", number(row)));
    const old = made("td", "number", age(value.age(row)));
    old.dataset.label = "Age";
    const details = made("details");
    const list = made("dl");
    const told = [
      ["To do", about.remedy], ["Since", value.at(row) === null ? "" : moment(value.at(row))],
      ["out_trade_no", value.out(row)], ["trade_no", value.trade(row)], ["txid", value.tx(row)],
      ["App", value.app(row)], ["Kind", value.kind(row)], ["At stake, exactly", value.stake(row)],
      ["Ledger, exactly", value.ledger(row)], ["HaloPay, exactly", value.gateway(row)],
      ["Entries of the ledger", value.entries(row)], ["Events of the inbox", value.events(row)],
      ["Payouts of the journal", value.payouts(row)], ["Id of the break", value.id(row)],
    ];
    for (const [label, text] of told) {
      if (!text) continue;
      const pair = made("div");
      pair.append(made("dt", "", label), made("dd", "", text));
      list.append(pair);
    }
    details.append(made("summary", "", value.sentence(row)), list);
    const why = made("td", "why");
    why.append(details);
    node.append(
      kind, head, cell("At stake", money(value.stake(row)), value.currency(row)),
      cell("Ledger", money(value.ledger(row)), value.booked(row)),
      cell("HaloPay", money(value.gateway(row)), value.status(row)), old, why,
    );
    return node;
  };

  const find = () => {
    const chosen = Object.fromEntries(filters.map((each) => [each.id, each.value]));
    const asked = chosen.search.toLowerCase().split(/\s+/).filter(Boolean);
    const span = data.ages.find(([label]) => label === chosen.age);
    const texts = asked.length ? searched() : null;
    const found = [];
    for (let row = 0; row < data.rows; row += 1) {
      if (value.group(row) !== chosen.group) continue;
      if (chosen.class && value.class(row) !== chosen.class) continue;
      if (chosen.currency && value.currency(row) !== chosen.currency) continue;
      if (chosen.news && value.news(row) !== chosen.news) continue;
      if (span) {
        const seconds = value.age(row);
        if (seconds === null || seconds < span[1] || (span[2] !== null && seconds >= span[2])) continue;
      }
      if (texts && !asked.every((word) => texts[row].includes(word))) continue;
      found.push(row);
    }
    if (state.sort) {
      const key = keyed(state.sort);
      const way = state.down ? -1 : 1;
      found.sort((one, other) => {
        const [a, b] = [key[one], key[other]];
        if (a === b) return one - other;
        if (a === null) return 1;
        if (b === null) return -1;
        return (a < b ? -1 : 1) * way;
      });
    }
    state.found = found;
  };
  const show = () => {
    const { found } = state;
    const pages = Math.max(1, Math.ceil(found.length / size));
    state.page = Math.min(Math.max(state.page, 0), pages - 1);
    const start = state.page * size;
    const rows = found.slice(start, start + size);
    at("body").replaceChildren(...rows.map(line));
    const group = at("group").value;
    const all = totals[group];
    const names = { breaks: ["break", "breaks"], timing: ["timing difference", "timing differences"], resolved: ["resolved break", "resolved breaks"] }[group];
    const of = found.length === all ? several(all, ...names) : `${count(found.length)} of ${several(all, ...names)}`;
    at("told").textContent = found.length > rows.length ? `${of}; rows ${count(start + 1)} to ${count(start + rows.length)}` : of;
    at("where").textContent = `Page ${count(state.page + 1)} of ${count(pages)}`;
    at("pages").hidden = pages === 1;
    at("first").disabled = at("back").disabled = state.page === 0;
    at("on").disabled = at("last").disabled = state.page === pages - 1;
  };
  const again = () => { state.page = 0; find(); show(); };
  const turn = (page) => {
    const reading = at("body").contains(document.activeElement);
    state.page = page;
    show();
    at("every").scrollIntoView();
    if (reading) at("body").querySelector("summary").focus();
  };
  const sort = (name, down) => {
    Object.assign(state, { sort: name, down });
    for (const head of heads) {
      if (head.dataset.sort === name) head.setAttribute("aria-sort", down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    at("order").value = name ? `${name} ${down}` : "";
    again();
  };

  const totals = { breaks: 0, timing: 0, resolved: 0 };
  const classes = new Set(), currencies = new Set();
  for (let row = 0; row < data.rows; row += 1) {
    totals[value.group(row)] += 1;
    classes.add(value.class(row));
    currencies.add(value.currency(row));
  }
  const option = (select, text, key) => { at(select).append(new Option(text, key)); };
  [...classes].sort((a, b) => rank.get(a) - rank.get(b)).forEach((id) => option("class", data.classes[id].title, id));
  [...currencies].sort().forEach((name) => option("currency", name, name));
  data.ages.forEach(([label]) => option("age", label, label));
  const orders = [
    ["the most pressing first", "", false], ["the most at stake first", "stake", true], ["the oldest first", "age", true],
    ["the newest first", "age", false], ["by number", "number", false],
  ];
  orders.forEach(([text, key, down]) => option("order", text, key ? `${key} ${down}` : ""));

  const heads = [...document.querySelectorAll("th[data-sort]")];
  for (const head of heads) {
    const button = made("button", "", head.textContent);
    button.type = "button";
    const first = ["stake", "ledger", "gateway", "age"].includes(head.dataset.sort);
    button.addEventListener("click", () => sort(head.dataset.sort, state.sort === head.dataset.sort ? !state.down : first));
    head.replaceChildren(button);
  }
  at("order").addEventListener("change", (event) => {
    const [name, down] = event.target.value.split(" ");
    sort(name, down === "true");
  });
  let waiting = 0;
  at("search").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(again, 120); });
  filters.slice(1).forEach((each) => each.addEventListener("change", again));
  at("filters").addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(waiting); again(); });
  at("clear").addEventListener("click", () => { at("filters").reset(); sort("", false); at("search").focus(); });
  at("first").addEventListener("click", () => turn(0));
  at("back").addEventListener("click", () => turn(state.page - 1));
  at("on").addEventListener("click", () => turn(state.page + 1));
  at("last").addEventListener("click", () => turn(Infinity));
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-class]");
    if (!link) return;
    at("filters").reset();
    at("group").value = link.dataset.group;
    at("class").value = link.dataset.class;
    sort("", false);
    at("table").focus();
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      at("search").focus();
    } else if (event.altKey && (event.key === "ArrowLeft" || event.key === "ArrowRight") && event.target.closest("#every")) {
      event.preventDefault();
      turn(state.page + (event.key === "ArrowLeft" ? -1 : 1));
    } else if ((event.key === "ArrowUp" || event.key === "ArrowDown") && event.target.closest(".why summary")) {
      const all = [...at("body").querySelectorAll("summary")];
      const next = all[all.indexOf(event.target.closest("summary")) + (event.key === "ArrowUp" ? -1 : 1)];
      if (next) { event.preventDefault(); next.focus(); }
    }
  });
  find();
  at("filters").hidden = false;
  document.querySelector(".keys").hidden = false;
  show();
})();
