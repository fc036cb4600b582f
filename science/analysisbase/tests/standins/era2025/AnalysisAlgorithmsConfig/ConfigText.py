"""Configuration by YAML as in 2025: the text is taken apart into blocks first, and can add blocks."""

import importlib

import yaml

from AnalysisAlgorithmsConfig.ConfigFactory import ConfigFactory
from AnalysisAlgorithmsConfig.ConfigSequence import ConfigSequence


class TextConfig(ConfigFactory):
    def __init__(self, yamlPath=None):
        super().__init__(addDefaultBlocks=False)
        self._config = {}
        self.addAlgConfigBlock("AddConfigBlocks", self._addNewConfigBlocks, defaults={"self": self})
        self.addDefaultAlgs()
        if yamlPath is not None:
            self.loadConfig(yamlPath)

    def _addNewConfigBlocks(self, modulePath, functionName, algName, defaults=None, pos=None, superBlocks=None):
        function = getattr(importlib.import_module(modulePath), functionName)
        self.addAlgConfigBlock(algName, function, defaults=defaults, pos=pos, superBlocks=superBlocks)

    def loadConfig(self, yamlPath):
        with open(yamlPath) as file:
            text = yaml.safe_load(file)
        added = text.pop("AddConfigBlocks", [])
        if isinstance(added, dict):
            added = [options | {"algName": name} for name, options in added.items()]
        for options in added:
            self._algs["AddConfigBlocks"].makeConfig(options)
        self._merge(text, self._algs, "")

    def _merge(self, config, algs, path):
        for blocks in config if isinstance(config, list) else [config]:
            if blocks == {} and path:
                self._add(path, {})
                return
            inner = {name: blocks[name] for name in algs if name in blocks}
            own = {name: value for name, value in blocks.items() if name not in inner}
            if own:
                self._add(path, own)
            for name, value in inner.items():
                self._merge(value, algs[name].subAlgs, f"{path}.{name}" if path else name)

    def _add(self, path, options):
        parent, _, name = path.rpartition(".")
        config = self._config[parent][-1] if parent else self._config
        config.setdefault(name, []).append(options)

    def configure(self):
        sequence = ConfigSequence()
        for name in self._config:
            if name not in self._order[self.ROOTNAME]:
                raise ValueError(f"Unkown block {name} in yaml file")
        for name in self._order[self.ROOTNAME]:
            if name in self._config:
                self._configureAlg(sequence, self._algs[name], self._config[name], None)
        return sequence

    def _configureAlg(self, sequence, block, config, container):
        for options in config:
            if "containerName" in options:
                container = options["containerName"]
            elif container is not None:
                options["containerName"] = container
            made, arguments = block.makeConfig(options)
            known = {option["name"] for option in made.setOptions(options)}
            sequence += made
            if set(options) - known - set(arguments) - set(block.subAlgs):
                raise ValueError("There are options set that are not used for " + block.algName)
            for name in self._order.get(block.algName, []):
                if name in options:
                    self._configureAlg(sequence, block.subAlgs[name], options[name], container)
