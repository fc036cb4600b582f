"""Editing app.conf, over many ways in which somebody may have written it."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .charts import CHART


def load() -> ModuleType:
    """The module as the hook's pod has it: a file, in no package."""
    spec = importlib.util.spec_from_file_location("app_conf", CHART / "files" / "registration" / "app_conf.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["app_conf"] = module
    spec.loader.exec_module(module)
    return module


app_conf = load()
# No deadline: how long an example takes on a busy machine says nothing.
steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
OURS = app_conf.CodeGenerator("topcp", "http://sx-code-gen-topcp:8000", "registry.example/codegen:0.1.0")

spaces = st.sampled_from(["", " ", "  ", "\n", "\r\n    ", "  # größer, than }\n", "\t"])
names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8)
literals = names.map(repr) | st.sampled_from(['"a" "b"', "'''x\ny'''", 'r"\\d"', "('p')"])


@st.composite
def dictionaries(draw: st.DrawFn) -> str:
    """The text of a dictionary, with spaces and comments wherever Python takes them."""
    keys = draw(st.lists(names.filter(lambda name: name != "topcp"), unique=True, max_size=4))
    pad = [draw(spaces) for _ in range(5)]
    items = [f"{pad[0]}{key!r}{pad[1]}:{pad[2]}{draw(literals)}{pad[3]}" for key in keys]
    comma = draw(st.sampled_from(["", ","])) if items else ""
    return "{" + ",".join(items) + comma + pad[4] + "}"


@st.composite
def texts(draw: st.DrawFn) -> str:
    """An app.conf around the two dictionaries."""
    urls = f"CODE_GEN_SERVICE_URLS ={draw(st.sampled_from(['', ' ']))}{draw(dictionaries())}"
    images = f"CODE_GEN_IMAGES = {draw(dictionaries())}"
    others = ["NOTE = 'Zürich'", "# CODE_GEN_IMAGES = {}", "X = {'topcp': 1}", ""]
    lines = draw(st.permutations([urls, images, *others]))
    return draw(st.sampled_from(["\n", "\r\n"])).join(lines)


def executed(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    exec(compile(text, "app.conf", "exec"), found)
    found.pop("__builtins__")
    return found


@steady
@given(texts())
def test_an_entry_is_added_and_taken_out_again_without_a_trace(text: str) -> None:
    wanted = executed(text)
    wanted["CODE_GEN_SERVICE_URLS"]["topcp"] = OURS.url
    wanted["CODE_GEN_IMAGES"]["topcp"] = OURS.image
    added = app_conf.register(text, OURS)
    assert executed(added) == wanted
    assert app_conf.register(added, OURS) == added
    assert app_conf.unregister(added, OURS) == text


@steady
@given(st.text(max_size=200) | texts().map(lambda text: text[: len(text) * 2 // 3]))
def test_any_other_text_is_either_edited_rightly_or_refused(text: str) -> None:
    try:
        added = app_conf.register(text, OURS)
    except app_conf.AppConfError:
        return
    assert app_conf.entries(added, "CODE_GEN_IMAGES")["topcp"] == OURS.image
