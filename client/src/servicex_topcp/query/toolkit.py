"""`q.TopCPToolkit`: the YAML of TopCPToolkit as a ServiceX query."""

import importlib.metadata
import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import pydantic
from servicex.query_core import QueryStringGenerator  # type: ignore[import-untyped]

from servicex_topcp.errors import MissingFileError, UsageError
from servicex_topcp.files import LEVELS, config_files, existing_file
from servicex_topcp.names import did_you_mean
from servicex_topcp.query.spec import node_fields, place

if TYPE_CHECKING:
    from topcp_config import Level

    from servicex_topcp.check import CheckedConfigs
    from servicex_topcp.release import UsedRelease

logger = logging.getLogger(__name__)

GENERATOR = f"servicex-topcp {importlib.metadata.version('servicex-topcp')}"


@pydantic.dataclasses.dataclass(frozen=True)
class QueryFields(QueryStringGenerator):  # type: ignore[misc]  # the base class comes from an untyped package
    """What a user may say, checked for type."""

    conffile: Path | None = None
    reco: Path | None = None
    parton: Path | None = None
    particle: Path | None = None
    max_events: int = pydantic.Field(default=-1, ge=-1, strict=True)
    no_systematics: bool = False
    no_filter: bool = False
    image: str | None = pydantic.Field(default=None, min_length=1)
    # It goes into a comment of the YAML, so it may hold nothing that could end the comment.
    release: str | None = pydantic.Field(default=None, pattern=r"^[\w.+-]+$")
    allow_missing: bool = False


class TopCPToolkitQuery(QueryFields):
    """Run TopCPToolkit with these configurations on every file of the dataset.

    The files are read and checked here, once; nothing is sent when they are wrong.

    Args:
        conffile: one reco YAML file, or a folder that holds reco.yaml, parton.yaml, particle.yaml or some of them
        reco: path of the detector-level YAML, instead of `conffile`
        parton: path of the parton-level YAML, instead of `conffile`
        particle: path of the particle-level YAML, instead of `conffile`
        max_events: number of events to process of each file, -1 for all
        no_systematics: leave out all systematic variations
        no_filter: keep all events, whatever the event selection says (its decisions are still written)
        image: container image to run in, instead of the deployment's
        release: release of AnalysisBase that the YAML is written for. If it is not given, it is taken from the tag of
            `image`, else from a comment line `# release: 25.2.15` in the YAML, else the deployment decides.
        allow_missing: leave out, and list, what is asked for by name and cannot be computed, instead of refusing it; it
            acts in the columnar engine only, since the toolkit computes all that it accepts

    Raises:
        servicex_topcp.errors.InvalidConfigError: lists all problems of all files with file, line and column
        servicex_topcp.errors.MissingFileError: a file or folder is not there
        servicex_topcp.errors.UsageError: an unknown, wrong or contradictory argument
    """

    yaml_tag: ClassVar[str] = "!TopCPToolkit"
    default_codegen: ClassVar[str] = "topcp"

    def __init__(self, *args: Any, **fields: Any) -> None:
        """Check the arguments, then the files they name; see the class."""
        _refuse_unknown(fields)
        try:
            super().__init__(*args, **fields)
        except pydantic.ValidationError as error:
            raise UsageError(_in_plain_words(error)) from None
        self._configs = self._read()

    @property
    def used_release(self) -> "UsedRelease":
        """The release that the files were checked for, and who named it."""
        return self._configs.release

    def generate_selection_string(self) -> str:
        """Return the JSON document that the code generator gets; always the same for one query."""
        texts = self._configs.texts
        selection: dict[str, Any] = {level: self._signed(texts[level]) if level in texts else None for level in LEVELS}
        selection |= {
            "max_events": self.max_events,
            "no_systematics": self.no_systematics,
            "no_filter": self.no_filter,
        }
        if self.image is not None:
            selection["image"] = self.image
        return json.dumps(selection)

    @classmethod
    def from_yaml(cls, constructor: Any, node: Any) -> Self:
        """Make the query of a `!TopCPToolkit` mapping in a ServiceX spec file."""
        fields = node_fields(constructor, node)
        try:
            return cls(**fields)
        except (UsageError, MissingFileError) as error:
            raise type(error)(f"{place(node)}: {error}") from None

    def _read(self) -> "CheckedConfigs":
        # topcp_config is imported here, not above: were it broken, `import servicex` would be broken for everyone.
        from servicex_topcp.check import read_configs

        configs = read_configs(self._files(), release=self.release, image=self.image)
        logger.info("TopCPToolkit configuration checked for release %s", configs.release)
        if configs.release.note:
            logger.warning("%s", configs.release.note)
        for warning in configs.warnings:
            logger.warning("%s", warning)
        return configs

    def _files(self) -> "dict[Level, Path]":
        """Return the file of each level."""
        given: dict[Level, Path] = {level: path for level in LEVELS if (path := getattr(self, level)) is not None}
        if self.conffile is not None:
            if given:
                raise UsageError(f"give either conffile or {', '.join(given)}, not both")
            return config_files(self.conffile)
        if not given:
            raise UsageError(f"no configuration: give conffile, or some of {', '.join(LEVELS)}")
        return {level: existing_file(path) for level, path in given.items()}

    def _signed(self, text: str) -> str:
        """Return `text` with the release, the generator and what else is said in trailing comments."""
        from topcp_config import ALLOW_MISSING

        from servicex_topcp.release import with_comments

        said = [ALLOW_MISSING] if self.allow_missing else []
        return with_comments(text, self.used_release, *said, f"generator: {GENERATOR}")


def _refuse_unknown(fields: dict[str, Any]) -> None:
    known = list(QueryFields.__dataclass_fields__)
    for name in fields:
        if name not in known:
            raise UsageError(f"TopCPToolkit knows no {name!r}{did_you_mean(name, known)} (it knows {', '.join(known)})")


def _in_plain_words(error: pydantic.ValidationError) -> str:
    """Return one sentence for each argument of the wrong type or value."""
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}, not {e['input']!r}" for e in error.errors())
