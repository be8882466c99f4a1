// Python in a worker. The payload is loaded once; a worker that was stopped is replaced by
// another, which gets the same files. What the two sides say to each other: live/worker.js.

// A part of the payload calls this when its script is loaded: see live/build.py.
const arrivedParts = {};
function vaeLivePart(name, part) { arrivedParts[name] = part; }

class LiveEngine {
  // folder: the address of _static/live/. sizes: window.VAE_LIVE, the parts' sizes in bytes.
  constructor(folder, sizes) {
    Object.assign(this, {folder, sizes, parts: {}, worker: null, hasPlots: false, runs: new Map(),
                         last: 0, stops: 0});
  }

  // Resolves when Python is there, with plots if they are wanted. tell(text, fraction or null).
  async start({plots = false, tell = () => {}} = {}) {
    const stops = this.stops;
    for (const name of plots ? ["core", "plots"] : ["core"]) {
      if (!this.parts[name]) await this.load(name, tell);
      if (stops !== this.stops) throw new StoppedError();
    }
    if (!this.worker) {
      const {files, texts} = this.parts.core;
      const source = new Blob([texts["worker.js"]], {type: "text/javascript"});
      const worker = new Worker(URL.createObjectURL(source));
      await this.ask(worker, {type: "start", files, texts}, "ready", tell);
    }
    if (plots && !this.hasPlots) {
      await this.ask(this.worker, {type: "add", files: this.parts.plots.files}, "added", tell);
      this.hasPlots = true;
    }
  }

  // Sends one message and resolves when the answer of that type has come.
  ask(worker, message, answer, tell) {
    this.worker = worker;
    return new Promise((resolve, reject) => {
      this.fail = reject;
      this.settle = said => {
        if (said.type === "progress") tell(said.text, said.fraction);
        if (said.type === answer) resolve(said);
      };
      worker.onmessage = ({data}) => this.hear(worker, data);
      worker.onerror = event => this.end(new Error(event.message || "the worker did not start"));
      worker.postMessage(message);
    });
  }

  hear(worker, said) {
    if (worker !== this.worker) return;  // a last word of one that was stopped
    const run = this.runs.get(said.id);
    if (said.type === "failed") this.end(new Error(said.text));
    else if (said.type === "output") run?.hear(said);
    else if (said.type === "done") { this.runs.delete(said.id); run?.resolve(said.ok); }
    else this.settle?.(said);
  }

  // Runs code and resolves to whether it ended without an error. hear(output) gets what it shows.
  run(code, cell, hear) {
    const id = ++this.last;
    return new Promise((resolve, reject) => {
      this.runs.set(id, {resolve, reject, hear});
      this.worker.postMessage({type: "run", id, code, cell});
    });
  }

  stop() { this.end(new StoppedError()); }

  end(error) {
    this.worker?.terminate();
    Object.assign(this, {worker: null, hasPlots: false, stops: this.stops + 1});
    const waiting = [this.fail, ...[...this.runs.values()].map(run => run.reject)];
    this.runs.clear();
    for (const reject of waiting) reject?.(error);
  }

  // Loads a part of the payload and unpacks its files, once.
  async load(name, tell) {
    const size = `${Math.round(this.sizes[name] / 1e6)} MB`;
    if (!arrivedParts[name]) {
      await this.fetchPart(name, fraction => tell(`Loading ${size}, once`, fraction));
    }
    const {files, texts} = arrivedParts[name];
    const unpacked = {}, names = Object.keys(files);
    for (const [count, file] of names.entries()) {
      tell("Unpacking", count / names.length);
      unpacked[file] = await unpack(files[file]);
      delete files[file];  // the text is a third longer than what it holds
    }
    this.parts[name] = {files: unpacked, texts};
  }

  // A script from the disk says nothing of how far it is; from a server it can be counted.
  async fetchPart(name, tell) {
    const address = new URL(`${name}.js`, this.folder).href;
    tell(null);
    if (location.protocol === "file:") return loadScript(address);
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${address} cannot be loaded (${answer.status})`);
    const chunks = [], reader = answer.body.getReader();
    let bytes = 0;
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      chunks.push(step.value);
      bytes += step.value.length;
      tell(Math.min(1, bytes / this.sizes[name]));
    }
    const blob = URL.createObjectURL(new Blob(chunks, {type: "text/javascript"}));
    await loadScript(blob);
    URL.revokeObjectURL(blob);
  }
}

class StoppedError extends Error {}

async function unpack(base64) {
  const text = atob(base64), bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

function loadScript(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`${address} cannot be loaded`));
    document.head.append(script);
  });
}
