# SPDX-License-Identifier: MIT
# Run by dep.sh in the source tree. Workers need the -mt target.
make -j"$jobs" -C lib libzstd.a-mt CFLAGS="$CFLAGS -O3" ZSTD_LEGACY_SUPPORT=0 ZSTD_LIB_DEPRECATED=0
cp lib/libzstd.a "$deps/lib/"
cp lib/zstd.h lib/zstd_errors.h lib/zdict.h "$deps/include/"
