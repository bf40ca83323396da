// What every page gets on top of what works without it. The palette is loaded when it is first called for.
const root = document.documentElement;
const body = document.body;
const find = (selector, from = document) => from.querySelector(selector);
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
const parsed = (text) => new DOMParser().parseFromString(text, "text/html");
root.classList.add("js");

const apple = /Mac|iPhone|iPad/.test(navigator.platform);
all("[data-key-hint]").forEach((hint) => { if (apple) hint.textContent = "⌘ K"; });

// Menus close when one looks elsewhere.
document.addEventListener("click", (event) => {
  all("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
});

// What cannot be taken back is asked twice.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-sure]");
  if (button && !button.dataset.asked) {
    event.preventDefault();
    button.dataset.asked = "1";
    button.lastChild.textContent = button.dataset.sure;
  }
});

// Properties are saved as they are changed, one at a time. The server answers with the page, of which the head and
// the properties are taken over, and what it has against them: a reply that is being written stays as it is.
document.addEventListener("change", async (event) => {
  const form = event.target.closest("form[data-autosave]");
  const prop = event.target.closest(".prop");
  const name = event.target.name;
  if (!form || !prop || !name || !event.target.reportValidity()) return;
  const sent = new URLSearchParams({ token: body.dataset.token });
  const whole = new FormData(form);
  for (const key of [name, `was.${name}`, `${name}.format`]) {
    for (const value of whole.getAll(key)) sent.append(key, value);
  }
  prop.classList.add("saving");
  try {
    const answer = await fetch(form.action, { method: "POST", body: sent });
    const page = parsed(await answer.text());
    take(page, [".page-head", "#problems", "form.properties"]);
    document.getElementById(event.target.id)?.focus();
  } catch {
    form.submit();
  }
});
document.addEventListener("submit", (event) => {
  // Enter in a field means that one field, which is saved as it is left.
  if (event.target.matches("form[data-autosave]") && document.activeElement.matches("input")) {
    event.preventDefault();
    document.activeElement.blur();
  }
});
function take(page, parts) {
  const open = all("form.properties details").map((part) => part.open);
  for (const part of parts) find(part).replaceWith(document.adoptNode(find(part, page)));
  find("main").dataset.mark = find("main", page).dataset.mark;
  find(".flash")?.remove();
  const flash = find(".flash", page);
  if (flash) find("main").prepend(document.adoptNode(flash));
  all("form.properties details").forEach((part, i) => { part.open ||= open[i] ?? false; });
}

// What is being written is kept for as long as the browser's tab is open, until the server says that it was sent.
const DRAFT = "draft:", SENT = "sent";
const written = (area) => `${DRAFT}${new URL(area.form.action).pathname}`;
const drafts = sessionStorage, gone = drafts.getItem(SENT);
if (gone && find(".flash")) drafts.removeItem(gone);
drafts.removeItem(SENT);
for (const area of all("[data-draft] textarea")) area.value ||= drafts.getItem(written(area)) ?? "";
document.addEventListener("input", ({ target }) => {
  if (target.matches("[data-draft] textarea")) drafts.setItem(written(target), target.value);
});
document.addEventListener("submit", ({ target }) => {
  if (target.matches("[data-draft]")) drafts.setItem(SENT, written(find("textarea", target)));
});

// A form is sent once: its buttons rest until there is an answer, or none is to be expected.
const awake = (form) => {
  delete form.dataset.sent;
  all("button", form).forEach((button) => { button.disabled = false; });
};
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = 1;
  // The button that was pressed is part of what is sent, so it rests only then.
  setTimeout(() => all("button", form).forEach((button) => { button.disabled = true; }));
  setTimeout(awake, 1e4, form);
});
addEventListener("pageshow", () => all("form[data-sent]").forEach(awake));

// Names are completed while they are typed.
let asking = 0;
document.addEventListener("input", (event) => {
  const input = event.target;
  if (!input.dataset?.suggest) return;
  clearTimeout(asking);
  asking = setTimeout(async () => {
    const words = input.value.trim();
    if (words.length < 2) return;
    const answer = await fetch(`/suggest/${input.dataset.suggest}?q=${encodeURIComponent(words)}`);
    if (!answer.ok) return;
    input.list.replaceChildren(...(await answer.json()).map((name) => new Option(name, name)));
  }, 120);
});

find("[data-choose-all]")?.addEventListener("change", (event) => {
  all(".list td.choose input").forEach((box) => { box.checked = event.target.checked; });
});

// The keyboard.
const palette = async (what) => (await import(body.dataset.palette))[what]();
let row = -1;
const rows = () => all("[data-rows] :is(tbody tr, li)");
function go(step) {
  const list = rows();
  if (!list.length) return;
  if (row < 0) row = list.findIndex((item) => item.matches(".now"));
  list[row]?.classList.remove("here");
  row = Math.max(0, Math.min(list.length - 1, row + step));
  list[row].classList.add("here");
  find("a", list[row])?.focus({ preventScroll: true });
  list[row].scrollIntoView({ block: "nearest" });
  if (list[row].closest(".beside")) find("a", list[row]).click();
}
const press = (selector) => {
  const found = find(selector);
  if (!found) return false;
  if (found.tagName === "SUMMARY") {
    found.parentElement.open = true;
    find("textarea", found.parentElement)?.focus();
  } else if (found.tagName === "INPUT") found.focus();
  else found.click();
  return true;
};
const KEYS = {
  j: () => go(1),
  k: () => go(-1),
  o: () => find("a", rows()[row] ?? body)?.click(),
  x: () => find("td.choose input", rows()[row] ?? body)?.click(),
  c: () => { location.href = body.classList.contains("portal") ? "/portal/new" : "/requests/new"; },
  r: () => press('[data-key="r"]'),
  n: () => press('[data-key="n"]'),
  t: () => press('[data-key="t"]'),
  v: () => {
    const link = find('[data-key="v"]');
    const here = find("tr.here .row-link")?.pathname;
    if (link && here) link.pathname = here;
    link?.click();
  },
  e: () => press('[data-key="e"]'),
  "/": () => press('[data-key="/"]') || press("#find"),
  "?": () => palette("keys"),
};
document.addEventListener("keydown", (event) => {
  const mod = event.ctrlKey || event.metaKey;
  const field = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (mod && event.key.toLowerCase() === "k" && body.classList.contains("desk")) {
    event.preventDefault();
    palette("open");
  } else if (mod && event.key === "Enter" && field?.form) {
    field.form.requestSubmit(find('button[type="submit"]', field.form));
  } else if (event.key === "Escape") {
    const open = find("details.menu[open]");
    if (open) { open.open = false; find("summary", open).focus(); } else field?.blur();
  } else if (!mod && !event.altKey && (!field || field.type === "checkbox") && !find("dialog[open]") && KEYS[event.key]) {
    event.preventDefault();
    KEYS[event.key]();
  }
});

// Files are dropped, pasted or chosen; a form that is for files alone sends them at once, one by one.
const send = (form, file, item) => new Promise((done) => {
  const call = new XMLHttpRequest(), data = new FormData();
  data.append("token", body.dataset.token);
  data.append("input_file", file);
  call.upload.onprogress = ({ loaded, total }) => { item.dataset.sent = `${Math.floor(loaded / total * 100)} %`; };
  call.onloadend = () => done(call.status !== 200
    && (find(".alert p", parsed(call.responseText))?.textContent ?? body.dataset.unsent));
  call.open("POST", form.action);
  call.send(data);
});
async function put(form, files) {
  const kept = new DataTransfer(), alone = form.matches(".attach"), list = find(".uploads", form);
  list.replaceChildren();
  for (const file of files) {
    const item = list.appendChild(document.createElement("li"));
    item.textContent = file.name;
    let wrong = file.size > body.dataset.max && body.dataset.large;
    if (!wrong && alone) wrong = await send(form, file, item);
    else if (!wrong) kept.items.add(file);
    if (wrong) item.textContent += `: ${wrong}`;
    item.classList.toggle("late", wrong);
  }
  find('[type="file"]', form).files = kept.files;
  if (alone) refresh();
}
for (const kind of ["dragover", "dragleave", "drop", "paste", "change"]) {
  document.addEventListener(kind, (event) => {
    const { target } = event, form = target.closest?.("[data-drop]");
    const files = kind === "change" ? target.type === "file" && [] : (event.dataTransfer ?? event.clipboardData).files;
    if (!form || !files || kind === "paste" && (!files.length || event.clipboardData.types.includes("text/plain"))) return;
    event.preventDefault();
    form.classList.toggle("dragging", kind === "dragover");
    if (!kind.startsWith("drag")) put(form, [...find('[type="file"]', form).files, ...files]);
  });
}

// A page that is seen hears of what happens, and asks anew for its parts; not under the hands of somebody who types.
const news = find("#news"), main = () => find("main").dataset, on = main().live;
const busy = () => find("main :is(details.menu[open], .list td :checked)")
  || document.activeElement.matches("main :is(textarea, select, input:not([type=checkbox]))");
// Tokens of forms are others each time, and as good as those that are there.
const inside = (part) => part.innerHTML.replace(/"\d+-[\da-f]{64}"/g, "");
async function refresh() {
  const answer = await fetch(location), next = parsed(await answer.text()), other = find("main", next)?.dataset;
  // Of another page, such as the one to sign in at, nothing is taken over.
  if (!answer.ok || other?.live !== on) return;
  all("[data-fresh]").forEach((part) => {
    const other = find(`[data-fresh="${part.dataset.fresh}"]`, next);
    if (other && inside(other) !== inside(part)) part.replaceWith(other);
  });
  if (on) main().mark = other.mark;
  if (news) news.hidden = true;
}
news?.addEventListener("click", (event) => { event.preventDefault(); refresh(); });
document.addEventListener("focusout", () => setTimeout(() => !news || news.hidden || busy() || refresh(), 200));
let source, said = 0;
function listen() {
  source?.close();
  if (!on || document.hidden) return;
  source = new EventSource(`/live?${new URLSearchParams({ on, mark: main().mark })}`);
  source.addEventListener("who", ({ data }) => { find("#who").textContent = data; });
  source.addEventListener("change", ({ data }) => {
    if (data > main().mark) if (busy()) news.hidden = false; else refresh();
  });
}
document.addEventListener("visibilitychange", listen);
addEventListener("pagehide", () => source?.close());
addEventListener("pageshow", listen);
document.addEventListener("input", ({ target }) => {
  if (!on || !target.matches("main textarea") || Date.now() - said < 8e3) return;
  said = Date.now();
  fetch("/live/writing", { method: "POST", body: new URLSearchParams({ token: body.dataset.token, on }) });
});
find(".beside .now")?.scrollIntoView({ block: "nearest" });
