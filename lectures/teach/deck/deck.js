// Formulas are set before reveal.js hides the slides that are not in view: MathJax measures.
MathJax.startup.promise.then(() => Reveal.initialize({
  width: 1280, height: 720, margin: 0, center: false, hash: true, transition: "none",
  slideNumber: "c/t", controls: false, pdfMaxPagesPerSlide: 1,
  pdfSeparateFragments: false, plugins: [RevealNotes],
})).then(() => document.body.classList.add("ready"));
