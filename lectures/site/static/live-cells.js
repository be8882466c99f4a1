// The cells of a page that can be run: what is in them, which of them another one needs, and how a
// reader's lines are kept and go into a notebook. cells.py marks the cells.

// -- the cells -----------------------------------------------------------------------------------

const words = text => new Set((text ?? "").split(" ").filter(Boolean));
const pageAddress = () =>
  new URL(document.documentElement.dataset.content_root ?? "./", location.href);

// The page below the site's root, such as lectures/exercises/00_one_page.
const pageName = () => {
  const [page, root] = [location.href.split(/[?#]/)[0], pageAddress().href].map(decodeURI);
  return page.replace(root, "").replace(/\.html$/, "") || "index";
};

// Every cell of the page, in order. editor: null until a reader edits it. ran: the code that this
// worker has run; ranRest: whether it has also run the lines that need plots.
function findCells() {
  const marked = [...document.querySelectorAll(".live-mark")].map(mark => {
    const {cell, name, kind, needs, binds, changes, light, rest, plots} = mark.dataset;
    const box = mark.parentElement;
    return {box, name, light, rest, place: Number(cell), kind: plots ? "setup" : kind,
            needs: words(needs), binds: words(binds), changes: words(changes),
            plots: words(plots)};
  });
  const open = [...document.querySelectorAll("article .live-cell")].map((block, place) => {
    const box = document.createElement("div");
    box.className = "cell";
    block.replaceWith(box);
    box.append(block);
    return {box, place, name: `cell-${place}`, kind: "open", needs: new Set(), binds: new Set(),
            changes: new Set(), plots: new Set()};
  });
  const cells = [...marked, ...open];
  let answers = 0;
  for (const [count, cell] of cells.entries()) {
    cell.code = cell.box.querySelector("pre").textContent.replace(/\n$/, "");
    cell.title = {answer: `exercise ${answers + 1}`, check: "the check", open: "these lines"}[
      cell.kind] ?? `cell ${count + 1}`;
    answers += cell.kind === "answer";
    Object.assign(cell, {editor: null, ran: null, ranRest: false});
  }
  return cells;
}

const codeOf = cell => cell.editor ? cell.editor.value : cell.code;
// In lines that a reader has changed, a name counts as needed if it was or if it is new.
const needsOf = cell => {
  if (!cell.editor) return cell.needs;
  const before = pythonNames(cell.code), now = [...pythonNames(codeOf(cell))];
  return new Set(now.filter(name => cell.needs.has(name) || !before.has(name)));
};
const bindsOf = cell =>
  cell.editor ? new Set([...cell.binds, ...pythonBinds(codeOf(cell))]) : cell.binds;

// The cells from an answer to its check; any other cell is alone.
function withCheck(cells, cell) {
  if (cell.kind !== "answer") return [cell];
  const rest = cells.slice(cells.indexOf(cell) + 1);
  const check = rest.findIndex(one => one.kind === "check");
  const next = rest.findIndex(one => one.kind === "answer");
  return check < 0 || next >= 0 && next < check ? [cell] : [cell, ...rest.slice(0, check + 1)];
}

// The targets and the cells that they need, in the page's order: of each name that a cell looks
// up, the nearest cell above that binds it, and those between that change what is bound.
function neededCells(cells, targets) {
  const wanted = new Set(targets), queue = [...targets];
  for (let cell = queue.pop(); cell; cell = queue.pop()) {
    for (const name of needsOf(cell)) {
      for (let at = cells.indexOf(cell) - 1; at >= 0; at--) {
        const above = cells[at], bound = bindsOf(above).has(name);
        if (!bound && !above.changes.has(name)) continue;
        if (!wanted.has(above)) { wanted.add(above); queue.push(above); }
        if (bound) break;
      }
    }
  }
  return cells.filter(cell => wanted.has(cell));
}

// Whether one of the cells needs Matplotlib or SciPy.
function needPlots(cells, chosen) {
  const names = new Set(cells.flatMap(cell => [...cell.plots]));
  return chosen.some(cell => cell.kind !== "setup" && (
    /\b(matplotlib|scipy)\b/.test(codeOf(cell))
    || [...needsOf(cell)].some(name => names.has(name))));
}

// -- what the browser keeps ----------------------------------------------------------------------

// A text's hash, short: it tells the forms of a cell apart, nothing more.
function shortHash(text) {
  let hash = 5381;
  for (const letter of text) hash = (hash * 33 ^ letter.codePointAt(0)) >>> 0;
  return hash.toString(36);
}

// Lines are kept under their page, their cell and the hash of what they were written over: when a
// new release changes a skeleton, the two are not mixed.
const keptUnder = cell => `vae-np ${pageName()} ${cell.name} `;

function keepLines(cell, text) {
  try {
    const key = keptUnder(cell) + shortHash(cell.code);
    if (text === cell.code) localStorage.removeItem(key);
    else localStorage.setItem(key, text);
    return true;
  } catch {
    return false;  // no storage for this page, or a full one
  }
}

// {text, older}: the lines kept for this cell as it is, and the key of those that were kept for a
// former form of it; null where there are none.
function keptLines(cell) {
  try {
    const own = keptUnder(cell) + shortHash(cell.code);
    const older = Object.keys(localStorage).filter(key =>
      key.startsWith(keptUnder(cell)) && key !== own);
    return {text: localStorage.getItem(own), older: older.at(-1) ?? null};
  } catch {
    return {text: null, older: null};
  }
}

// -- the notebook --------------------------------------------------------------------------------

// The notebook's text with the reader's lines in their cells. A cell that was changed loses its
// outputs: they are another code's.
function withLines(text, cells) {
  const notebook = JSON.parse(text);
  for (const cell of cells.filter(one => one.editor && one.editor.value !== one.code)) {
    const target = notebook.cells[cell.place];
    target.source = cell.editor.value.match(/[^\n]*\n|[^\n]+/g) ?? [];
    Object.assign(target, {outputs: [], execution_count: null});
  }
  return JSON.stringify(notebook, null, 1) + "\n";
}

// Saves the page's notebook with the reader's lines. The notebook comes from the script that lies
// beside it and hands it to saveNotebook: see site.js.
async function saveMine(link, cells) {
  const save = window.saveNotebook;
  window.saveNotebook = (name, text) => save(name, withLines(text, cells));
  try {
    await loadScript(`${link.href}.js`);
  } finally {
    window.saveNotebook = save;
  }
}
