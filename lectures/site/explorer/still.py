"""Makes still.png, which the explorer's page shows where no JavaScript runs.

    python lectures/site/explorer/still.py build/site

The site has to be built, and Chromium installed. The ellipse is moved a little, so that the
encoder's is seen beside it; the noise is fixed.
"""
import base64
import io
import sys
from pathlib import Path

from PIL import Image

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parents[1]))

from browser import Browser  # noqa: E402  (it lies in lectures/)

MARGIN = 12  # pixels of empty page on each side
MOVED = """(() => { const {S} = EXPLORER;
  S.q = {mean: S.q.mean.map((m, j) => m + (j ? -0.2 : -0.15)), sd: S.q.sd.map(sd => 1.1 * sd)};
  EXPLORER.newQ(true);
  return document.querySelector(".ex-stage").getBoundingClientRect().toJSON(); })()"""


def main(site):
    with Browser() as browser:
        browser.size(1300, 1000)
        browser.scheme("light")
        browser.open((Path(site).resolve() / "explorer.html").as_uri())
        box = browser.evaluate(MOVED)
        browser.evaluate("new Promise(done => setTimeout(() => done(1), 1000))")
        clip = {"x": box["left"] - MARGIN, "y": box["top"] - MARGIN,
                "width": box["width"] + 2 * MARGIN, "height": box["height"] + 2 * MARGIN,
                "scale": 1}
        shot = browser.call("Page.captureScreenshot", format="png", clip=clip)
    picture = Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB")
    picture.quantize(192).save(HERE / "still.png", optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
