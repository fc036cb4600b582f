"""The YAML language of TopCPToolkit: read and check a configuration, for every release."""

from topcp_config.api import check_file, check_text, load_file, load_text, merged_text
from topcp_config.codes import CODES, LATE
from topcp_config.comments import ALLOW_MISSING, allows_missing
from topcp_config.config import Block, Config, Level
from topcp_config.cuts import Cut, EventSelection, Expression, Operand, Region, Sign
from topcp_config.errors import ConfigError
from topcp_config.problems import Mark, Problem
from topcp_config.releases import RELEASES, Release, find_release, release_of_image, resolve_release

__all__ = [
    "ALLOW_MISSING",
    "CODES",
    "LATE",
    "RELEASES",
    "Block",
    "Config",
    "ConfigError",
    "Cut",
    "EventSelection",
    "Expression",
    "Level",
    "Mark",
    "Operand",
    "Problem",
    "Region",
    "Release",
    "Sign",
    "allows_missing",
    "check_file",
    "check_text",
    "find_release",
    "load_file",
    "load_text",
    "merged_text",
    "release_of_image",
    "resolve_release",
]
