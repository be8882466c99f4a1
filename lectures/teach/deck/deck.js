// Formulas are set, and fitted, before reveal.js hides the slides that are not in view.
MathJax.startup.promise.then(fitFormulas).then(() => Reveal.initialize({
  width: 1280, height: 720, margin: 0, center: false, hash: true, transition: "none",
  slideNumber: "c/t", controls: false, pdfMaxPagesPerSlide: 1, pdfSeparateFragments: false,
  plugins: [RevealNotes],
})).then(() => document.body.classList.add("ready"));

// A formula that is wider than its place is set smaller, down to 70 %; a test refuses what then
// still does not fit.
function fitFormulas() {
  for (const formula of document.querySelectorAll('mjx-container[display="true"]')) {
    const fits = formula.clientWidth / formula.scrollWidth;
    if (fits < 1) formula.style.fontSize = `${Math.max(70, Math.floor(99 * fits)) * 1.06}%`;
  }
}
