// What a run shows below its cell: printed lines, values, errors, figures, as in Jupyter; and what
// the check says, with a link to where it says to read on.

const MOST_SHOWN = 100000;  // letters of one run's output

function makeElement(name, attributes = {}, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...content);
  return made;
}

function clearOutput(out) {
  out.replaceChildren();
  delete out.dataset.full;
}

function showOutput(out, {kind, text, png, href}) {
  if (kind === "image") {
    // Digits and photographs are not inverted on a dark page: as in the lecture's own figure.
    const like = out.parentElement.querySelector("img.picture") ? "picture" : "drawn";
    out.append(makeElement("img", {src: `data:image/png;base64,${png}`, class: like,
                               alt: "The figure that this cell has drawn"}));
    return;
  }
  const verdict = /^Right: /.test(text) ? "right" : /^Not yet: /.test(text) ? "not-yet" : kind;
  const last = out.lastElementChild;
  let pre = last?.dataset.kind === verdict && kind === "stdout" ? last : null;
  if (!pre) {
    pre = makeElement(kind === "note" ? "p" : "pre",
                      {class: `live-${verdict}`, "data-kind": verdict});
    out.append(pre);
  }
  const room = MOST_SHOWN - out.textContent.length;
  if (room > 0) pre.append(...withLink(text.slice(0, room), href));
  if (text.length > room && !out.dataset.full) {
    out.dataset.full = "full";
    out.append(makeElement("p", {class: "live-note"},
                           "There is more; the page shows no more than this of one run."));
  }
}

// Where a failed check says to read on, a link leads there. href: as a page of exercises has it.
function withLink(text, href) {
  const at = text.indexOf("Read on: ") + "Read on: ".length;
  if (!href || at < "Read on: ".length) return [text];
  const end = text.indexOf("\n", at) < 0 ? text.length : text.indexOf("\n", at);
  const address = new URL(href, new URL("lectures/exercises/", pageAddress())).href;
  const link = makeElement("a", {href: address, target: "_blank"}, text.slice(at, end));
  return [text.slice(0, at), link, text.slice(end)];
}
