"""The toolkit at hand, and blocks of our own on which to try how it treats a text."""

from __future__ import annotations

import importlib
import inspect
import tempfile
from pathlib import Path
from typing import Any

from facts_export.blocks import plain, type_name
from facts_export.making import Json, quietly


class Toolkit:
    """The classes of AnalysisAlgorithmsConfig, and a block to try them on."""

    def __init__(self) -> None:
        self.config_block: Any = importlib.import_module("AnalysisAlgorithmsConfig.ConfigBlock").ConfigBlock
        self.text_config: Any = importlib.import_module("AnalysisAlgorithmsConfig.ConfigText").TextConfig
        self.probe = self._probe()

    def factory(self) -> Any:
        """Return a factory with all blocks of the release."""
        return quietly(self.text_config)

    def is_block(self, member: Any) -> bool:
        """Tell whether something can be added as a block: a ConfigBlock, or a function that fills a sequence."""
        if inspect.isclass(member):
            return issubclass(member, self.config_block) and member is not self.config_block
        return inspect.isfunction(member) and "seq" in inspect.signature(member).parameters

    def run(self, text: str) -> list[Any]:
        """Configure a text in which ProbeA and ProbeB are blocks with a sub-block Child; return what is made."""

        def configure() -> list[Any]:
            config = self.text_config()
            for name in ("ProbeA", "ProbeB"):
                config.addAlgConfigBlock(algName=name, alg=self.probe)
            config.addAlgConfigBlock(algName="Child", alg=self.probe, superBlocks=["ProbeA", "ProbeB"])
            with tempfile.TemporaryDirectory() as place:
                path = Path(place) / "probe.yaml"
                path.write_text(text, encoding="utf-8")
                config.loadConfig(str(path))
            return [part for part in config.configure() if isinstance(part, self.probe)]

        made: list[Any] = quietly(configure)
        return made

    def common_options(self) -> Json:
        """Return the options that every block has."""

        class Bare(self.config_block):  # type: ignore[misc, name-defined]  # the base is known when this runs
            """Nothing but what all have."""

        block = Bare()
        expert = getattr(block, "_expertModeSettings", {})
        return {
            name: {
                "type": type_name(option.type),
                "default": plain(getattr(block, name)),
                **({"expert": True} if name in expert else {}),
                "certainty": "introspected",
            }
            for name, option in block.getOptions().items()
        }

    def _probe(self) -> Any:
        """Return a block with an option of each kind that a rule is about."""

        class FactsProbe(self.config_block):  # type: ignore[misc, name-defined]  # the base is known when this runs
            def __init__(self) -> None:
                super().__init__()
                self.addOption("containerName", "", type=str)
                self.addOption("number", 0.5, type=float)

            def makeAlgs(self, config: Any) -> None:  # noqa: N802 - the toolkit's name
                """A block must have it."""

        return FactsProbe
