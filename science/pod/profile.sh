# /etc/profile.d/servicex.sh: a login shell is set up like every other bash of the pod.
if [ -n "${BASH_VERSION:-}" ]; then
    . /servicex/.bashrc
fi
