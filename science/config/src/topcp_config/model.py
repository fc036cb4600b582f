"""What a release of the toolkit knows: its blocks, their options, types and defaults.

The facts are data, one JSON file a release in `facts/`, described by `facts/facts.schema.json`. `topcp_config.facts`
reads them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

Certainty = Literal["introspected", "documented", "transcribed", "inferred"]

ROOT = "root"


class Option(NamedTuple):
    """One option of a block.

    `type` is one of str, bool, int, float, list, dict, any. `required` is "inferred" where it is not known whether
    the release insists. `default_from` names the option whose value is the default. `cases` restricts the option to
    some of the block's cases. `rejects_null`: no value is an error, whatever the rule of the release. `untested`: the
    release may not test the type. `expert` is what only experts may write: True for anything but the default, else the
    values meant.
    """

    name: str
    type: str
    default: Any = None
    default_from: str | None = None
    required: bool | Literal["inferred"] = False
    rejects_null: bool = False
    untested: bool = False
    expert: Literal[True] | tuple[Any, ...] = ()
    cases: tuple[str, ...] = ()
    certainty: Certainty | None = None
    note: str | None = None


class Case(NamedTuple):
    """A kind of a block, told by the value of one option (the kinds of jets, by jetCollection).

    `broken` says why the release cannot do it; in an inferred case any option of the block may work.
    """

    name: str
    pattern: str
    broken: str | None = None
    certainty: Certainty | None = None


class BlockFacts(NamedTuple):
    """One block or sub-block.

    `options` holds those that all blocks of the release have as well. `children` are its sub-blocks, in the order in
    which the toolkit runs them. `needs` names blocks of the first level without which it fails. `usual_name` and
    `usual_pos` are what configurations give a block that AddConfigBlocks brings.
    """

    path: str
    source: str
    certainty: Certainty
    options: Mapping[str, Option]
    children: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    usual_name: str | None = None
    usual_pos: str | None = None
    case_option: str | None = None
    cases: tuple[Case, ...] = ()
    cases_complete: bool = False

    @property
    def sure(self) -> bool:
        """Whether the release is known to have the block."""
        return self.certainty != "inferred"

    def is_sure(self, option: Option) -> bool:
        """Tell whether the release is known to have the option."""
        return (option.certainty or self.certainty) != "inferred"


class Rules(NamedTuple):
    """How the release treats what is common to all blocks; `facts.schema.json` says what each value means."""

    int_for_float: Literal["reject", "convert", "unknown"]
    null_option: Literal["reject", "ignore", "unknown"]
    empty_list_item: Literal["accept", "ends-list", "unknown"]
    bare_list_item: Literal["accept", "reject", "unknown"]
    shared_block: Literal["apart", "first-container", "unknown"]
    add_config_blocks: Literal["none", "one-or-list", "named-or-list", "unknown"]
    added_twice: Literal["twice", "reject", "unknown"]
    include: Literal["never", "with-root", "any", "unknown"]
    other_levels: Literal["known", "partly"]


class Facts(NamedTuple):
    """Everything known of one release. Paths are dotted names: `Electrons.WorkingPoint`.

    `common` are the options that every block has; `addable` are the blocks that a configuration can bring with
    AddConfigBlocks, by `modulePath.functionName`. `sources` says what the words stand for that begin a block's source.
    """

    release: str
    rules: Rules
    order: Mapping[str, tuple[str, ...]]
    blocks: Mapping[str, BlockFacts]
    common: Mapping[str, Option]
    addable: Mapping[str, BlockFacts]
    sources: Mapping[str, str]

    @property
    def roots(self) -> tuple[str, ...]:
        """The blocks of the first level, in factory order."""
        return self.order[ROOT]
