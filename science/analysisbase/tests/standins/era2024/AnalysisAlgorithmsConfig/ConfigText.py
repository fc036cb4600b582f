"""Configuration by YAML as in January 2024: the mappings of the text are changed as it goes."""

import yaml

from AnalysisAlgorithmsConfig.ConfigFactory import ConfigFactory
from AnalysisAlgorithmsConfig.ConfigSequence import ConfigSequence


class TextConfig(ConfigFactory):
    def __init__(self, yamlPath=None):
        super().__init__()
        self._textConfig = {}
        if yamlPath is not None:
            self.loadConfig(yamlPath)

    def loadConfig(self, yamlPath):
        with open(yamlPath) as file:
            self._textConfig = yaml.safe_load(file)

    def configure(self):
        print(">>> Configuring algorithms based on YAML file")
        for name in self._textConfig:
            if name not in self._order[self.ROOTNAME]:
                raise ValueError(f"Unkown block {name} in yaml file")
        sequence = ConfigSequence()
        for name in self._order[self.ROOTNAME]:
            if name in self._textConfig:
                self._configureAlg(sequence, self._algs[name], self._textConfig[name], None)
        return sequence

    def _configureAlg(self, sequence, block, config, container):
        for options in config if type(config) is list else [config]:
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
