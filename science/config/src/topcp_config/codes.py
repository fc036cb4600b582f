"""Every code a `Problem` can carry. The set is closed; a code never changes its meaning."""

from __future__ import annotations

from types import MappingProxyType

_FORM = MappingProxyType(
    {
        # The text
        "unreadable-file": "The file is missing or cannot be read.",
        "not-utf8": "The text is not UTF-8.",
        "too-large": "The text, with all it includes, is larger than 256 kB.",
        "yaml-syntax": "The text is not YAML.",
        "yaml-tag": "A YAML tag such as !!python/object; only those of plain data are allowed.",
        "yaml-alias": "A YAML alias without an anchor, one that contains itself, or aliases that expand too far.",
        "yaml-value": "A value that looks like a number or a date but is none, or a number too long to read.",
        "yaml-key": "A list or a mapping used as a key.",
        "yaml-merge": "A merge key (<<) whose value is not a mapping.",
        "too-deep": "Nested more than 64 levels deep.",
        "several-documents": "More than one YAML document (---) in one file.",
        "duplicate-key": "A key given twice in one mapping; YAML readers would silently keep the last.",
        # The facts
        "bad-facts": "A file in the directory named by TOPCP_FACTS that holds no facts of a release.",
        # Included files
        "include-missing": "A file named by include: that is in none of the directories searched.",
        "include-cycle": "A file that includes itself, directly or through others.",
        "include-invalid": "An include: whose value, or whose file, has the wrong shape.",
        "include-unresolved": "An include: in a text that stands alone, without its directory.",
        # Blocks
        "empty-config": "The configuration holds no block at all.",
        "wrong-shape": "A list, a mapping or a single value where another of the three must stand.",
        "unknown-block": "A block that this release does not have.",
        "misplaced-block": "A block of this release in a place where it cannot stand.",
        "null-block": "A block without any value, which fails or is silently dropped: write {} for the defaults.",
        "empty-list": "A block given as an empty list, which configures nothing.",
        "empty-item": "An empty list item, which later releases take for the end of the list.",
        "bare-item": "A list item of sub-blocks alone, without an option of its own, which later releases do not make.",
        "shared-block": "A YAML alias to a block that has got its containerName elsewhere, and takes it along.",
        "block-exists": "A name that AddConfigBlocks gives to a new block, but that another block has.",
        "unknown-function": "A block of TopCPToolkit, named by AddConfigBlocks, that this release does not have.",
        "missing-block": "A block that another one needs, and that is not there.",
        "inferred-block": "A block of which it is not known whether this release has it.",
        "unchecked-block": "A block of which nothing is known, so that its content is not checked.",
        # Options
        "unknown-option": "An option that this block does not have in this release.",
        "renamed-option": "An option under a name that it has in another release.",
        "wrong-collection": "An option, or a jetCollection, that does not work for this kind of jets.",
        "missing-option": "An option that must be given.",
        "null-option": "An option without a value, which fails or is silently ignored.",
        "wrong-type": "A value of a type that the option does not take.",
        "not-finite": "Infinity or not-a-number where a number is asked for.",
        "inferred-option": "An option of which it is not known whether this release has it.",
        "ignored-option": "An option that this block takes and silently ignores.",
        "expert-option": "A value meant for experts, in a configuration that does not enable the expert mode.",
        "inherited-container": "A list item without containerName, which silently gets that of the item before it.",
    }
)

LATE = MappingProxyType(
    {
        # Values
        "unknown-value": "A text that is not among those that the option takes.",
        "value-combination": "Values of several options that do not go together.",
        # Algorithms of the blocks
        "made-twice": "An algorithm or a container that a block before makes already, under the same name.",
        "needed-option": "An option that may be left out in form, but without which the algorithms cannot be set up.",
        "unusable-value": "A value that the form allows, of a kind that the algorithms can do nothing with.",
        # Cuts of an EventSelection
        "unknown-cut": "A line whose keyword this release does not have.",
        "inferred-cut": "A cut, or a form of it, of which it is not known whether this release has it.",
        "deprecated-cut": "A keyword that this release takes but ignores.",
        "cut-arguments": "A cut with too few or too many arguments.",
        "cut-value": "An argument of a cut that is not the number or name which stands there.",
        "cut-sign": "A comparison that is none of < > == >= <=.",
        "cut-expression": "An EXPR that does not follow its grammar, or asks for what there is not.",
        "suspicious-energy": "An energy below 1 GeV in a cut: energies are in MeV.",
        "empty-window": "A window of masses whose lower end is not below its upper one.",
        "unknown-ghost": "A ghost association that the toolkit has no short name for.",
        "missing-input": "A cut on objects for which its EventSelection names no container.",
        "unknown-region": "An IMPORT of a region that is not there, or not yet.",
        "duplicate-region": "Two regions of one name.",
        "region-name": "A name that a region cannot have.",
        "missing-save": "A region that is never saved.",
        "after-save": "A line behind the SAVE of its region.",
        "no-region": "Event selections without any region to filter on.",
        # References between blocks
        "unknown-container": "A container that no block makes.",
        "unknown-selection": "A selection that no block makes on its container.",
        "unknown-btagging": "A b-tagging working point that no FlavourTagging selects.",
        "made-later": "A container or selection that is made only after it is read.",
        "bad-reference": "A text that is no reference, or one of the wrong kind.",
        "selection-name": "A name that a selection cannot have.",
        # Output
        "branch-rule": "A rule of Output.vars that is not `container.variable -> branch`.",
        "branch-systematics": "A rule of Output.vars with %SYS% on one side only, or without it where it belongs.",
        "duplicate-prefix": "A prefix of branches given to two containers.",
        "bad-command": "A command of Output that the toolkit does not know, or with the wrong number of arguments.",
        "bad-pattern": "A command of Output whose regular expression is none.",
        "unmatched-pattern": "A command of Output that matches no branch.",
    }
)
"""What is about meaning: the toolkit finds it only when it sets up its algorithms or runs them, or never."""

CODES = MappingProxyType({**_FORM, **LATE})
