"""Headless Chromium by the DevTools protocol, over a pipe: JSON messages that end with a NUL.

No port is opened and nothing but the standard library is needed.
"""
import base64
import json
import os
import re
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") \
    or shutil.which("google-chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--hide-scrollbars", "--remote-debugging-pipe",
         # Nothing that it opens comes from a network, so it gets none.
         "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]


class Browser:
    """One page in a browser of its own. `requests` and `errors` gather what the page does."""

    def __init__(self):
        if CHROMIUM is None:
            raise SystemExit("no Chromium is installed (chromium, chromium-browser or "
                             "google-chrome): it is what prints PDFs and looks at pages")
        self.profile = tempfile.mkdtemp()
        read_here, write_there = os.pipe()
        read_there, write_here = os.pipe()
        # Chromium reads commands from descriptor 3 and answers on 4; the shell puts ours there.
        self.process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{read_there} 4>&{write_there}', "chromium",
             CHROMIUM, *FLAGS, f"--user-data-dir={self.profile}", "about:blank"],
            pass_fds=(read_there, write_there), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(read_there)
        os.close(write_there)
        self.incoming, self.outgoing = read_here, write_here
        self.buffer, self.last_id, self.session = b"", 0, None
        self.requests, self.errors, self.events = [], [], []
        target = next(target["targetId"]
                      for target in self.call("Target.getTargets")["targetInfos"]
                      if target["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target,
                                 flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)
        os.close(self.incoming)
        os.close(self.outgoing)
        shutil.rmtree(self.profile, ignore_errors=True)

    def call(self, method, **params):
        """Sends one command and returns its result; events that come first are kept."""
        self.last_id += 1
        message = {"id": self.last_id, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.outgoing, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self.last_id:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def wait_for(self, event, seconds=120):
        """Waits until the event has come, now or before."""
        while event not in self.events:
            self._receive(seconds)

    def _receive(self, seconds=120):
        deadline = time.monotonic() + seconds
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.incoming], [], [],
                                        max(0, deadline - time.monotonic()))
            chunk = os.read(self.incoming, 1 << 16) if ready else b""
            if not chunk:
                raise TimeoutError("the browser does not answer")
            self.buffer += chunk
        text, _, self.buffer = self.buffer.partition(b"\0")
        message = json.loads(text)
        if "method" in message:
            self._note(message["method"], message["params"])
        return message

    def _note(self, event, params):
        self.events.append(event)
        if event == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif event == "Network.webSocketCreated":
            self.requests.append(params["url"])
        elif event == "Runtime.exceptionThrown":
            self.errors.append(params["exceptionDetails"].get("exception", {}).get("description"))
        elif event == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
            self.errors.append(str([arg.get("value") for arg in params["args"]]))
        elif event == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.errors.append(params["entry"]["text"])

    # -- what a reader does --------------------------------------------------------------------

    def size(self, width, height=900):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 600)

    def scheme(self, name, media=""):
        """The system's preference, "light" or "dark"; media="print" shows the printed page."""
        self.call("Emulation.setEmulatedMedia", media=media,
                  features=[{"name": "prefers-color-scheme", "value": name}])

    def press(self, key, control=False):
        """A key, such as "Tab" or "Enter"."""
        code = {"Tab": 9, "Enter": 13, "Escape": 27}[key]
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                      windowsVirtualKeyCode=code, modifiers=2 if control else 0)

    def type(self, text):
        """Writes into what has the focus, as a keyboard's input method does."""
        self.call("Input.insertText", text=text)

    def open(self, url):
        """Loads a page and waits until its formulas are set."""
        self.events.clear()
        failure = self.call("Page.navigate", url=url).get("errorText")
        if failure:
            raise RuntimeError(f"{url}: {failure}")
        self.wait_for("Page.loadEventFired")
        self.typeset()

    def typeset(self):
        """Waits until MathJax, where the page has it, is done."""
        self.evaluate("window.MathJax && MathJax.startup ? MathJax.startup.promise.then(() => 1)"
                      " : 1")

    def pdf(self):
        """The page as a PDF of the sizes that its style asks for, without the time of printing."""
        data = self.call("Page.printToPDF", printBackground=True, preferCSSPageSize=True)["data"]
        return re.sub(rb"(/(?:Creation|Mod)Date) \(D:\d{14}", rb"\1 (D:19800101000000",
                      base64.b64decode(data))

    def evaluate(self, expression):
        """The value of a JavaScript expression, promises awaited."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True,
                           returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def follow(self, selector):
        """Clicks a link and returns where the browser then is: (file's name, fragment)."""
        link = f"document.querySelector({selector!r})"
        # No gliding: on a busy machine a glide ends where the target was when it began.
        self.evaluate("document.documentElement.style.scrollBehavior = 'auto'")
        self.evaluate(link + ".scrollIntoView({behavior: 'instant'})")
        same_page = self.evaluate(
            link + ".href.split('#')[0] === location.href.split('#')[0]")
        self.events.clear()
        self.evaluate(link + ".click()")
        if not same_page:
            self.wait_for("Page.loadEventFired")
            self.typeset()
        parts = urlsplit(self.evaluate("location.href"))
        return Path(unquote(parts.path)).name, unquote(parts.fragment)

    def target(self):
        """The element that the address points at: its text, whether it is in view and marked."""
        return self.evaluate("""new Promise(done => {
          const look = () => {
            const node = document.querySelector(":target"), box = node.getBoundingClientRect();
            return {text: node.textContent, id: node.id,
                    seen: box.top >= 0 && box.bottom <= innerHeight,
                    marked: getComputedStyle(node).backgroundColor !== "rgba(0, 0, 0, 0)"};
          };
          // The page glides to its target; look until it rests, twenty seconds at most.
          const end = performance.now() + 20000;
          const wait = () => look().seen || performance.now() > end ? done(look())
                                                                    : requestAnimationFrame(wait);
          wait();
        })""")
