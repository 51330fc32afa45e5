"""Every template as Debian's Chromium draws it (phone, dark, desktop, Arabic), against the pictures
of docs/letters.md.
"""

import base64
import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or ""
# One of each package that docs/fonts.conf names.
NAMED = (
    "LiberationSans-Regular.ttf",
    "DejaVuSansMono.ttf",
    "NotoNaskhArabic-Regular.ttf",
)
FONTS = all(any(Path("/usr/share/fonts").rglob(name)) for name in NAMED)
pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(
        not (CHROMIUM and FONTS) and not os.environ.get("CI"),
        reason="apt install chromium fonts-liberation fonts-dejavu-core fonts-noto-core",
    ),
]
# of the pixels may differ by more than a shade: fonts are drawn a little differently from version
# to version
_MOST = 0.004
_COMPARE = """async ([a, b]) => {
  const pixels = async (data) => {
    const image = new Image();
    image.src = 'data:image/png;base64,' + data;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, image.width, image.height);
  };
  const [one, two] = [await pixels(a), await pixels(b)];
  if (one.width !== two.width || one.height !== two.height) return 1;
  let other = 0;
  for (let n = 0; n < one.data.length; n += 4) {
    const far = Math.max(Math.abs(one.data[n] - two.data[n]), Math.abs(one.data[n + 1] - two.data[n + 1]), Math.abs(one.data[n + 2] - two.data[n + 2]));
    if (far > 48) other += 1;
  }
  return other / (one.data.length / 4);
}"""  # noqa: E501


def _gallery() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gallery", ROOT / "docs" / "gallery.py")
    assert spec
    assert spec.loader
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


GALLERY = _gallery()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found: Browser = GALLERY.open_browser(playwright, CHROMIUM)
        yield found
        found.close()


def _differs(browser: Browser, one: Path, two: Path) -> float:
    page = browser.new_page()
    share = float(
        page.evaluate(
            _COMPARE, [base64.b64encode(path.read_bytes()).decode() for path in (one, two)]
        )
    )
    page.close()
    return share


@pytest.mark.parametrize("kind", list(GALLERY.WHAT))
def test_a_template_looks_as_its_picture_says(browser: Browser, tmp_path: Path, kind: str) -> None:
    """Who changes a letter looks at it: `make gallery`, and the new picture is part of the
    change.
    """
    GALLERY.sheet(browser, kind, tmp_path / "now.png")
    assert (
        _differs(
            browser, tmp_path / "now.png", ROOT / "docs" / "pictures" / "letters" / f"{kind}.png"
        )
        <= _MOST
    )


def test_the_comparison_sees_a_change(browser: Browser) -> None:
    pictures = ROOT / "docs" / "pictures" / "letters"
    assert _differs(browser, pictures / "hold.png", pictures / "kill.png") > _MOST
