/* The worker in which a page runs Python: Pyodide, and live.py in it.

The builder puts this text into core.js, and the page makes a worker of it. What the page sends:

  {type: "start", files, texts}   once, first: what core.js holds, {name: ArrayBuffer}, {name: text}
  {type: "add", files}            what plots.js holds
  {type: "run", id, code, cell}   cell: what the cell is called where an error names its lines

What it is sent: {type: "progress", text, fraction}, {type: "ready", versions}, {type: "added"},
{type: "output", id, kind, text | png}, {type: "done", id, ok}, and {type: "failed", text} when
nothing more can be run here. A page stops a cell by ending the worker.
*/
"use strict";

// Pyodide takes a worker for a classic one, in which it will not run, if this function is there.
// A page from the disk may start no other kind, and import() works in it.
self.importScripts = undefined;

let python, live;
let last = Promise.resolve(); // messages are dealt with one after the other

onmessage = ({ data }) => {
  last = last.then(() => handle[data.type](data)).catch((error) => {
    postMessage({ type: "failed", text: String((error && error.message) || error) });
  });
};

const handle = {
  async start({ files, texts }) {
    progress("Starting Python", 0.05);
    const wasm = address(files["pyodide.asm.wasm"], "application/wasm");
    const fetched = self.fetch.bind(self);
    // Pyodide asks for this one file by its name; all else is handed to it.
    self.fetch = (url, options) =>
      fetched(String(url).endsWith("pyodide.asm.wasm") ? wasm : url, options);
    const { loadPyodide } = await module(texts["pyodide.mjs"]);
    const { default: createPyodideModule } = await module(files["pyodide.asm.mjs"]);
    python = await loadPyodide({
      indexURL: "https://nowhere.invalid/",
      packageBaseUrl: "https://nowhere.invalid/",
      lockFileContents: texts["pyodide-lock.json"],
      stdLibURL: address(files["python_stdlib.zip"], "application/zip"),
      createPyodideModule,
    });
    progress("Unpacking NumPy and vae_np", 0.6);
    unpack(files);
    const library = new TextEncoder();
    for (const name of Object.keys(texts).filter((name) => name.endsWith(".py"))) {
      python.FS.writeFile(`${place()}/${name}`, library.encode(texts[name]));
    }
    progress("Importing NumPy and vae_np", 0.75);
    live = python.pyimport("live");
    const versions = JSON.parse(live.versions());
    postMessage({ type: "ready", versions: { ...versions, pyodide: python.version } });
  },

  add({ files }) {
    progress("Unpacking matplotlib and SciPy", 0.3);
    unpack(files);
    progress("Importing matplotlib", 0.6);
    live.add_plots();
    postMessage({ type: "added" });
  },

  run({ id, code, cell }) {
    const emit = (kind, output) => {
      postMessage({ type: "output", id, kind, ...JSON.parse(output) });
    };
    let ok = false;
    try {
      ok = live.run(code, cell, emit);
    } finally { // what is thrown here has ended the interpreter, and is told as "failed"
      postMessage({ type: "done", id, ok });
    }
  },
};

function progress(text, fraction) {
  postMessage({ type: "progress", text, fraction });
}

function address(content, type) {
  return URL.createObjectURL(new Blob([content], { type }));
}

function module(text) {
  return import(address(text, "text/javascript"));
}

function place() {
  return python.runPython("import site; site.getsitepackages()[0]");
}

/* Wheels and vae_np become packages; other archives are data, and lie where cells run. */
function unpack(files) {
  for (const [name, content] of Object.entries(files)) {
    if (name.endsWith(".whl")) {
      python.unpackArchive(content, "wheel");
    } else if (name === "vae_np.zip") {
      python.unpackArchive(content, "zip", { extractDir: place() });
    } else if (name.endsWith(".zip") && name !== "python_stdlib.zip") {
      python.unpackArchive(content, "zip");
    }
  }
}
