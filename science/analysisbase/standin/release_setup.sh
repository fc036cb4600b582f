# shellcheck shell=bash
# Sets up the release in the image, as the script of this name in an image of AnalysisBase does.
source /usr/AnalysisBase/*/InstallArea/*/setup.sh
# shellcheck disable=SC2154  # the line above sets it
echo "Configured AnalysisBase from: $AnalysisBase_DIR"
