// "Run here": buttons, editors and outputs at the cells of a page. What stands in the cells is in
// live-cells.js, Python in live-engine.js, the text area in live-editor.js.

const livePage = {cells: [], engine: null, busy: null};
const NO_PYTHON = "This copy of the pages has no Python in it. In a clone of the repository, "
  + "“make site-live” makes pages that run your lines; here you can write them, and download them "
  + "in the notebook.";

function makeButton(text, action, kind = "") {
  const made = makeElement("button", {type: "button", class: `live-button ${kind}`.trim()}, text);
  made.addEventListener("click", action);
  return made;
}

// -- what a cell gets ----------------------------------------------------------------------------

function addControls(cell) {
  const {text, older} = keptLines(cell);
  if (["import", "check", "setup"].includes(cell.kind)) return;
  if (!livePage.engine && cell.kind === "code" && text === null) return;  // nothing to offer
  const plots = needPlots(livePage.cells, neededCells(livePage.cells, [cell]));
  const own = cell.own = cell.kind === "answer" || cell.kind === "open";
  cell.run = makeButton("", () => runCell(cell), own ? "primary" : "");
  cell.runs = cell.kind === "answer" ? "Run and check" : "Run";
  cell.plotsToo = plots;
  cell.stop = makeButton("Stop", () => livePage.engine.stop(), "primary");
  cell.edit = makeButton("Edit", () => { editCell(cell); cell.editor.area.focus(); });
  cell.reset = makeButton("Reset", () => resetCell(cell));
  cell.state = makeElement("span", {class: "live-state", role: "status"});
  cell.clock = makeElement("span", {class: "live-state", "aria-hidden": "true"});
  cell.progress = makeElement("progress", {"aria-label": "Loading Python"});
  cell.stop.hidden = cell.progress.hidden = true;
  cell.out = makeElement("div", {class: "live-output", role: "group", "aria-live": "polite",
                                 "aria-label": `Output of ${cell.title}`});
  cell.bar = makeElement("div", {class: "live-bar"}, cell.run, cell.stop, cell.edit, cell.reset,
                         cell.progress, cell.state, cell.clock);
  cell.shown = cell.box.querySelector(".cell_input") ?? cell.box.firstElementChild;
  cell.shown.after(cell.bar);
  if (own) cell.bar.after(cell.out);
  else cell.box.append(cell.out);
  if (own || text !== null) editCell(cell, text);
  if (text !== null) cell.state.textContent = "Your lines, as this browser kept them.";
  if (older !== null) offerOlder(cell, older);
  nameButtons(cell);
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
function editCell(cell, text = null) {
  const keep = () => {
    const kept = keepLines(cell, cell.editor.value);
    cell.state.textContent = kept ? ""
      : "This browser keeps nothing for this page: download your notebook.";
    nameButtons(cell);
  };
  cell.editor = makeEditor(text ?? cell.code, `Your lines: ${cell.title}`,
                           {changed: keep, run: () => runCell(cell)});
  cell.shown.hidden = true;
  cell.shown.before(cell.editor.box);
  nameButtons(cell);
}

function resetCell(cell) {
  if (codeOf(cell) !== cell.code
      && !confirm("Put back what stood here at first? Your lines in this cell are lost.")) return;
  keepLines(cell, cell.code);
  clearOutput(cell.out);
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
  const offer = makeElement("p", {class: "live-note"},
    "This cell has changed since you last wrote in it, and the browser has kept your lines. ");
  const forget = () => { localStorage.removeItem(key); offer.remove(); };
  offer.append(makeButton("Show them here", () => {
    if (!cell.editor) editCell(cell);
    cell.editor.value = localStorage.getItem(key);
    keepLines(cell, cell.editor.value);
    forget();
    nameButtons(cell);
  }), " ", makeButton("Forget them", forget));
  cell.bar.before(offer);
}

// -- running -------------------------------------------------------------------------------------

async function runCell(cell) {
  const {cells, engine, busy} = livePage;
  if (busy) return;
  clearOutput(cell.out);
  if (!engine) { showOutput(cell.out, {kind: "note", text: NO_PYTHON}); return; }
  const targets = withCheck(cells, cell), chosen = neededCells(cells, targets);
  beginRun(cell);
  let start = performance.now();
  const clock = setInterval(() => {
    const seconds = Math.round((performance.now() - start) / 1000);
    cell.clock.textContent = seconds >= 2 ? `${seconds} s` : "";
  }, 1000);
  try {
    await engine.start({plots: needPlots(cells, chosen),
                        tell: (text, fraction) => tellProgress(cell, text, fraction)});
    tellProgress(cell, "Running", null);
    cell.progress.hidden = true;
    start = performance.now();
    for (const one of chosen) if (!await runOne(one, cell, targets)) break;
    cell.state.textContent = `Ran in ${((performance.now() - start) / 1000).toFixed(1)} s.`;
  } catch (error) {
    const stopped = error instanceof StoppedError;
    cell.state.textContent = stopped ? "Stopped." : "";
    showOutput(cell.out, stopped
      ? {kind: "note", text: "Stopped. The next run starts Python afresh, in some seconds."}
      : {kind: "error", text: `Python in this page has failed: ${error.message}`});
  } finally {
    clearInterval(clock);
    finishRun(cell);
  }
}

// Runs what this worker has not run of one cell; whether the next cell is to follow.
async function runOne(one, cell, targets) {
  const {engine} = livePage, asked = targets.includes(one);
  const pieces = one.kind !== "setup" ? [asked || one.ran !== codeOf(one) ? codeOf(one) : null]
    : [one.ran === null ? one.light : null, engine.hasPlots && !one.ranRest ? one.rest : null];
  // An exercise's cell that measures shows its numbers itself, and what fails there is no reason
  // not to check the answer.
  const measures = asked && one !== cell && one.kind === "code";
  const out = measures ? one.out : cell.out;
  if (measures) clearOutput(out);
  for (const code of pieces.filter(piece => piece !== null)) {
    const hear = said => { if (asked || said.kind === "error") showOutput(out, said); };
    const ok = await engine.run(code, one.title, hear);
    if (!ok && !asked) {
      const where = `This happened in ${one.title} above, which ${cell.title} needs.`;
      showOutput(out, {kind: "note", text: where});
    }
    if (!ok) return measures;
  }
  Object.assign(one, {ran: codeOf(one), ranRest: engine.hasPlots});
  return true;
}

function beginRun(cell) {
  livePage.busy = cell;
  cell.stop.hidden = false;
  for (const one of livePage.cells) one.run?.setAttribute("aria-disabled", "true");
}

function finishRun(cell) {
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

function tellProgress(cell, text, fraction) {
  if (cell.state.textContent !== text) cell.state.textContent = text;
  cell.progress.hidden = false;
  if (Number.isFinite(fraction)) cell.progress.value = fraction;
  else cell.progress.removeAttribute("value");
}

// -- the page ------------------------------------------------------------------------------------

const firstClick = () => `The first click loads Python and NumPy into this page: ${
  Math.round(window.VAE_LIVE.core / 1e6)} MB, once, from the site itself.`;

// Said once on each page with exercises or a lecture's cells.
function howTo(cells) {
  const answers = cells.some(cell => cell.kind === "answer");
  const keep = "Your lines are kept in this browser.";
  if (!window.VAE_LIVE) return answers ? `Write where the dots stand. ${keep} ${NO_PYTHON}` : "";
  return answers
    ? "Write where the dots stand, then press “Run and check” or Ctrl+Enter. "
      + `${firstClick()} ${keep}`
    : "“Run” runs a cell here, after those that it needs; “Edit” lets you change it. "
      + `${firstClick()} A training takes about ten times as long as in Jupyter. ${keep}`;
}

function addHowTo(cells) {
  const text = howTo(cells), tools = document.querySelector("article .page-tools");
  for (const cell of cells) {
    if (cell.kind === "open" && window.VAE_LIVE) cell.state.textContent ||= firstClick();
  }
  if (text) tools?.after(makeElement("p", {class: "live-how"}, text));
  const link = tools?.querySelector('a[href$=".ipynb"]');
  if (link && cells.some(cell => cell.bar)) {
    const mine = makeButton("Download my notebook", () => saveMine(link, cells));
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
