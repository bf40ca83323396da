// The map of an impact: dragged by hand, sized with Ctrl and the wheel or with the buttons.
const box = document.querySelector("[data-graph]"), svg = box.querySelector("svg");
const { width, height } = svg.viewBox.baseVal;
let scale = svg.width.baseVal.value / width, held, moved;
const size = (to) => {
  scale = Math.min(2.5, Math.max(.2, to));
  svg.setAttribute("width", width * scale);
  svg.setAttribute("height", height * scale);
  document.querySelector("[data-zoom-shown]").textContent = `${Math.round(scale * 100)} %`;
};
addEventListener("click", (event) => {
  const by = event.target.closest("[data-zoom]")?.dataset.zoom;
  if (by) size(+by ? scale * by : box.clientWidth / width);
  if (by || moved > 5) event.preventDefault();
  moved = 0;
}, true);
box.addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  size(scale * (event.deltaY < 0 ? 1.1 : .9));
});
box.onpointerdown = (event) => { held = event.pointerType === "mouse"; moved = 0; };
onpointerup = () => { held = false; };
onpointermove = ({ movementX: x, movementY: y }) => {
  if (held) { moved += Math.abs(x) + Math.abs(y); box.scrollBy(-x, -y); }
};
box.ondragstart = () => false;
if (!location.search.includes("zoom")) size(Math.min(1, Math.max(.7, box.clientWidth / width)));
if (!location.hash) box.scrollLeft = svg.querySelector(".middle").getBBox().x * scale - box.clientWidth / 3;
