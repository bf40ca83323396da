// A working day's page: it hears of what happens, says who writes, takes files. `app.js` has the rest.
const body = document.body;
const find = (selector, from = document) => from.querySelector(selector);
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
const page = () => find("main").dataset;
const on = page().live;

// What is out of date is asked for anew, part by part; not under the hands of somebody who types or chooses.
const news = find("#news");
const busy = () => find("main :is(details.menu[open], .list td :checked)")
  || document.activeElement.matches("main :is(textarea, select, input:not([type=checkbox]))");
async function refresh() {
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of all("[data-fresh]")) {
    const other = find(`[data-fresh="${part.dataset.fresh}"]`, next);
    if (other && other.innerHTML !== part.innerHTML) part.replaceWith(document.adoptNode(other));
  }
  page().mark = find("main", next).dataset.mark;
  news.hidden = true;
}
news?.addEventListener("click", (event) => { event.preventDefault(); refresh(); });
document.addEventListener("focusout", () => setTimeout(() => { if (news && !news.hidden && !busy()) refresh(); }, 200));

// Only a page that is seen listens: browsers open few connections to one host.
let source;
function listen() {
  source?.close();
  source = 0;
  if (!on || document.hidden) return;
  source = new EventSource(`/live?${new URLSearchParams({ on, mark: page().mark })}`);
  source.addEventListener("change", ({ data }) => {
    if (data <= page().mark) return;
    if (busy()) news.hidden = false; else refresh();
  });
  source.addEventListener("who", ({ data }) => { find("#who").textContent = data; });
}
document.addEventListener("visibilitychange", listen);
addEventListener("pagehide", () => source && source.close());
addEventListener("pageshow", listen);

let said = 0;
document.addEventListener("input", ({ target }) => {
  if (!on || !target.matches("main textarea") || Date.now() - said < 8000) return;
  said = Date.now();
  fetch("/live/writing", { method: "POST", body: new URLSearchParams({ token: body.dataset.token, on }) });
});
find(".beside .now")?.scrollIntoView({ block: "nearest" });
