/* Runs cells in the site's own worker, in Node: node --experimental-vm-modules live_node.mjs LIVE.

LIVE is the folder that lectures/site/live/build.py has written. The worker's code gets what a
browser's worker has and nothing of Node's. Each line of standard input is a message for it, JSON;
each message of the worker's becomes a line of standard output. {"type": "start"} and
{"type": "add"} get their files here. It ends when the last message is answered.
*/
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { resolve } from "node:path";
import vm from "node:vm";
import { gunzipSync } from "node:zlib";

const LAST = ["ready", "added", "done", "failed"]; // one of them answers each message
let waiting = 0, ended = false;
const folder = resolve(process.argv[2]);
const texts = new Map(); // {address of a blob: the module in it}

const context = vm.createContext({
  AbortController, Blob, DecompressionStream, DOMException, Event, EventTarget, Headers,
  MessageChannel, Response, TextDecoder, TextEncoder, URLSearchParams, atob, btoa,
  clearInterval, clearTimeout, console, crypto, performance, queueMicrotask, setInterval,
  setTimeout, structuredClone,
  // By these Pyodide sees that it is in a worker.
  WorkerGlobalScope: { [Symbol.hasInstance]: () => true },
  location: new URL("blob:null/worker"),
  navigator: { userAgent: "Node", hardwareConcurrency: 1 },
  importScripts() {},
  postMessage(message) {
    process.stdout.write(`${JSON.stringify(message)}\n`);
    if (LAST.includes(message.type)) waiting -= 1;
    if (ended && waiting === 0) process.stdout.write("", () => process.exit());
  },
  URL: class extends URL {
    static createObjectURL(blob) {
      const address = URL.createObjectURL(blob);
      texts.set(address, blob);
      return address;
    }
  },
  // Only what the page made itself can be had: there is no network.
  fetch(address, options) {
    if (!String(address).startsWith("blob:")) {
      return Promise.reject(new TypeError(`asked the network for ${address}`));
    }
    return fetch(String(address), options);
  },
});
vm.runInContext("globalThis.self = globalThis", context);
const copied = vm.runInContext("(content) => new Uint8Array(content).buffer", context);

async function importModuleDynamically(address) {
  if (!texts.has(address)) throw new TypeError(`no module is at ${address}`);
  const module = new vm.SourceTextModule(await texts.get(address).text(), {
    context, identifier: address, importModuleDynamically,
    initializeImportMeta(meta) { meta.url = address; },
  });
  await module.link(() => { throw new TypeError("a module may import no other"); });
  await module.evaluate();
  return module;
}

function part(name) {
  let found;
  const take = (_, content) => { found = content; };
  vm.runInNewContext(readFileSync(`${folder}/${name}.js`, "utf8"), { vaeLivePart: take });
  const files = {};
  for (const [file, packed] of Object.entries(found.files)) {
    files[file] = copied(gunzipSync(Buffer.from(packed, "base64")));
  }
  return { files, texts: found.texts };
}

const core = part("core");
new vm.Script(core.texts["worker.js"], { filename: "worker.js", importModuleDynamically })
  .runInContext(context);
for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  if (message.type === "start") Object.assign(message, core);
  if (message.type === "add") Object.assign(message, { files: part("plots").files });
  waiting += 1;
  context.onmessage({ data: message });
}
ended = true;
if (waiting === 0) process.exit();
