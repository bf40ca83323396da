// The palette: go anywhere, find anything, begin anything. And the page of keys.
const make = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
};
let dialog, input, list, commands, asked = 0, at = 0;
const options = () => [...list.querySelectorAll('[role="option"]')];

export async function open() {
  if (dialog?.open) return;
  if (!dialog) build();
  input.value = "";
  dialog.showModal();
  commands ??= await ask("");
  show(commands);
}

function build() {
  list = make("div", { class: "palette-list", role: "listbox", id: "palette-list" });
  input = make("input", { type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list", autocomplete: "off" });
  dialog = make("dialog", { class: "palette" }, input, list);
  document.body.append(dialog);
  input.addEventListener("input", type);
  dialog.addEventListener("click", (event) => {
    const option = event.target.closest('[role="option"]');
    if (option) location.href = option.dataset.href;
    else if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { event.preventDefault(); choose(at + step); }
    if (event.key === "Enter") { event.preventDefault(); options()[at]?.click(); }
  });
}

async function ask(words) {
  const answer = await fetch(`/palette?q=${encodeURIComponent(words)}`);
  return answer.ok ? answer.json() : { groups: [] };
}

async function type() {
  const words = input.value.trim();
  const mine = ++asked;
  if (!words) return show(commands);
  show(narrowed(words));
  const found = await ask(words);
  if (mine === asked) show({ ...commands, groups: [...narrowed(words).groups, ...found.groups] });
}

function narrowed(words) {
  const parts = words.toLowerCase().split(/\s+/);
  const fits = (item) => parts.every((part) => item.label.toLowerCase().includes(part));
  const groups = commands.groups.map((group) => ({ ...group, items: group.items.filter(fits).slice(0, 6) }));
  return { ...commands, groups: groups.filter((group) => group.items.length) };
}

function show(found) {
  input.placeholder = found.texts?.lead ?? "";
  input.setAttribute("aria-label", found.texts?.lead ?? "");
  list.replaceChildren();
  for (const group of found.groups) {
    list.append(make("p", { class: "sheet-label" }, group.label));
    for (const item of group.items) {
      const option = make("div", { role: "option", id: `option-${options().length}`, "data-href": item.href }, make("span", {}, item.label), make("span", { class: "quiet" }, item.hint));
      list.append(option);
    }
  }
  if (!found.groups.length) list.append(make("p", { class: "empty" }, found.texts?.nothing ?? ""));
  choose(0);
}

function choose(next) {
  const all = options();
  at = Math.max(0, Math.min(all.length - 1, next));
  all.forEach((option, i) => option.setAttribute("aria-selected", i === at));
  if (!all.length) return;
  input.setAttribute("aria-activedescendant", all[at].id);
  all[at].scrollIntoView({ block: "nearest" });
}

export async function keys() {
  commands ??= await ask("");
  const { texts } = commands;
  const rows = texts.all.flatMap(([key, words]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, words)]);
  const sheet = make("dialog", { class: "keys", "aria-label": texts.keys }, make("h2", {}, texts.keys), make("dl", {}, ...rows));
  document.body.append(sheet);
  sheet.addEventListener("close", () => sheet.remove());
  sheet.addEventListener("click", () => sheet.close());
  sheet.showModal();
}
