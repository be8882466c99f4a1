// From the file system a page may not read another one, so search shows titles without excerpts.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// A formula that is wider than its column is set smaller than MathJax set it, down to 70 %; below
// that it scrolls.
function fitFormulas() {
  for (const formula of document.querySelectorAll('mjx-container[display="true"]')) {
    formula.dataset.size ??= formula.style.fontSize;
    formula.style.fontSize = formula.dataset.size;
    const fits = formula.clientWidth / formula.scrollWidth;
    if (fits < 1) {
      const size = parseFloat(getComputedStyle(formula).fontSize);
      formula.style.fontSize = `${size * Math.max(0.7, 0.99 * fits)}px`;
    }
  }
}

addEventListener("load", () => {
  if (window.MathJax) MathJax.startup.promise.then(fitFormulas);
});
addEventListener("resize", fitFormulas);
