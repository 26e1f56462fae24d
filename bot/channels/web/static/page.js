"use strict";
// Every page works without this script; it saves the reload, and opens an article beside the answer.

const find = (selector, within = document) => within.querySelector(selector);
const HEADERS = { "X-Requested-With": "wenshu" };
const GROWING = "application/x-ndjson";
const QUEUE_AFTER = 2000; // milliseconds: most answers are there before

const markup = (text) => {
  const template = document.createElement("template");
  template.innerHTML = text;
  template.content.querySelectorAll("[autofocus]").forEach((each) => each.removeAttribute("autofocus"));
  return template.content;
};

// A part of a page; null if we were sent elsewhere (to the door), and go there.  `grow` is shown what there is so far.
const part = async (address, form, grow) => {
  const options = form ? { method: "POST", body: new URLSearchParams(form) } : {};
  const headers = grow ? { ...HEADERS, Accept: `${GROWING}, text/html` } : HEADERS;
  const response = await fetch(address, { ...options, headers });
  if (response.redirected || response.status === 401) {
    location.assign(response.redirected ? response.url : "/login");
    return null;
  }
  if (response.headers.get("Content-Type")?.startsWith(GROWING)) return grown(response, grow);
  return { ok: response.ok, content: markup(await response.text()) };
};

// The last of the lines of a reply that grows.
const grown = async (response, grow) => {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let left = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Error("the reply ended before its end");
    const lines = (left + value).split("\n");
    left = lines.pop();
    for (const line of lines) {
      const told = JSON.parse(line);
      if ("final" in told) return { ok: true, content: markup(told.final) };
      grow(markup(told.html));
    }
  }
};

const calmly = () => (matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth");

// ---- asking

const talk = find("#talk");
const composer = find("#composer");
const field = find("#q");

const tellQueue = async (line) => {
  const response = await fetch("/api/queue", { headers: HEADERS });
  if (!response.ok) return;
  const { waiting } = await response.json();
  if (waiting > 0 && line.isConnected) line.textContent = line.dataset.queue.replace("{n}", waiting);
};

const ask = async (words) => {
  const pending = find("#pending").content.firstElementChild.cloneNode(true);
  const line = find(".doing", pending);
  find(".asked", pending).textContent = words.length > 100 ? `${words.slice(0, 100)}……` : words;
  find(".start")?.setAttribute("hidden", "");
  talk.append(pending);
  pending.scrollIntoView({ block: "start", behavior: calmly() });
  const ticking = setInterval(() => tellQueue(line).catch(() => {}), QUEUE_AFTER);
  let shown = pending;
  const grow = (content) => {
    const so_far = content.firstElementChild;
    so_far.classList.add("growing");
    so_far.setAttribute("aria-busy", "true"); // or every form of it is read aloud, each from its beginning
    shown.replaceWith(so_far);
    shown = so_far;
  };
  try {
    const answer = await part("/", { q: words }, grow);
    if (!answer) return;
    const made = answer.content.firstElementChild;
    shown.replaceWith(made);
    made.scrollIntoView({ block: "start", behavior: calmly() });
    if (!answer.ok && !field.value) field.value = words;
  } catch {
    shown.replaceWith(pending);
    line.textContent = line.dataset.lost;
    line.classList.add("problem");
    if (!field.value) field.value = words;
  } finally {
    clearInterval(ticking);
  }
};

if (composer) {
  composer.addEventListener("submit", (event) => {
    event.preventDefault();
    const words = field.value.trim();
    field.focus();
    if (!words) return;
    field.value = "";
    ask(words);
  });
  field.addEventListener("keydown", (event) => {
    // While an input method composes, Enter chooses a word.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    composer.requestSubmit();
  });
  document.addEventListener("click", (event) => {
    const example = event.target.closest("a[data-ask]");
    if (!example || !isPlain(event)) return;
    event.preventDefault();
    ask(example.textContent);
  });
}

const isPlain = (event) => event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);

// ---- buttons below an answer

document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  const into = form.dataset.into && document.getElementById(form.dataset.into);
  if (!into) return;
  event.preventDefault();
  const pressed = new FormData(form);
  if (submitter?.name) pressed.set(submitter.name, submitter.value);
  const told = await part(form.action, pressed).catch(() => null);
  if (!told) return form.submit.call(form);
  into.replaceChildren(told.content);
  find("input:not([type=hidden])", into)?.focus();
  into.scrollIntoView({ block: "nearest", behavior: calmly() });
  if (submitter?.closest(".below")) {
    for (const button of form.elements) button.setAttribute("aria-pressed", button === submitter);
  }
});

// ---- the article beside the answer

const panel = find("#panel");
let opener = null;

const closePanel = () => {
  panel.hidden = true;
  document.documentElement.classList.remove("reading");
  opener?.focus();
  opener = null;
};

const openPanel = async (link) => {
  const article = await part(link.href).catch(() => null);
  if (!article?.ok) return location.assign(link.href);
  const opened = find("#opened");
  opened.replaceChildren(article.content);
  opener = link;
  panel.hidden = false;
  document.documentElement.classList.add("reading");
  panel.focus({ preventScroll: true });
  const quote = find("#quote", opened);
  if (!quote) return panel.scrollTo(0, 0);
  panel.scrollTop += quote.getBoundingClientRect().top - panel.getBoundingClientRect().top - panel.clientHeight / 3;
};

if (panel) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-open]");
    if (!link || !isPlain(event)) return;
    event.preventDefault();
    openPanel(link);
  });
  find("#close").addEventListener("click", closePanel);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) closePanel();
  });
}

// ---- a draft as a file

const drop = find(".drop");
if (drop) {
  const file = find("#file");
  const draft = find("#draft");
  const carries = (event) => event.dataTransfer?.types.includes("Files");
  draft.addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    drop.classList.add("over");
  });
  for (const kind of ["dragleave", "drop"]) draft.addEventListener(kind, () => drop.classList.remove("over"));
  draft.addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    file.files = event.dataTransfer.files;
  });
  draft.addEventListener("submit", () => {
    const button = find("[data-busy]", draft);
    button.dataset.idle = button.textContent;
    button.textContent = button.dataset.busy;
  });
  // Back from the next page, the button must not still be busy.
  addEventListener("pageshow", () => {
    const button = find("[data-idle]", draft);
    if (button) button.textContent = button.dataset.idle;
  });
}

// ---- where the page opens: at the newest answer, unless its address names a place

if (talk && !location.hash) find(".exchange[autofocus]", talk) ?? talk.lastElementChild?.scrollIntoView({ block: "start" });
