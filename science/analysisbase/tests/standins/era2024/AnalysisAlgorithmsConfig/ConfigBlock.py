"""A block of configuration as in January 2024: options with a type; no option is common to all blocks."""


class ConfigBlockOption:
    def __init__(self, type, required):
        self.type = type
        self.required = required


class ConfigBlock:
    def __init__(self, groupName=""):
        self._groupName = groupName
        self._options = {}

    def groupName(self):
        return self._groupName

    def addOption(self, name, defaultValue, *, type, info="", required=False):
        assert type in (str, bool, int, float, list, None)
        setattr(self, name, defaultValue)
        self._options[name] = ConfigBlockOption(type, required)

    def setOptionValue(self, name, value, *, noneAction="error"):
        if name not in self._options:
            raise KeyError("unknown option: " + name)
        if value is None and noneAction == "error":
            raise ValueError("passed None for setting option " + name)
        if value is not None or noneAction == "set":
            setattr(self, name, value)

    def getOptions(self):
        return dict(self._options)

    def hasOption(self, name):
        return name in self._options
