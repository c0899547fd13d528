// Asks the sandbox where the order stands and writes that down. All words, and the time, are the sandbox's.
"use strict";

const PAUSE = 1000;
const MOMENT = 5000;
const main = document.querySelector("main[data-live]");
const byId = (id) => document.getElementById(id);
let leaving = 0;
let stays = false;
let sending = false;

function write(node, text) {
  if (node && node.textContent !== text) node.textContent = text;
}

function follow(shown) {
  const link = byId("return");
  const waits = shown.includes("follow") && Boolean(link) && /^https?:$/.test(link.protocol) && !stays;
  if (link) byId("follow").hidden = !waits;
  if (waits && !leaving) leaving = setTimeout(() => location.assign(link.href), MOMENT);
  if (!waits) {
    clearTimeout(leaving);
    leaving = 0;
  }
}

function show(told) {
  if (told.chosen !== (main.dataset.chosen === "yes")) return location.reload();
  main.dataset.tone = told.tone;
  main.dataset.state = told.state;
  for (const node of document.querySelectorAll("[data-text]")) write(node, told.texts[node.dataset.text]);
  for (const node of document.querySelectorAll("[data-part]")) node.hidden = !told.shown.includes(node.dataset.part);
  for (const bar of document.querySelectorAll("progress")) bar.value = told.progress;
  const choose = document.querySelector(".choose");
  if (choose) choose.hidden = told.state !== "choose";
  write(document.querySelector("title"), `${told.texts.title} – ${main.dataset.name}`);
  follow(told.shown);
}

async function look() {
  try {
    const answer = await fetch(main.dataset.live, { cache: "no-store" });
    if (answer.status === 404) return location.reload();
    if (!answer.ok) throw new Error(answer.statusText);
    show(await answer.json());
    write(byId("offline"), "");
  } catch {
    write(byId("offline"), "The sandbox does not answer. Trying again …");
  }
}

async function watch() {
  if (!document.hidden) await look();
  setTimeout(watch, PAUSE);
}

function copies(button) {
  const source = byId(button.dataset.copy);
  const label = button.firstChild;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = source.textContent.replace(button.dataset.without || "", "").trim();
    try {
      await navigator.clipboard.writeText(text);
      label.textContent = "Copied";
      write(byId("copied"), `Copied: ${text}`);
    } catch {
      getSelection().selectAllChildren(source);
      label.textContent = "Selected";
      write(byId("copied"), "Selected, ready to be copied.");
    }
    setTimeout(() => { label.textContent = "Copy"; }, 2000);
  });
}

function once(event) {
  if (sending) return event.preventDefault();
  sending = true;
  setTimeout(() => { sending = false; }, MOMENT);
}

if (main) {
  document.addEventListener("submit", once);
  document.querySelectorAll("[data-copy]").forEach(copies);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  byId("stay")?.addEventListener("click", () => {
    stays = true;
    follow([]);
    byId("return").focus();
  });
  watch();
}
