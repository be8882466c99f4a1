// An editor for a few lines of Python: a text area, and below it the same text in Pygments'
// colours. The text area is what a keyboard, a screen reader and a phone know; its own letters are
// transparent. Both lie in one cell of a grid, so the box grows with the lines.

// -- Python, as far as colours and names need it -------------------------------------------------

const joined = parts => parts.map(part => part.source).join("|");
const TEXTS = joined([/"""[^]*?(?:"""|$)/, /'''[^]*?(?:'''|$)/,
                      /"(?:\\.|[^"\\\n])*"?/, /'(?:\\.|[^'\\\n])*'?/]);
const PYTHON = new RegExp(joined([
  /(?<comment>#.*)/,
  {source: `(?<string>(?:\\b[rbfuRBFU]{1,2})?(?:${TEXTS}))`},
  /(?<number>\b(?:0[xX][\da-fA-F_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?j?))/,
  /(?<name>[\p{L}_][\p{L}\p{N}_]*)/,
  /(?<operator>\.\.\.|[-+*\/%@&|^~<>=!]+)/,
  /(?<space>\s+)/,
  /(?<other>[^])/,
]), "gu");
const KEYWORDS = new Set(("and as assert async await break class continue def del elif else "
  + "except finally for from global if import in is lambda nonlocal not or pass raise return try "
  + "while with yield").split(" "));
const CONSTANTS = new Set(["True", "False", "None"]);
const BUILTINS = new Set(("abs all any bool dict enumerate float int isinstance len list map max "
  + "min print range repr reversed round set sorted str sum tuple type zip").split(" "));

// [[kind, text]] of a piece of Python; kinds as in PYTHON.
function pythonTokens(code) {
  return [...code.matchAll(PYTHON)].map(match =>
    Object.entries(match.groups).find(([, text]) => text !== undefined));
}

// The names that the code looks up or binds: no attributes, keywords, comments and texts.
function pythonNames(code) {
  const found = new Set();
  let before = "";
  for (const [kind, text] of pythonTokens(code)) {
    if (kind === "name" && before !== "." && !KEYWORDS.has(text)) found.add(text);
    if (kind === "string" && /^[rR]?[fF]/.test(text)) {  // what stands in braces is code
      for (const [, inside] of text.matchAll(/\{([^{}]+)/g)) {
        for (const name of pythonNames(inside)) found.add(name);
      }
    }
    if (kind !== "space") before = text;
  }
  return found;
}

// The names that lines at the left margin bind, near enough for code that a reader has changed.
function pythonBinds(code) {
  const found = new Set();
  for (const line of code.split("\n")) {
    const [, defined] = line.match(/^(?:async )?(?:def|class) ([\p{L}_][\p{L}\p{N}_]*)/u) ?? [];
    const [, targets] = line.match(/^([^\s=#"'()][^=#"'()]*?)\s*[-+*\/]?=(?!=)/) ?? [];
    const [, imported] = line.match(/^(?:from \S+ )?import (.+)/) ?? [];
    if (defined) found.add(defined);
    if (targets) for (const name of pythonNames(targets)) found.add(name);
    for (const part of imported?.split(",") ?? []) {
      found.add(part.replace(/[()]/g, "").trim().split(/\s+as\s+/).at(-1).split(".")[0]);
    }
  }
  return found;
}

// Pygments' class of a token; before: the token before it that is no space; clause: "import" or
// "from" where the names of modules stand.
function pygmentsClass(kind, text, before, clause) {
  if (kind === "comment") return "c1";
  if (kind === "string") return /^\w*("""|''')/.test(text) ? "sd" : "s2";
  if (kind === "number") return /[.eEj]/.test(text) && !/^0x/i.test(text) ? "mf" : "mi";
  if (kind === "operator") return "o";
  if (kind !== "name") return "";
  if (before === "def") return "nf";
  if (before === "class") return "nc";
  if (CONSTANTS.has(text)) return "kc";
  if (text === "import" || text === "from") return "kn";
  if (/^(and|in|is|not|or)$/.test(text)) return "ow";
  if (KEYWORDS.has(text)) return "k";
  if (clause) return "nn";
  return before !== "." && BUILTINS.has(text) ? "nb" : "n";
}

// Fills `box` with the code, coloured.
function colourPython(box, code) {
  const pieces = [];
  let before = "", clause = "";
  for (const [kind, text] of pythonTokens(code)) {
    if (text.includes("\n")) clause = "";
    const name = pygmentsClass(kind, text, before, clause);
    if (name === "kn") clause = clause === "from" ? "" : text;
    if (name) {
      const span = document.createElement("span");
      span.className = name;
      span.textContent = text;
      pieces.push(span);
    } else pieces.push(text);
    if (kind !== "space") before = text;
  }
  box.replaceChildren(...pieces, "\n");
}

// -- the box -------------------------------------------------------------------------------------

const INDENT = "    ";

// makeEditor(code, label, {changed, run}) → {box, area, value}. changed() follows every change,
// run() Ctrl+Enter and Shift+Enter.
function makeEditor(code, label, {changed, run}) {
  const box = document.createElement("div");
  box.className = "live-editor highlight";
  const shown = document.createElement("pre");
  shown.setAttribute("aria-hidden", "true");
  const area = document.createElement("textarea");
  Object.assign(area, {value: code, spellcheck: false, autocapitalize: "off", autocomplete: "off",
                       rows: 1});
  area.setAttribute("aria-label", label);
  area.setAttribute("aria-description",
                    "Tab indents; Escape, then Tab leaves the editor. Control with Enter runs.");
  area.setAttribute("autocorrect", "off");
  box.append(shown, area);
  const paint = () => colourPython(shown, area.value);
  let leaving = false;  // after Escape the next Tab goes on to the next element
  area.addEventListener("input", () => { paint(); changed(); });
  area.addEventListener("blur", () => { leaving = false; });
  area.addEventListener("keydown", event => {
    if (event.key === "Escape") { leaving = true; return; }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey || event.shiftKey)) {
      event.preventDefault();
      run();
    } else if (event.key === "Enter" && !event.altKey && !event.isComposing) {
      event.preventDefault();
      typeText(area, "\n" + nextIndent(area.value.slice(0, area.selectionStart)));
    } else if (event.key === "Tab" && !leaving && !event.ctrlKey && !event.altKey) {
      event.preventDefault();
      indentLines(area, event.shiftKey);
    } else if (event.key === "Backspace") eraseIndent(event, area);
    if (!["Shift", "Tab"].includes(event.key)) leaving = false;
  });
  paint();
  return {
    box, area,
    get value() { return area.value; },
    set value(text) { area.value = text; paint(); },
  };
}

// Types a text over the selection, such that the browser can undo it.
function typeText(area, text) {
  if (!document.execCommand(text ? "insertText" : "delete", false, text)) {
    area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input"));
  }
}

// The indent of a new line: that of the line before it, one more after a colon.
function nextIndent(before) {
  const line = before.slice(before.lastIndexOf("\n") + 1);
  return line.match(/^ */)[0] + (/:\s*(#.*)?$/.test(line) ? INDENT : "");
}

// Moves the selected lines, or types an indent where nothing is selected.
function indentLines(area, back) {
  const {selectionStart: start, selectionEnd: end, value} = area;
  if (start === end && !back) { typeText(area, INDENT); return; }
  const first = value.lastIndexOf("\n", start - 1) + 1;
  const lines = value.slice(first, end).split("\n");
  const moved = lines.map(line => back ? line.replace(/^ {1,4}/, "") : line && INDENT + line);
  if (moved.join() === lines.join()) return;
  area.setSelectionRange(first, end);
  typeText(area, moved.join("\n"));
  const after = Math.max(first, start + moved[0].length - lines[0].length);
  if (start === end) area.setSelectionRange(after, after);
  else area.setSelectionRange(first, first + moved.join("\n").length);
}

// Backspace in the indent goes back by a whole one.
function eraseIndent(event, area) {
  const {selectionStart: at, selectionEnd: end, value} = area;
  const line = value.slice(value.lastIndexOf("\n", at - 1) + 1, at);
  if (at !== end || !line || /[^ ]/.test(line) || line.length % 4) return;
  event.preventDefault();
  area.setSelectionRange(at - 4, at);
  typeText(area, "");
}
