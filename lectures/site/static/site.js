// From the file system a page may not read another one, so search shows titles without excerpts.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

const all = selector => [...document.querySelectorAll(selector)];

// A formula that is wider than its place is set smaller than MathJax set it, down to 70 %; below
// that it scrolls.
const place = formula => formula.hasAttribute("display") ? formula
  : formula.closest("p, li, td, th, dd, dt, figcaption, h1, h2, h3, h4");

function fitFormulas() {
  for (const formula of all("article mjx-container")) {
    formula.classList.remove("scrolls");
    formula.dataset.size ??= formula.style.fontSize;
    formula.style.fontSize = formula.dataset.size;
    const fits = (place(formula)?.clientWidth ?? Infinity)
      / Math.max(formula.scrollWidth, formula.offsetWidth);
    if (fits < 1) {
      const size = parseFloat(getComputedStyle(formula).fontSize);
      formula.style.fontSize = `${size * Math.max(0.7, 0.99 * fits)}px`;
    }
  }
}

// What scrolls sideways is marked, for the shadow at its edge, and can be reached by the keyboard.
function markScrolling() {
  for (const box of all("article mjx-container, article pre, .table-wrapper, .sheet td")) {
    const scrolls = box.matches("mjx-container:not([display])")
      ? box.offsetWidth > place(box)?.clientWidth : box.scrollWidth > box.clientWidth + 1;
    box.classList.toggle("scrolls", scrolls);
    scrolls ? box.setAttribute("tabindex", 0) : box.removeAttribute("tabindex");
  }
}

// Listings higher than the window scroll within their column: to the line of the equation that is
// nearest to the middle of the window, whenever that becomes another one.
function followEquations() {
  for (const column of all(".two-columns .lines")) {
    if (column.scrollHeight <= column.clientHeight + 1) continue;
    const middle = innerHeight / 2;
    const distance = link => Math.abs(link.getBoundingClientRect().top - middle);
    const links = [...column.parentElement.querySelectorAll('.derivation .to-lines a[href^="#"]')]
      .filter(link => column.contains(document.getElementById(link.hash.slice(1))));
    if (!links.length) continue;
    const nearest = links.reduce((a, b) => distance(a) <= distance(b) ? a : b);
    if (column.dataset.at === nearest.hash) continue;
    column.dataset.at = nearest.hash;
    const line = document.getElementById(nearest.hash.slice(1)).getBoundingClientRect();
    column.scrollTop += line.top - column.getBoundingClientRect().top - column.clientHeight / 2;
  }
}

// A browser shows a notebook that it is to save from the disk. So there its text comes from a script
// that lies beside it, which calls saveNotebook.
function loadNotebook(event) {
  if (location.protocol !== "file:") return;
  event.preventDefault();
  const script = document.createElement("script");
  script.src = `${event.currentTarget.href}.js`;
  document.head.append(script);
}

function saveNotebook(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], {type: "application/x-ipynb+json"}));
  link.download = name;
  link.click();
}

function fit() {
  fitFormulas();
  markScrolling();
  followEquations();
}

addEventListener("load", () => {
  if (window.MathJax) MathJax.startup.promise.then(fit);
  else fit();
  for (const button of all(".print-page")) button.addEventListener("click", () => print());
  for (const link of all('a[download][href$=".ipynb"]')) {
    link.addEventListener("click", loadNotebook);
  }
  // The two drawers of a narrow window are check boxes with labels: here for the keyboard as well.
  const drawers = {"__navigation": "All pages", "__toc": "On this page"};
  for (const label of all("label.nav-overlay-icon, label.toc-overlay-icon")) {
    label.setAttribute("role", "button");
    label.setAttribute("tabindex", 0);
    label.setAttribute("aria-label", drawers[label.htmlFor]);
    label.addEventListener("keydown", event => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      label.click();
    });
  }
  addEventListener("keydown", event => {
    if (event.key === "Escape") for (const box of all(".sidebar-toggle")) box.checked = false;
  });
});
addEventListener("resize", fit);
addEventListener("scroll", followEquations, {passive: true});
