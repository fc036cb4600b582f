"""A sequence of blocks as in 2025: blocks of one group are configured together."""

from functools import wraps


def groupBlocks(function):
    @wraps(function)
    def grouping(**arguments):
        function(**arguments)
        for block in arguments["seq"]:
            block.setOptionValue("groupName", function.__name__ + "_0")

    return grouping


class ConfigSequence:
    def __init__(self):
        self._blocks = []

    def append(self, block):
        self._blocks.append(block)

    def _group(self):
        last = self._blocks[-1]
        name = last.getOptionValue("groupName")
        return [last] + [one for one in self._blocks[:-1] if name and one.getOptionValue("groupName") == name]

    def getOptions(self):
        return [
            {
                "name": name,
                "defaultValue": option.default,
                "type": option.type,
                "required": option.required,
                "noneAction": option.noneAction,
                "value": getattr(block, name),
            }
            for block in self._group()
            for name, option in block.getOptions().items()
        ]

    def setOptions(self, options):
        known = self.getOptions()
        for option in known:
            name = option["name"]
            if name in options:
                for block in self._group():
                    if block.hasOption(name):
                        block.setOptionValue(name, options[name])
            elif option["required"]:
                raise ValueError(f"{name} is required but not included in config")
        return known

    def __iadd__(self, other):
        self._blocks += list(other)
        return self

    def __iter__(self):
        return iter(self._blocks)
