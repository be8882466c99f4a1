// "Run here": buttons, editors and outputs at the cells of a page. What stands in the cells is in
// live-cells.js, Python in live-engine.js, the text area in live-editor.js.

const livePage = {cells: [], engine: null, busy: null};
const MOST_SHOWN = 100000;  // letters of one run's output
const NO_PYTHON = "This copy of the pages has no Python in it. In a clone of the repository, "
  + "`make site-live` makes pages that run your lines; here you can write them, and download them in the notebook.";

function element(name, attributes = {}, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...content);
  return made;
}

function button(text, action, kind = "") {
  const made = element("button", {type: "button", class: `live-button ${kind}`.trim()}, text);
  made.addEventListener("click", action);
  return made;
}

// -- what a cell gets ----------------------------------------------------------------------------

function addControls(cell) {
  if (["import", "check", "setup"].includes(cell.kind)) return;
  const plots = needPlots(livePage.cells, neededCells(livePage.cells, [cell]));
  const own = cell.own = cell.kind === "answer" || cell.kind === "open";
  cell.run = button("", () => run(cell), own ? "primary" : "");
  cell.runs = cell.kind === "answer" ? "Run and check" : "Run";
  cell.plotsToo = plots;
  cell.stop = button("Stop", () => stop(), "primary");
  cell.edit = button("Edit", () => { edit(cell); cell.editor.area.focus(); });
  cell.reset = button("Reset", () => reset(cell));
  cell.state = element("span", {class: "live-state", role: "status"});
  cell.clock = element("span", {class: "live-state", "aria-hidden": "true"});
  cell.progress = element("progress", {"aria-label": "Loading Python"});
  cell.stop.hidden = cell.progress.hidden = true;
  cell.out = makeOutput(`Output of ${cell.title}`);
  cell.bar = element("div", {class: "live-bar"}, cell.run, cell.stop, cell.edit, cell.reset,
                     cell.progress, cell.state, cell.clock);
  cell.shown = cell.box.querySelector(".cell_input") ?? cell.box.firstElementChild;
  cell.shown.after(cell.bar);
  if (own) cell.bar.after(cell.out);
  else cell.box.append(cell.out);
  const {text, older} = keptLines(cell);
  if (own || text !== null) edit(cell, text);
  if (text !== null) cell.state.textContent = "Your lines, as this browser kept them.";
  if (older !== null) offerOlder(cell, older);
  nameButtons(cell);
}

function makeOutput(label) {
  return element("div", {class: "live-output", role: "group", "aria-live": "polite", "aria-label": label});
}

function nameButtons(cell) {
  const {engine} = livePage, load = cell.plotsToo && window.VAE_LIVE && !engine?.parts.plots;
  const size = load ? ` (${Math.round(window.VAE_LIVE.plots / 1e6)} MB, once)` : "";
  cell.run.textContent = cell.runs + (cell.plotsToo ? " with plots" : "") + size;
  cell.run.setAttribute("aria-label", `${cell.run.textContent}: ${cell.title}`);
  cell.edit.hidden = Boolean(cell.editor);
  cell.reset.hidden = !cell.editor;
  cell.reset.disabled = cell.own && codeOf(cell) === cell.code;
}

// Puts an editor in the place of the printed lines.
function edit(cell, text = null) {
  const keep = () => {
    const kept = keepLines(cell, cell.editor.value);
    cell.state.textContent = kept ? "" : "This browser keeps nothing for this page: download your notebook.";
    nameButtons(cell);
  };
  cell.editor = makeEditor(text ?? cell.code, `Your lines: ${cell.title}`, {changed: keep, run: () => run(cell)});
  cell.shown.hidden = true;
  cell.shown.before(cell.editor.box);
  nameButtons(cell);
}

function reset(cell) {
  if (codeOf(cell) !== cell.code
      && !confirm("Put back what stood here at first? Your lines in this cell are lost.")) return;
  keepLines(cell, cell.code);
  cell.out.replaceChildren();
  cell.state.textContent = "";
  if (cell.own) cell.editor.value = cell.code;
  else {
    cell.editor.box.remove();
    cell.editor = null;
    cell.shown.hidden = false;
  }
  nameButtons(cell);
  (cell.editor?.area ?? cell.edit).focus();
}

// Lines that were written over another form of this cell are offered, not mixed in.
function offerOlder(cell, key) {
  const offer = element("p", {class: "live-note"},
    "This cell has changed since you last wrote in it, and the browser has kept your lines. ");
  const forget = () => { localStorage.removeItem(key); offer.remove(); };
  offer.append(button("Show them here", () => {
    if (!cell.editor) edit(cell);
    cell.editor.value = localStorage.getItem(key);
    keepLines(cell, cell.editor.value);
    forget();
    nameButtons(cell);
  }), " ", button("Forget them", forget));
  cell.bar.before(offer);
}

// -- running -------------------------------------------------------------------------------------

async function run(cell) {
  const {cells, engine, busy} = livePage;
  if (busy) return;
  cell.out.replaceChildren();
  if (!engine) { show(cell.out, {kind: "note", text: NO_PYTHON}); return; }
  const targets = withCheck(cells, cell), chosen = neededCells(cells, targets);
  begin(cell);
  let start = performance.now();
  const clock = setInterval(() => {
    const seconds = Math.round((performance.now() - start) / 1000);
    cell.clock.textContent = seconds >= 2 ? `${seconds} s` : "";
  }, 1000);
  try {
    await engine.start({plots: needPlots(cells, chosen), tell: (text, fraction) => tell(cell, text, fraction)});
    tell(cell, "Running", null);
    cell.progress.hidden = true;
    start = performance.now();
    for (const one of chosen) if (!await runOne(one, cell, targets)) break;
    cell.state.textContent = `Ran in ${((performance.now() - start) / 1000).toFixed(1)} s.`;
  } catch (error) {
    const stopped = error instanceof StoppedError;
    cell.state.textContent = stopped ? "Stopped." : "";
    show(cell.out, stopped
      ? {kind: "note", text: "Stopped. The next run starts Python afresh, which takes some seconds."}
      : {kind: "error", text: `Python in this page has failed: ${error.message}`});
  } finally {
    clearInterval(clock);
    finish(cell);
  }
}

// Runs what this worker has not run of one cell; whether the next cell is to follow.
async function runOne(one, cell, targets) {
  const {engine} = livePage, asked = targets.includes(one);
  const pieces = one.kind !== "setup" ? [asked || one.ran !== codeOf(one) ? codeOf(one) : null]
    : [one.ran === null ? one.light : null, engine.hasPlots && !one.ranRest ? one.rest : null];
  // An exercise's cell that measures shows its numbers itself, and what fails there is no reason not
  // to check the answer.
  const measures = asked && one !== cell && one.kind === "code";
  const out = measures ? one.out : cell.out;
  if (measures) out.replaceChildren();
  for (const code of pieces.filter(piece => piece !== null)) {
    const hear = said => { if (asked || said.kind === "error") show(out, said); };
    const ok = await engine.run(code, one.title, hear);
    if (!ok && !asked) {
      show(out, {kind: "note", text: `This happened in ${one.title} above, which ${cell.title} needs.`});
    }
    if (!ok) return measures;
  }
  Object.assign(one, {ran: codeOf(one), ranRest: engine.hasPlots});
  return true;
}

function stop() { livePage.engine.stop(); }

function begin(cell) {
  livePage.busy = cell;
  cell.stop.hidden = false;
  for (const one of livePage.cells) one.run?.setAttribute("aria-disabled", "true");
}

function finish(cell) {
  livePage.busy = null;
  const focused = document.activeElement === cell.stop;
  cell.stop.hidden = cell.progress.hidden = true;
  cell.clock.textContent = "";
  markScrolling();
  if (focused) cell.run.focus();
  for (const one of livePage.cells) {
    one.run?.removeAttribute("aria-disabled");
    if (!livePage.engine.worker) Object.assign(one, {ran: null, ranRest: false});
    if (one.run) nameButtons(one);
  }
}

function tell(cell, text, fraction) {
  if (cell.state.textContent !== text) cell.state.textContent = text;
  cell.progress.hidden = false;
  if (Number.isFinite(fraction)) cell.progress.value = fraction;
  else cell.progress.removeAttribute("value");
}

// -- what a run shows ----------------------------------------------------------------------------

function show(out, {kind, text, png, href}) {
  if (kind === "image") {
    out.append(element("img", {src: `data:image/png;base64,${png}`, alt: "The figure that this cell has drawn"}));
    return;
  }
  const verdict = /^Right: /.test(text) ? "right" : /^Not yet: /.test(text) ? "not-yet" : kind;
  const last = out.lastElementChild;
  let pre = last?.dataset.kind === verdict && kind === "stdout" ? last : null;
  if (!pre) {
    pre = element(kind === "note" ? "p" : "pre", {class: `live-${verdict}`, "data-kind": verdict});
    out.append(pre);
  }
  const room = MOST_SHOWN - out.textContent.length;
  if (room > 0) pre.append(...withLink(text.slice(0, room), href));
  if (text.length > room && !out.dataset.full) {
    out.dataset.full = "full";
    out.append(element("p", {class: "live-note"}, "There is more; the page shows no more than this of one run."));
  }
}

// Where a failed check says to read on, a link leads there. href: as a page of exercises has it.
function withLink(text, href) {
  const at = text.indexOf("Read on: ") + "Read on: ".length;
  if (!href || at < "Read on: ".length) return [text];
  const end = text.indexOf("\n", at) < 0 ? text.length : text.indexOf("\n", at);
  const address = new URL(href, new URL("lectures/exercises/", pageAddress())).href;
  return [text.slice(0, at), element("a", {href: address, target: "_blank"}, text.slice(at, end)), text.slice(end)];
}

// -- the page ------------------------------------------------------------------------------------

const firstClick = () => `The first click loads Python and NumPy into this page: ${
  Math.round(window.VAE_LIVE.core / 1e6)} MB, once, without the network.`;

// Said once on each page with exercises or a lecture's cells.
function howTo(cells) {
  const answers = cells.some(cell => cell.kind === "answer"), keep = "Your lines are kept in this browser.";
  if (!window.VAE_LIVE) return answers ? `Write where the dots stand. ${keep} ${NO_PYTHON}` : "";
  return answers
    ? `Write where the dots stand, then press “Run and check” or Ctrl+Enter. ${firstClick()} ${keep}`
    : `“Run” runs a cell here, after those that it needs; “Edit” lets you change it. ${firstClick()} `
      + `A training takes about ten times as long as in Jupyter. ${keep}`;
}

function addHowTo(cells) {
  const text = howTo(cells);
  const title = document.querySelector("article .page-tools");
  for (const cell of cells) {
    if (cell.kind === "open" && window.VAE_LIVE && !cell.state.textContent) cell.state.textContent = firstClick();
  }
  if (!text || !title) return;
  const [link] = title.querySelectorAll('a[href$=".ipynb"]');
  title.after(element("p", {class: "live-how"}, text));
  if (link) {
    const mine = button("Download my notebook", () => saveMine(link, cells));
    mine.title = "The notebook with the lines that you wrote on this page";
    link.after(mine);
  }
}

addEventListener("DOMContentLoaded", async () => {
  livePage.cells = findCells();
  if (!livePage.cells.length) return;
  const folder = new URL("_static/live/", pageAddress());
  try {
    await loadScript(new URL("ready.js", folder).href);
  } catch {
    window.VAE_LIVE = null;
  }
  if (window.VAE_LIVE) livePage.engine = new LiveEngine(folder, window.VAE_LIVE);
  for (const cell of livePage.cells) addControls(cell);
  addHowTo(livePage.cells);
  document.body.classList.add("live-ready");
});
