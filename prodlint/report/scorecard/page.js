"use strict";
(() => {
  const form = document.querySelector(".filters");
  const items = [...document.querySelectorAll("li[data-state]")];
  const states = [...form.querySelectorAll("input")];
  const section = form.querySelector("select");
  const shown = form.querySelector("output");
  const unfold = form.querySelector("button");
  const empty = document.querySelector(".empty");

  function apply() {
    const wanted = new Set(states.filter((box) => box.checked).map((box) => box.value));
    let number = 0;
    for (const item of items) {
      item.hidden = !wanted.has(item.dataset.state) || (section.value && item.dataset.section !== section.value);
      number += !item.hidden;
    }
    for (const part of document.querySelectorAll("[data-part]")) {
      part.hidden = !part.querySelector("li[data-state]:not([hidden])");
    }
    empty.hidden = number > 0;
    shown.textContent = `${number} of ${items.length} items shown`;
  }

  function open(all) {
    for (const item of items) item.querySelector("details").open = all;
    unfold.textContent = all ? "Fold all" : "Unfold all";
    unfold.dataset.open = all ? "yes" : "";
  }

  function reveal() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.hidden || target.closest("[hidden]")) {
      states.forEach((box) => { box.checked = true; });
      section.value = "";
      apply();
    }
    if (target.matches("li[data-state]")) target.querySelector("details").open = true;
    target.scrollIntoView();
  }

  function only(event) {
    // A number of the table: the link leads to the section, of which it leaves the items that it counts.
    const { state, section: name } = event.currentTarget.dataset;
    for (const box of states) box.checked = box.value === state;
    section.value = name;
    apply();
  }

  for (const number of document.querySelectorAll(".counts a[data-state]")) number.addEventListener("click", only);
  form.addEventListener("change", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  unfold.addEventListener("click", () => open(!unfold.dataset.open));
  addEventListener("hashchange", reveal);
  let folded = [];
  addEventListener("beforeprint", () => {
    // What has to be done is printed with its places; the rest as it is folded on the screen.
    folded = items.filter((item) => item.dataset.state === "not-met" && !item.querySelector("details").open);
    for (const item of folded) item.querySelector("details").open = true;
  });
  addEventListener("afterprint", () => {
    for (const item of folded) item.querySelector("details").open = false;
  });
  form.hidden = false;
  apply();
  reveal();
})();
