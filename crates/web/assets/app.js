// What every page gets on top of what works without it: menus that close, keys, saving in place, suggestions, files
// that are dropped, and the palette, which is loaded when it is first called for.
const root = document.documentElement;
const body = document.body;
const find = (selector, from = document) => from.querySelector(selector);
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
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
// the properties are taken over; when it refuses, all of it is, with what is wrong beside the field.
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
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    take(page, answer.ok ? [".page-head", "form.properties"] : ["main"]);
    document.getElementById(event.target.id)?.focus();
  } catch {
    form.requestSubmit(find(".save button", form));
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

// Names are completed while they are typed.
let asking = 0;
document.addEventListener("input", (event) => {
  const input = event.target;
  if (!input.dataset?.suggest || input.dataset.suggest === "record") return;
  clearTimeout(asking);
  asking = setTimeout(async () => {
    const words = input.value.trim();
    if (words.length < 2) return;
    const answer = await fetch(`/suggest/${input.dataset.suggest}?q=${encodeURIComponent(words)}`);
    if (!answer.ok) return;
    input.list.replaceChildren(...(await answer.json()).map((name) => new Option(name, name)));
  }, 120);
});

// Files can be dropped where they can be chosen.
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const place = event.target.closest?.("[data-drop]");
    if (!place) return;
    event.preventDefault();
    place.classList.toggle("dragging", kind === "dragover");
    const input = find('input[type="file"]', place);
    if (kind === "drop" && input && event.dataTransfer.files.length) input.files = event.dataTransfer.files;
  });
}

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
