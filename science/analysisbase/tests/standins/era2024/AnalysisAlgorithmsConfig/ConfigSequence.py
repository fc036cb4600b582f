"""A sequence of blocks as in January 2024: only the last block's options can be set; types are compared exactly."""


class ConfigSequence:
    def __init__(self):
        self._blocks = []

    def append(self, block):
        self._blocks.append(block)

    def setOptionValue(self, name, value, **more):
        group, _, option = name.rpartition(".")
        group = group or self._blocks[-1].groupName()
        fitting = [block for block in self._blocks if block.groupName() == group and block.hasOption(option)]
        if not fitting:
            raise KeyError("unknown option: " + name)
        for block in fitting:
            block.setOptionValue(option, value, **more)

    def getOptions(self):
        last = self._blocks[-1]
        return [
            {"name": name, "defaultValue": getattr(last, name), "type": option.type, "required": option.required}
            for name, option in last.getOptions().items()
        ]

    def setOptions(self, options):
        known = self.getOptions()
        for option in known:
            name, wanted = option["name"], option["type"]
            if name not in options:
                if option["required"]:
                    raise ValueError(name + " is required")
                options[name] = option["defaultValue"]
                continue
            if wanted is not None and type(options[name]) is not wanted:
                raise ValueError(f"{name} should be of type {wanted}")
            self.setOptionValue("." + name, options[name])
        return known

    def __iadd__(self, other):
        self._blocks += list(other)
        return self

    def __iter__(self):
        return iter(self._blocks)
