// From the file system a page may not read another one, so search shows titles without excerpts.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

const all = selector => [...document.querySelectorAll(selector)];

// A formula that is wider than its column is set smaller than MathJax set it, down to 70 %; below
// that it scrolls.
function fitFormulas() {
  for (const formula of all('mjx-container[display="true"]')) {
    formula.dataset.size ??= formula.style.fontSize;
    formula.style.fontSize = formula.dataset.size;
    const fits = formula.clientWidth / formula.scrollWidth;
    if (fits < 1) {
      const size = parseFloat(getComputedStyle(formula).fontSize);
      formula.style.fontSize = `${size * Math.max(0.7, 0.99 * fits)}px`;
    }
  }
}

// What scrolls sideways is marked, for the shadow at its edge, and can be reached by the keyboard.
function markScrolling() {
  for (const box of all('mjx-container[display="true"], article pre, .table-wrapper')) {
    const scrolls = box.scrollWidth > box.clientWidth + 1;
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

function fit() {
  fitFormulas();
  markScrolling();
  followEquations();
}

addEventListener("load", () => {
  if (window.MathJax) MathJax.startup.promise.then(fit);
  else fit();
  for (const button of all(".print-page")) button.addEventListener("click", () => print());
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
