// Solved cases that are like what somebody types.
const box = document.querySelector("[data-similar]");
let asking, last;
box.closest("form").oninput = ({ currentTarget: form }) => {
  clearTimeout(asking);
  asking = setTimeout(async () => {
    const text = `${form.subject.value} ${form.description.value}`.slice(0, 600);
    if (text.length < 5 || text === last) return;
    last = text;
    const answer = await fetch(`/portal/similar?q=${encodeURIComponent(text)}`);
    if (answer.ok && text === last) box.innerHTML = await answer.text();
  }, 300);
};
