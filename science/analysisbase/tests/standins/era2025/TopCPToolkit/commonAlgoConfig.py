"""How the toolkit follows include: as in 2.19.0, only where the first level has one."""

import yaml


def mergeYAMLconfig(yaml_path):
    with open(yaml_path) as file:
        if "include" not in yaml.safe_load(file):
            return yaml_path
    return "merged_config.yaml"
