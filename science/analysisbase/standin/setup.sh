# shellcheck shell=bash
# The variables that AnalysisBase's set-up leaves behind, as far as they matter here.
export AnalysisBase_VERSION=25.2.45
export AnalysisBase_DIR=/usr/AnalysisBase/25.2.45/InstallArea/x86_64-standin
export PYTHONPATH=$AnalysisBase_DIR/python${PYTHONPATH:+:$PYTHONPATH}
export PATH=/opt/topcp/bin:$PATH
