"""A block of configuration as in 2025: without arguments, with options that all blocks have, and with dependencies."""


class ConfigBlockOption:
    def __init__(self, type, noneAction, required, default):
        self.type = type
        self.noneAction = noneAction
        self.required = required
        self.default = default


class ConfigBlockDependency:
    def __init__(self, blockName, required):
        self.blockName = blockName
        self.required = required


class ConfigBlock:
    def __init__(self):
        self._blockName = ""
        self._dependencies = []
        self._options = {}
        self._expertModeSettings = {}
        self.addOption("groupName", "", type=str)
        self.addOption("skipOnData", False, type=bool)
        self.addOption("skipOnMC", False, type=bool)
        self.addOption("onlyForDSIDs", [], type=list)
        self.addOption("propertyOverrides", {}, type=None, expertMode=True)

    def setBlockName(self, name):
        self._blockName = name

    def addDependency(self, name, required=True):
        if not self._dependencies:
            self.addOption("ignoreDependencies", [], type=list)
        self._dependencies.append(ConfigBlockDependency(name, required))

    def getDependencies(self):
        return self._dependencies

    def addOption(self, name, defaultValue, *, type, info="", noneAction="ignore", required=False, expertMode=None):
        assert type in (str, bool, int, float, list, None)
        setattr(self, name, defaultValue)
        self._options[name] = ConfigBlockOption(type, noneAction, required, defaultValue)
        if expertMode:
            self._expertModeSettings[name] = expertMode

    def setOptionValue(self, name, value):
        option = self._options[name]
        if value is None:
            if option.noneAction == "error":
                raise ValueError(f"passed None for setting option {name} with noneAction=error")
            return
        if option.type is float and type(value) is int:
            value = float(value)
        if option.type is not None and type(value) is not option.type:
            raise ValueError(f"{name} should be of type {option.type}")
        setattr(self, name, value)

    def getOptionValue(self, name):
        return getattr(self, name) if name in self._options else None

    def getOptions(self):
        return dict(self._options)

    def hasOption(self, name):
        return name in self._options
