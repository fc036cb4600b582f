# shellcheck shell=bash
# /servicex/setup.sh of the AnalysisBase image: the release, then the toolkit that was built on it. That takes a while,
# so it is done once; a login shell may have reset PATH since, so what counts is whether the command is found.
if ! command -v runTop_el.py >/dev/null; then
    source /release_setup.sh >/dev/null
    source /opt/TopCPToolkit/build/*/setup.sh >/dev/null
fi
