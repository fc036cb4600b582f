# shellcheck shell=bash
# /servicex/setup.sh of the columnar image.
case ":$PATH:" in
    *:/opt/topcp/bin:*) ;;
    *) export PATH=/opt/topcp/bin:$PATH ;;
esac

# numba reads compiled loops only from a folder that it can also write to, and the image's own may be read-only.
if [ ! -d "$NUMBA_CACHE_DIR" ]; then
    mkdir -p "${NUMBA_CACHE_DIR%/*}"
    cp -r /opt/topcp/compiled "$NUMBA_CACHE_DIR.$$"
    # Of several shells that come here at once the first wins: into a folder that is there already nothing is moved.
    mv -T "$NUMBA_CACHE_DIR.$$" "$NUMBA_CACHE_DIR" 2>/dev/null || rm -rf "$NUMBA_CACHE_DIR.$$"
fi
